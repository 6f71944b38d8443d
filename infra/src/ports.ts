import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** TCP ports of the stack, all on 127.0.0.1. */
export interface StackPorts {
  readonly kafka: number;
  readonly kafkaController: number;
  readonly redis: number;
  readonly registry: number;
  readonly clickhouse: number;
}

export const defaultPorts: StackPorts = {
  kafka: 9092,
  kafkaController: 9093,
  redis: 6379,
  registry: 8081,
  clickhouse: 8123,
};

/** Ports that nobody listens on now; for tests, where several stacks may run side by side. */
export async function freePorts(): Promise<StackPorts> {
  const [kafka = 0, kafkaController = 0, redis = 0, registry = 0, clickhouse = 0] = await freePortNumbers(5);
  return { kafka, kafkaController, redis, registry, clickhouse };
}

/**
 * So many different ports that nobody listens on now, from 10000 to 32767: the system takes those from 32768 on for
 * connections that go out, so one of them may be gone before whoever asked for it listens there.
 */
export async function freePortNumbers(count: number): Promise<readonly number[]> {
  // All are held open until the last is known, so that no two are the same.
  const held: Listening[] = [];
  while (held.length < count) {
    try {
      held.push(await listen(randomInt(10_000, 32_768)));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    }
  }
  await Promise.all(held.map((one) => one.close()));
  return held.map(({ port }) => port);
}

/** Rejects with one sentence that names every port somebody else listens on. */
export async function requireFreePorts(ports: Readonly<Record<string, number>>): Promise<void> {
  const taken: string[] = [];
  for (const [part, port] of Object.entries(ports)) {
    try {
      await (await listen(port)).close();
    } catch (error) {
      taken.push(`${port} (${part}: ${error instanceof Error ? error.message : String(error)})`);
    }
  }
  if (taken.length > 0) {
    throw new Error(
      `Cannot start: port ${taken.join(", port ")}. Stop what listens there, or choose other ports.`,
    );
  }
}

interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

function listen(port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () =>
      resolve({ port, close: () => new Promise((closed) => server.close(() => closed())) }),
    );
  });
}
