/**
 * Who became one with somebody while a sweep was under way for one of the two, or where one definition was in force for
 * the one and not for the other: what is known of the one comes to the other by and by.
 */
import type { DefinitionsInForce, Stage } from "../definitions-in-force.ts";
import type { Lives } from "./lives.ts";

/**
 * `kind:id` of both, and of whoever absorbed one of them later. `inForceIn` a partition: a merge and its absorb are to lie
 * behind the ends of the same sweeps, within none, where the same is evaluated.
 */
export function entangledIn(
  bySubject: Lives["bySubject"],
  inForceIn: (partition: number) => DefinitionsInForce | undefined,
): ReadonlySet<string> {
  const standing = (partition: number, offset: number): string | null => {
    const inForce = inForceIn(partition);
    if (inForce === undefined) return "";
    const begun = inForce.sweeps.filter((sweep) => sweep.offset <= offset);
    if (begun.some(({ end }) => end === null || end > offset)) return null;
    const stage: Stage = begun.at(-1) ?? inForce;
    const documents = stage.deleted.findLast((one) => one.offset <= offset)?.judged ?? stage.judged;
    const named = documents.map(({ kind, id, json }) => JSON.stringify([kind, id, json])).toSorted();
    return JSON.stringify([begun.map(({ sweep }) => sweep), named]);
  };
  const merges = [...bySubject].flatMap(([subject, { partition, entries }]) =>
    entries.flatMap((entry) => {
      if (entry.type !== "absorbed") return [];
      const { from, mergeOffset, offset } = entry;
      const [here, there] = [
        standing(partition, offset),
        standing(bySubject.get(from)?.partition ?? partition, mergeOffset),
      ];
      return [{ subject, from, isClear: here !== null && here === there }];
    }),
  );
  const found = new Set(merges.flatMap(({ subject, from, isClear }) => (isClear ? [] : [subject, from])));
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const { subject, from } of merges) if (found.has(from)) found.add(subject);
  }
  return found;
}
