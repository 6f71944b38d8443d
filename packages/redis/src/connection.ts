/** A connection to one server, made again whenever it breaks. */
import type { Logger } from "@tidemark/runtime";
import { createClient, RESP_TYPES } from "redis";

export type Argument = string | Buffer;

export interface ConnectionOptions {
  readonly client: Readonly<NonNullable<Parameters<typeof createClient>[0]>>;
  /** A server that leaves a command unanswered so long is cut off, in ms; for ever unless given. */
  readonly answerTimeoutMs?: number;
  readonly logger: Logger | undefined;
}

export interface Connection {
  /** Stands for one uninterrupted connection: another object after every loss. */
  current(): object;
  isReady(): boolean;
  /** Sends commands behind one another and answers the last one's reply. Rejects at once while there is no connection. */
  send(...commands: readonly (readonly Argument[])[]): Promise<unknown>;
  /** Resolves at the first connection; rejects when there is none in time, if a time is given. */
  opened(withinMs?: number): Promise<void>;
  close(): Promise<void>;
}

/** Begins to connect. */
export function openConnection(options: ConnectionOptions): Connection {
  let current = {};
  const lost = (): void => {
    current = {};
  };
  const begin = () => {
    const fresh = newClient(options);
    fresh.on("error", (error) => {
      if (fresh === client) lost();
      options.logger?.warn({ err: error }, "redis");
    });
    fresh.on("end", lost);
    return fresh;
  };
  const connect = async (): Promise<void> => void (await client.connect());
  let client = begin();
  const connecting = connect();
  connecting.catch(() => undefined);

  const startAgain = (): void => {
    lost();
    const silent = client;
    client = begin();
    connect().catch(() => undefined);
    silent.destroy();
  };

  return {
    current: () => current,
    isReady: () => client.isReady,
    async send(...commands) {
      const own = client;
      const replies = Promise.all(commands.map((command) => own.sendCommand(command as Argument[])));
      const timer =
        options.answerTimeoutMs === undefined
          ? undefined
          : setTimeout(() => own === client && startAgain(), options.answerTimeoutMs);
      try {
        return (await replies).at(-1);
      } finally {
        clearTimeout(timer);
      }
    },
    async opened(withinMs) {
      if (withinMs === undefined) return connecting;
      const { promise: late, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => reject(new Error(`no connection within ${withinMs} ms`)), withinMs);
      try {
        await Promise.race([connecting, late]);
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      if (client.isReady) await client.close();
      else if (client.isOpen) client.destroy();
    },
  };
}

function newClient({ client }: ConnectionOptions) {
  return createClient({
    ...client,
    RESP: 2,
    disableOfflineQueue: true,
    // Ours bounds the answer; the client's own makes a timer for every command, which runs off answered or not.
    commandOptions: { timeout: 0 },
    socket: { ...client.socket, reconnectStrategy: (retries: number) => Math.min(50 * 2 ** retries, 2_000) },
  }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
}
