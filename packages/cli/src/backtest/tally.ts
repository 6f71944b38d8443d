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

/** In the order of the definitions; categories in theirs. */
export function newTally(definitions: readonly Definition[]): Tally {
  const groups: GroupTally[] = [];
  const byName = new Map<string, GroupTally>();
  const open = (kind: "segment" | "classification", id: string, category: string | null): void => {
    const group = { kind, id, category, members: 0, entered: 0, left: 0, stays: [] };
    groups.push(group);
    byName.set(groupName(kind, id, category ?? "in"), group);
  };
  for (const definition of definitions) {
    if (definition.kind === "segment") open("segment", definition.id, null);
    if (definition.kind !== "classification") continue;
    for (const { id } of definition.categories) open("classification", definition.id, id);
    open("classification", definition.id, definition.otherwise);
  }
  return {
    groups,
    count(changes, asOf) {
      const stays = new Map<string, { readonly group: GroupTally; readonly since: number }>();
      for (const { kind, id, from, to, at } of changes) {
        const name = `${kind}/${id}`;
        const stay = stays.get(name);
        if (stay !== undefined && from !== null) {
          stay.group.left += 1;
          stay.group.stays.push(at - stay.since);
        }
        stays.delete(name);
        const group = byName.get(groupName(kind, id, to));
        if (group === undefined) continue;
        group.entered += 1;
        stays.set(name, { group, since: at });
      }
      for (const { group, since } of stays.values()) {
        group.members += 1;
        group.stays.push(asOf - since);
      }
    },
  };
}

/** ms; null of none. Of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function groupName(kind: string, id: string, value: string): string {
  return `${kind}/${id}/${value}`;
}
