/** Looks for the first seed that fails with a defect and passes without it. */
import { once } from "node:events";
import type { Defect } from "./defect.ts";
import { exitOf, forkPlanted } from "./planted-process.ts";

export interface Range {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
}

/** Where a process stopped: at a seed that fails, or behind the last. */
export type Stop = { readonly seed: number; readonly findings: readonly string[] } | { readonly seed: null };

export interface Hunted {
  readonly defect: Defect;
  /** Null where no seed found it. */
  readonly seed: number | null;
  /** How many seeds were run, the one that found it among them. */
  readonly seeds: number;
  /** What the oracle said. */
  readonly findings: readonly string[];
  /** Seeds that fail without it, too: they say nothing of it. */
  readonly failing: readonly number[];
}

/**
 * `passes` runs a seed without any defect. Rejects where the defect cannot be planted, or its process ends by itself.
 */
export async function hunt(
  defect: Defect,
  { first, end }: Range,
  passes: (seed: number) => Promise<boolean>,
): Promise<Hunted> {
  const child = forkPlanted(defect, "./hunter.ts");
  const ended = exitOf(child);
  ended.catch(() => undefined);
  const died = ended.then((code): never => {
    throw new Error(`the process with the defect ${defect.name} ended with ${code}`);
  });
  died.catch(() => undefined);
  const failing: number[] = [];
  const run = async (from: number): Promise<Hunted> => {
    child.send({ first: from, end } satisfies Range);
    const [answer] = await Promise.race([once(child, "message"), died]);
    const stop = answer as Stop;
    if (stop.seed === null) return { defect, seed: null, seeds: end - first, findings: [], failing };
    const { seed, findings } = stop;
    if (await passes(seed)) return { defect, seed, seeds: seed - first + 1, findings, failing };
    failing.push(seed);
    return seed + 1 < end ? run(seed + 1) : { defect, seed: null, seeds: end - first, findings: [], failing };
  };
  try {
    const hunted = await run(first);
    child.disconnect();
    // It ends with another code where nothing loaded what was to be planted.
    const code = await ended;
    return code === 0 ? hunted : await died;
  } finally {
    if (child.connected) child.disconnect();
  }
}
