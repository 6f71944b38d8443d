/** The cut points that a partition's log brought. */
import type { Cuts } from "@tidemark/contracts";
import type { LogFact } from "./evidence.ts";

interface CutsFact {
  readonly appendedAt: number;
  readonly values: Cuts["cuts"];
  /** Some of them had no value before. */
  readonly isFirst: boolean;
}

/** Those that came into force before an offset, in order; without those that are as the ones before. */
export function cutsBefore(facts: readonly LogFact[], before: number): readonly CutsFact[] {
  const found: CutsFact[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  for (const { offset, appendedAt, type, value } of facts) {
    if (offset >= before) break;
    if (type !== "tidemark.log.Cuts") continue;
    const { version, cuts } = value as Cuts;
    if (version <= newest) continue;
    newest = version;
    const known = found.at(-1)?.values ?? {};
    if (JSON.stringify(cuts) === JSON.stringify(known)) continue;
    const isFirst = Object.keys(cuts).some((name) => !Object.hasOwn(known, name));
    found.push({ appendedAt, values: cuts, isFirst });
  }
  return found;
}
