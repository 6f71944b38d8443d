/**
 * What a sweep brings to subjects (rule 7 of "Effectively once"). More laws of the fold:
 *  F4 a subject is reached once by a sweep; what names another sweep than the one under way changes nothing.
 *  F5 changes of a sweep are historic: the first members of a segment are no news to anybody.
 */
import { type SweepApply, subjectKey } from "@tidemark/contracts";
import { applySweep, sweepOf, unpackCustomer } from "@tidemark/core";
import {
  type LogRecord,
  type PartitionMeta,
  readRedirect,
  readTombstone,
  type SubjectWrite,
  tombstoneKey,
} from "@tidemark/runtime";
import { armAfterEvent, type FoldInput, type FoldResult, historicAfterMs, Output, packed } from "./fold.ts";

export interface SweepApplyRecord {
  readonly record: LogRecord;
  readonly apply: SweepApply;
}

/** Folds what a sweep folded of subjects, in order. `states` holds what was stored for each of them. */
export function foldSweepApplies(
  input: FoldInput,
  records: readonly SweepApplyRecord[],
  states: ReadonlyMap<string, Buffer | null>,
): FoldResult {
  const { definitions, meta } = input;
  const { sweep, plan: before, swept: after, history } = definitions;
  const output = new Output(input);
  const writes = new Map<string, SubjectWrite>();
  for (const { record, apply } of records) {
    if (sweep === null || after === null || history === null || apply.sweep !== sweep.id) continue;
    const { subject, subjectKind, subjects } = apply;
    const key = subjectKey(subjectKind, subject);
    const bytes = writes.get(key)?.state ?? states.get(key) ?? null;
    // Somebody else has taken over what there was, or it was erased.
    if (bytes === null || readRedirect(bytes) !== null || sweepOf(bytes) >= sweep.number) continue;
    // What was archived is of who was erased, and not of who began anew.
    const tombstone = readTombstone(states.get(tombstoneKey(subjectKind, subject)) ?? null);
    if (tombstone !== null && tombstone.offset >= sweep.offset) continue;
    const { state, transitions } = applySweep(
      { number: sweep.number, before, after, history },
      unpackCustomer(before, bytes, subject),
      apply.features,
      record.timestamp,
    );
    for (const transition of transitions) {
      const historic =
        transition.cause === "definition" ||
        meta.openLoads.size > 0 ||
        record.timestamp - transition.effectiveAt > historicAfterMs;
      output.change([transition], subject, subjectKind, historic, record.offset, null);
    }
    const timer = armAfterEvent(state.timer, true, record.timestamp, meta.openLoads.size > 0);
    writes.set(key, { subject: key, state: packed(after, state), timer });
    meta.swept = { applied: meta.swept.applied + 1, subjects };
  }
  return output.result([...writes.values()], []);
}

/** The subject, and its tombstone where anybody of the partition was ever erased. */
export function subjectKeysOfApply(
  { erasedThrough }: PartitionMeta,
  { subject, subjectKind }: SweepApply,
): readonly string[] {
  const key = subjectKey(subjectKind, subject);
  return erasedThrough === 0 ? [key] : [key, tombstoneKey(subjectKind, subject)];
}
