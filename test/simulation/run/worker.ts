/** A process that runs the seeds it is given (see pool.ts). */
import { preparedCodec } from "./codec.ts";
import type { Chunk } from "./pool.ts";
import { runSeeds } from "./run-seeds.ts";

const codec = await preparedCodec();
process.on("message", async (chunk) => {
  const { first, count } = chunk as Chunk;
  process.send?.(await runSeeds(codec, first, count));
});
