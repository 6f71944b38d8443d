/**
 * Where definitions were deleted, as the log of a partition has it. A deletion ends all memberships of a definition at its
 * record, and no change says so; who fulfils one that is written anew enters anew.
 */
import type { LogEntry } from "./records.ts";

interface Deletion {
  readonly offset: number;
  /** `kind/id`. */
  readonly name: string;
}

/** In order of offset. A version that is not above all before it deletes nothing: it came again, or late. */
export function deletionsIn(entries: readonly LogEntry[]): readonly Deletion[] {
  const newest = new Map<string, number>();
  return entries.flatMap((entry): Deletion[] => {
    if (entry.type !== "definition") return [];
    const { kind, id, version, document } = entry.definition;
    const name = `${kind}/${id}`;
    if (version <= (newest.get(name) ?? Number.NEGATIVE_INFINITY)) return [];
    newest.set(name, version);
    return document === null ? [{ offset: entry.offset, name }] : [];
  });
}

/** Offset of the last deletion of a definition (`kind/id`) in a partition, below an offset where one is given. */
export type DeletedAt = (partition: number, name: string, below?: number) => number | undefined;

export function deletedAt(customerEvents: ReadonlyMap<number, readonly LogEntry[]>): DeletedAt {
  const offsets = new Map<string, number[]>();
  for (const [partition, entries] of customerEvents)
    for (const { name, offset } of deletionsIn(entries)) {
      const key = `${partition} ${name}`;
      offsets.set(key, [...(offsets.get(key) ?? []), offset]);
    }
  return (partition, name, below = Number.POSITIVE_INFINITY) =>
    offsets.get(`${partition} ${name}`)?.findLast((offset) => offset < below);
}
