/** How many are in each segment and category, how many came and went, and how long they stayed. */
import type { Definition } from "@tidemark/core";
import type { Change } from "./fold-subject.ts";

export interface GroupTally {
  readonly kind: "segment" | "classification";
  readonly id: string;
  /** Null for a segment. */
  readonly category: string | null;
  members: number;
  entered: number;
  left: number;
  /** ms. */
  readonly stays: number[];
}

export interface Tally {
  readonly groups: readonly GroupTally[];
  /** Counts the changes of one subject, and what it is at `asOf`. */
  count(changes: readonly Change[], asOf: number): void;
}

type Groups = ReadonlyMap<string, GroupTally>;

/** In the order of the definitions; categories in theirs. */
export function newTally(definitions: readonly Definition[]): Tally {
  const byDefinition = { segment: new Map<string, Groups>(), classification: new Map<string, Groups>() };
  for (const { kind, id, ...rest } of definitions) {
    if (kind === "segment") byDefinition.segment.set(id, new Map([["in", newGroup(kind, id, null)]]));
    if (kind !== "classification" || !("categories" in rest)) continue;
    const categories = [...rest.categories.map((category) => category.id), rest.otherwise];
    byDefinition.classification.set(
      id,
      new Map(categories.map((category) => [category, newGroup(kind, id, category)])),
    );
  }
  const all = [...byDefinition.segment.values(), ...byDefinition.classification.values()];
  return {
    groups: all.flatMap((groups) => [...groups.values()]),
    count(changes, asOf) {
      const stays = new Map<Groups, { readonly group: GroupTally; readonly since: number }>();
      for (const { kind, id, from, to, effectiveAt } of changes) {
        const groups = byDefinition[kind].get(id);
        if (groups === undefined) continue;
        const stay = stays.get(groups);
        if (stay !== undefined && from !== null) {
          stay.group.left += 1;
          stay.group.stays.push(effectiveAt - stay.since);
        }
        const group = groups.get(to);
        if (group === undefined) {
          stays.delete(groups);
          continue;
        }
        group.entered += 1;
        stays.set(groups, { group, since: effectiveAt });
      }
      for (const { group, since } of stays.values()) {
        group.members += 1;
        group.stays.push(asOf - since);
      }
    },
  };
}

function newGroup(kind: GroupTally["kind"], id: string, category: string | null): GroupTally {
  return { kind, id, category, members: 0, entered: 0, left: 0, stays: [] };
}

/** ms; null of none. Of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
