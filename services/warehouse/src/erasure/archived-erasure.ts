/**
 * Erasures as the archive sees them. Laws that tests cite:
 *  A1 no row names a subject that was erased: those before the erasure are removed, those that come behind it and are
 *     dated up to it are left out.
 *     So are merges with them.
 *  A2 an erasure dated not after another of the same subject removes nothing, as in the fold.
 */
import {
  type CustomerEvent,
  type Erased,
  type Erasure,
  instantOf,
  type Merge,
  type Rescore,
  type SubjectKind,
  type SweepApply,
  type SweepBatch,
  subjectHash,
  type Unmerge,
} from "@tidemark/contracts";
import type { LogRecord } from "@tidemark/runtime";
import { controlRecordRow } from "../rows.ts";

/** The erasure that holds for a subject. */
interface Tombstone {
  readonly erasedAt: number;
  readonly offset: number;
}

/** Until when whom of a partition was erased, by the subject's hash; times in ms. */
export interface Tombstones {
  readonly bySubject: Map<string, Tombstone>;
  /** Nobody was erased later. */
  latest: number;
}

export function noTombstones(): Tombstones {
  return { bySubject: new Map(), latest: Number.NEGATIVE_INFINITY };
}

export function putTombstone(tombstones: Tombstones, hash: string, tombstone: Tombstone): void {
  const before = tombstones.bySubject.get(hash);
  if (before === undefined || before.erasedAt < tombstone.erasedAt) tombstones.bySubject.set(hash, tombstone);
  tombstones.latest = Math.max(tombstones.latest, tombstone.erasedAt);
}

/**
 * Whether the event, at an offset, comes behind an erasure of its subject and is dated up to it. What stands before one
 * is archived and then removed, however often its block is tried: an insert that was given up and lands late is dropped
 * by its token only where the same rows were inserted before.
 */
export function isErased(tombstones: Tombstones, offset: number, event: CustomerEvent): boolean {
  if (event.occurredAt > tombstones.latest) return false;
  const tombstone = tombstones.bySubject.get(subjectHash(event.subjectKind, event.subject));
  return tombstone !== undefined && tombstone.offset < offset && event.occurredAt <= tombstone.erasedAt;
}

/** What a record asks to be removed. */
export interface ArchivedErasure {
  /** `events`: of customer-events and of dead letters. `changes`: of segment-changes. `merge`: the request of a merge. */
  readonly part: "events" | "changes" | "merge";
  readonly partition: number;
  /** Of the erasure in customer-events. */
  readonly offset: number;
  readonly hash: string;
  /** Null where nobody is named. */
  readonly subject: { readonly kind: SubjectKind; readonly id: string } | null;
  readonly erasedAt: number;
  readonly appendedAt: number;
  /** What lies below goes: an offset of `events` and `merge`, a sequence number (inclusive) of `changes`. Null: nothing. */
  readonly upTo: number | null;
}

/** Takes notice of the erasure. */
export function archivedErasure(
  tombstones: Tombstones,
  { partition, offset, timestamp }: LogRecord,
  erasure: Erasure,
): ArchivedErasure {
  const { subjectKind: kind, subject: id } = erasure;
  const hash = subjectHash(kind, id);
  const erasedAt = instantOf(erasure.erasedAt, timestamp);
  const before = tombstones.bySubject.get(hash);
  // A block that is archived again finds its own erasures, and those behind them.
  const isRepeat = before !== undefined && before.offset < offset && before.erasedAt >= erasedAt;
  putTombstone(tombstones, hash, { erasedAt, offset });
  const place = { partition, offset, hash, subject: { kind, id }, erasedAt, appendedAt: timestamp };
  return { part: "events", ...place, upTo: isRepeat ? null : offset };
}

export function archivedErased({ partition, timestamp }: LogRecord, erased: Erased): ArchivedErasure {
  const { subjectKind: kind, subject: id, erasedAt, causeOffset, sequence } = erased;
  const hash = subjectHash(kind, id);
  const subject = { kind, id };
  const place = { partition, offset: causeOffset, hash, subject, erasedAt, appendedAt: timestamp };
  return { part: "changes", ...place, upTo: sequence };
}

export function archivedUnmerge(
  { partition, offset, timestamp }: LogRecord,
  { subjectHash: hash }: Unmerge,
): ArchivedErasure {
  const place = { partition, offset, hash, subject: null, erasedAt: timestamp, appendedAt: timestamp };
  return { part: "merge", ...place, upTo: offset };
}

/** Control records with the subject's hash in place of its id. */
export function erasureRow(record: LogRecord, { subject, ...rest }: Erasure): object {
  const value = { ...rest, subjectHash: subjectHash(rest.subjectKind, subject) };
  return controlRecordRow(record, "Erasure", value);
}

/**
 * A merge that comes behind an erasure of who is named in it, and is dated up to it, changes nothing (it is sent back,
 * see services/segments): nobody is named by it either.
 */
export function mergeRow(
  { bySubject }: Tombstones,
  record: LogRecord,
  type: string,
  merge: Pick<Merge, "subject" | "subjectKind" | "mergedAt" | "source">,
): object {
  const { subject, subjectKind, mergedAt, source } = merge;
  const hash = bySubject.size === 0 ? "" : subjectHash(subjectKind, subject);
  const tombstone = bySubject.get(hash);
  if (tombstone === undefined || tombstone.erasedAt < mergedAt || tombstone.offset >= record.offset)
    return controlRecordRow(record, type, merge);
  return controlRecordRow(record, type, { subjectKind, mergedAt, source, subjectHash: hash });
}

/** What a sweep folded of somebody who was erased may be of the time before: it is left out. */
export function sweepApplyRow(tombstones: Tombstones, record: LogRecord, apply: SweepApply): object {
  const hash = tombstones.bySubject.size === 0 ? "" : subjectHash(apply.subjectKind, apply.subject);
  if (!tombstones.bySubject.has(hash)) return controlRecordRow(record, "SweepApply", apply);
  const { subject: _, features: __, from: ___, ...rest } = apply;
  return controlRecordRow(record, "SweepApply", { ...rest, subjectHash: hash });
}

export function sweepBatchRow(tombstones: Tombstones, record: LogRecord, batch: SweepBatch): object {
  if (tombstones.bySubject.size === 0) return controlRecordRow(record, "SweepBatch", batch);
  const applies = batch.applies.map((apply) => {
    const hash = subjectHash(apply.subjectKind, apply.subject);
    return tombstones.bySubject.has(hash) ? { subjectKind: apply.subjectKind, subjectHash: hash } : apply;
  });
  return controlRecordRow(record, "SweepBatch", { ...batch, applies });
}

export function rescoreRow(tombstones: Tombstones, record: LogRecord, rescore: Rescore): object {
  const hash = tombstones.bySubject.size === 0 ? "" : subjectHash(rescore.subjectKind, rescore.subject);
  if (!tombstones.bySubject.has(hash)) return controlRecordRow(record, "Rescore", rescore);
  const { subject: _, ...rest } = rescore;
  return controlRecordRow(record, "Rescore", { ...rest, subjectHash: hash });
}

export function erasedRow(record: LogRecord, { subject, ...rest }: Erased): object {
  const value = { ...rest, subjectHash: subjectHash(rest.subjectKind, subject) };
  return controlRecordRow(record, "Erased", value);
}
