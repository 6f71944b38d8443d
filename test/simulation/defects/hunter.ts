/** A process with a defect in it that runs the seeds it is given, up to the first that fails (see hunt.ts). */

import { preparedCodec } from "../run/codec.ts";
import { simulate } from "../run/simulate.ts";
import { generateScenario } from "../scenario/generate.ts";
import type { Range, Stop } from "./hunt.ts";

const codec = await preparedCodec();
process.on("message", async (given) => {
  const { first, end } = given as Range;
  process.send?.(await hunt(first, end));
});

async function hunt(first: number, end: number): Promise<Stop> {
  for (let seed = first; seed < end; seed += 1) {
    const { findings } = await simulate(generateScenario(seed), codec);
    if (findings.length > 0) return { seed, findings };
  }
  return { seed: null };
}
