/** Leaves out steps of a scenario, in ever smaller pieces, as long as it still fails. */
import type { Scenario } from "../scenario/scenario.ts";

export interface Shrunk {
  /** Numbers of the steps that are left. */
  readonly keep: readonly number[];
  readonly findings: readonly string[];
}

/** `run` answers what is wrong with a scenario; at most `runs` are tried. */
export async function shrink(
  scenario: Scenario,
  run: (scenario: Scenario) => Promise<readonly string[]>,
  runs: number,
): Promise<Shrunk> {
  let keep = scenario.steps.map((_, index) => index);
  let findings = await run(scenario);
  let left = runs;
  for (let size = Math.ceil(keep.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    let from = 0;
    while (from < keep.length && left > 0) {
      const fewer = [...keep.slice(0, from), ...keep.slice(from + size)];
      left -= 1;
      const found = await run(keeping(scenario, fewer));
      if (found.length > 0) {
        keep = fewer;
        findings = found;
      } else from += size;
    }
  }
  return { keep, findings };
}

export function keeping(scenario: Scenario, keep: readonly number[]): Scenario {
  return { ...scenario, steps: scenario.steps.filter((_, index) => keep.includes(index)) };
}
