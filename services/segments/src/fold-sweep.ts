/**
 * What a sweep brings to subjects (rule 7 of "Effectively once"). More laws of the fold:
 *  F4 a subject is reached once by a sweep; what names another sweep than the one under way, or another beginning of it,
 *     changes nothing.
 *  F5 changes of a sweep are historic: the first members of a segment are no news to anybody.
 *  F6 the history of somebody who was merged while a sweep was under way, and before it had come, goes on to who took
 *     over, unless that one's own history has it: then it was taken over before the sweep began in that partition.
 */
import { type SourcePosition, type SweepApply, subjectKey } from "@tidemark/contracts";
import {
  addHistory,
  applySweep,
  type CustomerState,
  type Plan,
  sweepOf,
  type Transition,
  unpackCustomer,
} from "@tidemark/core";
import {
  aliasesKey,
  type DefinitionSet,
  isOfSweep,
  type LogRecord,
  type PartitionMeta,
  packRedirect,
  planFor,
  type Redirect,
  readAliases,
  readRedirect,
  readTombstone,
  type SubjectWrite,
  tombstoneKey,
} from "@tidemark/runtime";
import { advanceSource, armAfterEvent, type FoldInput, type FoldResult, Output, packed } from "./fold.ts";
import { historicAfterMs } from "./historic.ts";
import { sourceOf } from "./onward.ts";
import { historicWhenLate, staleCuts } from "./stale-cuts.ts";

export interface SweepApplyRecord {
  readonly record: LogRecord;
  readonly apply: SweepApply;
  /** Its place among those of the record. */
  readonly at: number;
}

type Who = Pick<SweepApply, "subject" | "subjectKind">;

type Sweep = NonNullable<DefinitionSet["sweep"]>;

/** Folds what a sweep folded of subjects, in order. `states` holds what was stored for each of them. */
export function foldSweepApplies(
  input: FoldInput,
  records: readonly SweepApplyRecord[],
  states: ReadonlyMap<string, Buffer | null>,
): FoldResult {
  const fold = new SweepFold(input, states);
  for (const one of records) fold.take(one);
  return fold.result();
}

class SweepFold {
  readonly #input: FoldInput;
  readonly #states: ReadonlyMap<string, Buffer | null>;
  readonly #output: Output;
  readonly #writes = new Map<string, SubjectWrite>();

  constructor(input: FoldInput, states: ReadonlyMap<string, Buffer | null>) {
    this.#input = input;
    this.#states = states;
    this.#output = new Output(input);
  }

  take({ record, apply, at }: SweepApplyRecord): void {
    const { meta, definitions } = this.#input;
    if (apply.source !== null && !advanceSource(meta, apply.source)) return;
    const { sweep } = definitions;
    if (sweep === null || !isOfSweep(sweep, apply)) return;
    const { from, source, subjects } = apply;
    if (from !== null) meta.swept = { ...meta.swept, taken: meta.swept.taken + 1 };
    const key = subjectKey(apply.subjectKind, apply.subject);
    const bytes = this.#writes.get(key)?.state ?? this.#states.get(key) ?? null;
    const redirect = bytes && readRedirect(bytes);
    const isTaken =
      bytes === null
        ? false
        : redirect !== null
          ? this.#sendOn(sweep, { record, apply, at }, redirect)
          : from === null
            ? this.#reach(sweep, record, apply, bytes)
            : this.#add(sweep, record, { ...apply, from }, bytes);
    if (isTaken && source === null) meta.swept = { ...meta.swept, applied: meta.swept.applied + 1, subjects };
  }

  result(): FoldResult {
    return this.#output.result([...this.#writes.values()], []);
  }

  /** To who took over. */
  #sendOn(sweep: Sweep, { record, apply, at }: SweepApplyRecord, redirect: Redirect): boolean {
    const { subject, subjectKind } = apply;
    let from = subject;
    if (apply.from === null) {
      // Merged before the sweep began here, its history is in that of who took over.
      if (redirect.offset < sweep.offset || redirect.sweep >= sweep.number) return false;
      const key = subjectKey(subjectKind, subject);
      this.#put(key, packRedirect({ ...redirect, sweep: sweep.number }), null);
    } else if (!redirect.absorbed.some(({ id }) => id === apply.from)) {
      // It was merged into this one when that was merged already, and went on by itself.
      from = apply.from;
    } else if (!cameWithin(sweep, redirect.absorbed, apply.from)) return false;
    const { meta, partition } = this.#input;
    meta.swept = { ...meta.swept, sentOn: meta.swept.sentOn + 1 };
    this.#output.onward.push({
      type: "tidemark.log.SweepApply",
      value: {
        ...apply,
        begunAt: -1,
        subject: redirect.into,
        from,
        source: sourceOf(partition, record.offset, at) satisfies SourcePosition,
      },
      subject: subjectKey(subjectKind, redirect.into),
    });
    return true;
  }

  #reach(
    sweep: Sweep,
    record: LogRecord,
    { subject, subjectKind, features, erasedBelow }: SweepApply,
    bytes: Buffer,
  ): boolean {
    const { plan: before, swept: after, history } = this.#input.definitions;
    if (after === null || history === null || sweepOf(bytes) >= sweep.number) return false;
    if (this.#isErasedSince(sweep, { subject, subjectKind }, erasedBelow)) return false;
    const known = this.#open(before, bytes, record, { subject, subjectKind });
    const { state, transitions } = applySweep(
      { number: sweep.number, before, after, history },
      known,
      features,
      record.timestamp,
      bytes,
    );
    this.#tell(transitions, record, { subject, subjectKind });
    this.#put(subjectKey(subjectKind, subject), packed(after, state), this.#timer(state.timer, record));
    return true;
  }

  /**
   * Whether what was archived is of who was erased, and not of who began anew. Where the archive knew of the erasure it
   * is of those whom that one has absorbed since, whose merges came before the sweep began.
   */
  #isErasedSince(sweep: Sweep, { subject, subjectKind }: Who, erasedBelow: number): boolean {
    if (this.#input.meta.erasedThrough === 0) return false;
    const tombstone = readTombstone(this.#states.get(tombstoneKey(subjectKind, subject)) ?? null);
    return tombstone !== null && tombstone.offset >= sweep.offset && tombstone.offset > erasedBelow;
  }

  /** What was another's. */
  #add(
    sweep: Sweep,
    record: LogRecord,
    { subject, subjectKind, features, from }: SweepApply & { readonly from: string },
    bytes: Buffer,
  ): boolean {
    const { definitions } = this.#input;
    const { swept, history } = definitions;
    const key = subjectKey(subjectKind, subject);
    if (history === null || !cameWithin(sweep, readAliases(this.#states.get(aliasesKey(key)) ?? null), from))
      return false;
    const plan = planFor(definitions, bytes);
    const state = this.#open(plan, bytes, record, { subject, subjectKind });
    const given = { features, at: record.timestamp, isReached: plan === swept };
    this.#tell(addHistory(plan, history, state, given), record, { subject, subjectKind });
    this.#put(key, packed(plan, state), this.#timer(state.timer, record));
    return true;
  }

  /** By the cuts in force (law F7). */
  #open(plan: Plan, bytes: Buffer, { offset, timestamp }: LogRecord, who: Who): CustomerState {
    const state = unpackCustomer(plan, bytes, who.subject);
    const { definitions } = this.#input;
    for (const moved of staleCuts(definitions, plan, state, historicWhenLate(timestamp)) ?? [])
      this.#output.change(moved.transitions, who.subject, who.subjectKind, moved.historic, offset, null);
    return state;
  }

  #tell(transitions: readonly Transition[], record: LogRecord, { subject, subjectKind }: Who): void {
    for (const transition of transitions) {
      const historic =
        transition.cause === "definition" ||
        this.#input.meta.openLoads.size > 0 ||
        record.timestamp - transition.effectiveAt > historicAfterMs;
      this.#output.change([transition], subject, subjectKind, historic, record.offset, null);
    }
  }

  #timer(instant: number | null, record: LogRecord): SubjectWrite["timer"] {
    return armAfterEvent(instant, true, record.timestamp, this.#input.meta.openLoads.size > 0);
  }

  #put(key: string, state: Buffer, timer: SubjectWrite["timer"]): void {
    this.#writes.set(key, { subject: key, state, timer });
  }
}

/** Whether it was taken over while the sweep was under way here. */
function cameWithin(
  sweep: Sweep,
  absorbed: readonly { readonly id: string; readonly offset?: number }[],
  from: string,
): boolean {
  const found = absorbed.find(({ id }) => id === from);
  return found?.offset !== undefined && found.offset >= sweep.offset;
}

/** The subject, its tombstone where anybody of the partition was ever erased, whom it took over where that matters. */
export function subjectKeysOfApply(
  { erasedThrough }: PartitionMeta,
  { subject, subjectKind, from }: SweepApply,
): readonly string[] {
  const key = subjectKey(subjectKind, subject);
  return [
    key,
    ...(erasedThrough === 0 ? [] : [tombstoneKey(subjectKind, subject)]),
    ...(from === null ? [] : [aliasesKey(key)]),
  ];
}
