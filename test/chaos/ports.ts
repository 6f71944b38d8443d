/** Ports below those that the system gives to outgoing connections, so that none is taken while its owner is down. */
import { createServer } from "node:net";

const lowest = 15_000;
const beyond = 31_000;

/** Answers so many free ports of 127.0.0.1. */
export async function stablePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  let candidate = lowest + Math.floor(Math.random() * (beyond - lowest));
  while (ports.length < count) {
    candidate = candidate + 1 < beyond ? candidate + 1 : lowest;
    if (await isFree(candidate)) ports.push(candidate);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
