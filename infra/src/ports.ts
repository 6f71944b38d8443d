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

/** So many different ports that nobody listens on now. */
export async function freePortNumbers(count: number): Promise<readonly number[]> {
  // All are held open until the last is known, so that no two are the same.
  const held = await Promise.all(Array.from({ length: count }, () => listen(0)));
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

function listen(port: number): Promise<{ port: number; close(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      resolve({
        port: address !== null && typeof address === "object" ? address.port : port,
        close: () => new Promise((closed) => server.close(() => closed())),
      });
    });
  });
}
