/** What the command is asked to do. */
import { parseArgs } from "node:util";

export interface Arguments {
  /** How many seeds; null to replay one. */
  readonly seeds: number | null;
  readonly first: number;
  /** Numbers of the steps that are left of a scenario; null for all. */
  readonly keep: readonly number[] | null;
  readonly defects: boolean;
  readonly workers: number;
  readonly steps: boolean;
  readonly topics: boolean;
}

export const usage = `Usage: npm run simulate -- --seeds N [--seed FIRST] [--workers 2]
       npm run simulate -- --seed N [--keep 1,5,8] [--steps] [--topics]   replays one
       npm run simulate -- --defects [--seeds N] [--seed FIRST]           plants one defect after another`;

/** Throws with what is wrong. `now` decides where nothing else does. */
export function readArguments(parameters: readonly string[], now: number): Arguments {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      seeds: { type: "string" },
      seed: { type: "string" },
      keep: { type: "string" },
      workers: { type: "string", default: "2" },
      defects: { type: "boolean", default: false },
      steps: { type: "boolean", default: false },
      topics: { type: "boolean", default: false },
    },
  });
  const whole = (name: string, text: string, least: number): number => {
    const number = Number(text);
    if (!Number.isSafeInteger(number) || number < least)
      throw new RangeError(`--${name} is "${text}"; expected a whole number from ${least}`);
    return number;
  };
  const { seeds, seed, keep, defects, workers, steps, topics } = values;
  if (seeds === undefined && seed === undefined && !defects)
    throw new RangeError("--seeds or --seed is missing");
  return {
    seeds: seeds === undefined ? null : whole("seeds", seeds, 1),
    first: seed === undefined ? now % 1_000_000_000 : whole("seed", seed, 0),
    keep: keep === undefined ? null : keep.split(",").map((text) => whole("keep", text, 0)),
    defects,
    workers: whole("workers", workers, 1),
    steps,
    topics,
  };
}
