/** A row of seeds, one after another. */
import type { Codec } from "@tidemark/contracts";
import { generateScenario } from "../scenario/generate.ts";
import { type Outcome, simulate } from "./simulate.ts";

export interface Tally {
  readonly seeds: number;
  readonly steps: number;
  readonly events: number;
  readonly changes: number;
  /** How often each fault hit something. */
  readonly hits: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly seed: number;
  readonly findings: readonly string[];
}

export const noTally: Tally = { seeds: 0, steps: 0, events: 0, changes: 0, hits: {}, failures: [] };

/** Runs `count` seeds from `first`, the first of them twice: its trace has to be the same. */
export async function runSeeds(codec: Codec, first: number, count: number): Promise<Tally> {
  let tally = noTally;
  for (let seed = first; seed < first + count; seed += 1) {
    const outcome = await simulate(generateScenario(seed), codec);
    tally = added(tally, tallyOf(outcome));
    if (seed !== first) continue;
    const again = await simulate(generateScenario(seed), codec);
    if (again.trace !== outcome.trace || again.steps !== outcome.steps)
      tally = added(tally, {
        ...noTally,
        failures: [
          { seed, findings: [`It ran otherwise the second time: ${outcome.trace}, ${again.trace}.`] },
        ],
      });
  }
  return tally;
}

function tallyOf({ seed, steps, events, changes, hits, findings }: Outcome): Tally {
  const failures = findings.length > 0 ? [{ seed, findings }] : [];
  return { seeds: 1, steps, events, changes, hits: Object.fromEntries(hits), failures };
}

export function added(a: Tally, b: Tally): Tally {
  const hits = { ...a.hits };
  for (const [name, count] of Object.entries(b.hits)) hits[name] = (hits[name] ?? 0) + count;
  return {
    seeds: a.seeds + b.seeds,
    steps: a.steps + b.steps,
    events: a.events + b.events,
    changes: a.changes + b.changes,
    hits,
    failures: [...a.failures, ...b.failures],
  };
}
