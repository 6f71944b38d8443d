/** What stands between a service and a part of the stack, and how it fails. */
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * `cut`: connections break and none is taken. `hang`: nothing passes, nobody is told; what was said meanwhile arrives
 * when it opens. `mute`: what is asked arrives and is done, the answers are lost with their connections.
 */
export type LinkMode = "open" | "cut" | "hang" | "mute";

export interface Link {
  /** Where the service connects. */
  readonly port: number;
  set(mode: LinkMode): Promise<void>;
}

/** Listens on `port` of 127.0.0.1 and passes on to `target`, which need not be there yet. */
export async function openLink(port: number, target: number): Promise<Link> {
  const sockets = new Set<Socket>();
  let mode: LinkMode = "open";
  let server: Server | undefined;

  const pass = (from: Socket, to: Socket, isAnswer: boolean): void => {
    from.on("data", (bytes) => {
      if (isAnswer && mode === "mute") return;
      if (to.write(bytes)) return;
      from.pause();
      to.once("drain", () => {
        if (mode !== "hang") from.resume();
      });
    });
  };

  const listen = (): Promise<void> => {
    const opened = createServer((client) => {
      const upstream = connect(target, "127.0.0.1");
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.setNoDelay(true);
        socket.on("error", () => {});
        socket.on("close", () => {
          sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
      }
      pass(client, upstream, false);
      pass(upstream, client, true);
      if (mode === "hang") for (const socket of [client, upstream]) socket.pause();
    });
    server = opened;
    return new Promise((resolve, reject) => {
      opened.once("error", reject);
      opened.listen({ port, host: "127.0.0.1" }, resolve);
    });
  };

  const breakAll = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };

  const close = (): Promise<void> => {
    const closing = server;
    server = undefined;
    return new Promise((resolve) => {
      if (closing === undefined) resolve();
      else closing.close(() => resolve());
      breakAll();
    });
  };

  await listen();
  return {
    port,
    async set(next) {
      const before = mode;
      mode = next;
      if (next === "cut") await close();
      if (next === "hang") for (const socket of sockets) socket.pause();
      if (next !== "open") return;
      if (before === "cut") await listen();
      if (before === "mute") breakAll();
      if (before === "hang") for (const socket of sockets) socket.resume();
    },
  };
}
