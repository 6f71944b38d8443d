/** Runs seeds in processes of their own, a chunk at a time. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { added, noTally, type Tally } from "./run-seeds.ts";

const chunkSeeds = 50;
/** More failures tell nothing more. */
const enoughFailures = 10;
const workerFile = fileURLToPath(new URL("./worker.ts", import.meta.url));

export interface Chunk {
  readonly first: number;
  readonly count: number;
}

/** `onChunk` is told of the sum so far. Rejects where a process ends by itself. */
export async function runInPool(
  { first, seeds, workers }: { readonly first: number; readonly seeds: number; readonly workers: number },
  onChunk: (sum: Tally) => void,
): Promise<Tally> {
  let next = first;
  let sum = noTally;
  const take = (): Chunk | undefined => {
    const count = Math.min(chunkSeeds, first + seeds - next);
    if (count <= 0 || sum.failures.length >= enoughFailures) return undefined;
    const chunk = { first: next, count };
    next += count;
    return chunk;
  };
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(workerFile, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
      const give = (): void => {
        const chunk = take();
        if (chunk === undefined) child.disconnect();
        else child.send(chunk);
      };
      child.on("message", (tally) => {
        sum = added(sum, tally as Tally);
        onChunk(sum);
        give();
      });
      child.once("error", reject);
      child.once("exit", (code) =>
        code === 0 ? resolve() : reject(new Error(`a process of the simulator ended with ${code}`)),
      );
      give();
    });
  await Promise.all(Array.from({ length: Math.min(workers, Math.ceil(seeds / chunkSeeds)) }, work));
  return sum;
}
