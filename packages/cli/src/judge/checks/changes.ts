/**
 * `segment-changes` as a consumer reads it: records of an owner that a fence has shut out are void, numbers are
 * contiguous from 1, a number that comes again is the same change, and no change stands under two numbers.
 */
import type { DeletedAt } from "../deletions.ts";
import { type ChangeEntry, type SegmentChange, subjectKeyOf } from "../records.ts";
import { type Findings, foundDuplicate, foundLost, instantText } from "../verdict.ts";

export interface StandingChange extends SegmentChange {
  /** Where it stands for the first time. */
  readonly offset: number;
}

/** In order of their numbers, by partition. */
export type StandingChanges = ReadonlyMap<number, readonly StandingChange[]>;

export function checkChanges(
  partitions: ReadonlyMap<number, readonly ChangeEntry[]>,
  deletedAt: DeletedAt,
  findings: Findings,
): StandingChanges {
  const standing = new Map<number, readonly StandingChange[]>();
  for (const [partition, entries] of partitions) {
    const changes = standingIn(partition, entries, findings);
    standing.set(partition, changes);
    checkChains(partition, changes, deletedAt, findings);
  }
  return standing;
}

function standingIn(
  partition: number,
  entries: readonly ChangeEntry[],
  findings: Findings,
): readonly StandingChange[] {
  let fence = 0;
  const changes: StandingChange[] = [];
  const byNumber = new Map<number, SegmentChange>();
  for (const entry of entries) {
    if (entry.type === "fence") {
      fence = Math.max(fence, entry.fence.epoch);
      continue;
    }
    const { change } = entry;
    if (change.epoch < fence) continue;
    const { sequence } = change;
    const next = (changes.at(-1)?.sequence ?? 0) + 1;
    const place = `segment-changes/${partition}`;
    const before = byNumber.get(sequence);
    if (before !== undefined) {
      if (said(before) !== said(change))
        foundLost(findings, `${place} gives the number ${sequence} to two different changes.`);
      continue;
    }
    if (sequence < next) {
      foundLost(findings, `${place} has the number ${sequence} behind ${next - 1}.`);
      continue;
    }
    if (sequence > next)
      foundLost(findings, `${place} lacks the numbers ${next} to ${sequence - 1}.`, sequence - next);
    if (change.changeId !== `${partition}-${sequence}`)
      foundLost(findings, `${place} calls the change ${sequence} "${change.changeId}".`);
    byNumber.set(sequence, change);
    changes.push({ ...change, offset: entry.offset });
  }
  return changes;
}

/** Everything about a change but who found it out, and when. */
function said(change: SegmentChange): string {
  return JSON.stringify({ ...change, detectedAt: 0, epoch: 0 });
}

/** What a subject was before is what the change before made of it, unless the definition was deleted in between. */
function checkChains(
  partition: number,
  changes: readonly SegmentChange[],
  deletedAt: DeletedAt,
  findings: Findings,
): void {
  const last = new Map<string, SegmentChange>();
  const seen = new Map<string, number>();
  for (const change of changes) {
    const key = `${subjectKeyOf(change)} ${nameOf(change)}`;
    const gone = deletedAt(partition, nameOf(change), change.causeOffset) ?? Number.NEGATIVE_INFINITY;
    const known = last.get(key);
    const before = known !== undefined && known.causeOffset > gone ? known : undefined;
    last.set(key, change);
    const atFirst = change.definitionKind === "segment" ? "out" : null;
    // Who left everything, merged or erased, begins anew.
    const from = before === undefined || before.to === "out" ? atFirst : before.to;
    const identity = `${key} ${change.from} ${change.to} ${change.effectiveAt} ${change.causeOffset}`;
    const first = seen.get(identity);
    seen.set(identity, change.sequence);
    const isAgain = before !== undefined && sameChange(before, change);
    if (first !== undefined || isAgain) {
      const numbers = `${first ?? before?.sequence} and ${change.sequence}`;
      foundDuplicate(
        findings,
        `segment-changes/${partition} has ${sentence(change)} under the numbers ${numbers}.`,
      );
    } else if (change.from !== from) {
      foundLost(findings, `segment-changes/${partition} has ${sentence(change)}, but it was ${from} before.`);
    }
  }
}

function sameChange(a: SegmentChange, b: SegmentChange): boolean {
  return a.from === b.from && a.to === b.to && a.effectiveAt === b.effectiveAt;
}

/** `kind/id`. */
export function nameOf(of: { readonly definitionKind: string; readonly definition: string }): string {
  return `${of.definitionKind}/${of.definition}`;
}

function sentence(change: SegmentChange): string {
  const { from, to, effectiveAt } = change;
  return `${subjectKeyOf(change)} in ${nameOf(change)} from ${from} to ${to} at ${instantText(effectiveAt)}`;
}
