/** What the command is asked to do. */
import { parseArgs } from "node:util";
import type { Defect } from "./defects/defect.ts";
import { defects as allDefects, defectNamed } from "./defects/defects.ts";

export interface Arguments {
  /** How many seeds; null to replay one. */
  readonly seeds: number | null;
  readonly first: number;
  /** Numbers of the steps that are left of a scenario; null for all. */
  readonly keep: readonly number[] | null;
  /** What to do with planted defects (see defects/). */
  readonly defects: "none" | "list" | "hunt" | "replay";
  readonly planted: readonly Defect[];
  readonly workers: number;
  readonly steps: boolean;
  readonly topics: boolean;
}

export const usage = `Usage: npm run simulate -- --seeds N [--seed FIRST] [--workers 2]
       npm run simulate -- --seed N [--keep 1,5,8] [--steps] [--topics]   replays one
       npm run simulate -- --defects [--seeds 2000] [--seed FIRST]        plants one defect after another
       npm run simulate -- --defect NAME[,NAME] [--seeds 2000]            those; of one it shows how it was found
       npm run simulate -- --defect NAME --seed N [--keep 1,5,8] ...      replays one seed with it
       npm run simulate -- --list                                         names them`;

/** The same table each time. */
const firstForDefects = 1;

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
      defect: { type: "string" },
      list: { type: "boolean", default: false },
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
  const { seeds, seed, keep, defect, workers, steps, topics } = values;
  const asked = { list: values.list, defects: values.defects, defect: defect !== undefined };
  const defects = defectsAsked(asked, seed !== undefined && seeds === undefined);
  if (seeds === undefined && seed === undefined && defects === "none")
    throw new RangeError("--seeds or --seed is missing");
  const firstSeed = defects === "none" ? now % 1_000_000_000 : firstForDefects;
  return {
    seeds: seeds === undefined ? null : whole("seeds", seeds, 1),
    first: seed === undefined ? firstSeed : whole("seed", seed, 0),
    keep: keep === undefined ? null : keep.split(",").map((text) => whole("keep", text, 0)),
    defects,
    planted: defect === undefined ? allDefects : defect.split(",").map(defectNamed),
    workers: whole("workers", workers, 1),
    steps,
    topics,
  };
}

function defectsAsked(
  asked: { readonly list: boolean; readonly defects: boolean; readonly defect: boolean },
  isOneSeed: boolean,
): Arguments["defects"] {
  if (asked.list) return "list";
  if (asked.defect) return isOneSeed ? "replay" : "hunt";
  return asked.defects ? "hunt" : "none";
}
