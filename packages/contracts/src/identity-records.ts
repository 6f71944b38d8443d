/** Records about who is who: erasures and merges. Times are ms since the epoch. */
import type { SubjectKind } from "./records.ts";
import type { SourcePosition } from "./source-position.ts";

interface IdentityRecord {
  readonly subject: string;
  readonly subjectKind: SubjectKind;
  /** Null where the api wrote it. */
  readonly source: SourcePosition | null;
}

export interface Erasure extends IdentityRecord {
  /** Null is the append time. */
  readonly erasedAt: number | null;
}

export interface MergeRequest extends IdentityRecord {
  readonly into: string;
  /** Null is the append time. */
  readonly mergedAt: number | null;
}

export interface Merge extends IdentityRecord {
  readonly into: string;
  readonly mergedAt: number;
}

export interface Unmerge {
  readonly subjectHash: string;
  readonly source: SourcePosition | null;
}

/** A subject that became part of another. */
export interface Alias {
  readonly id: string;
  readonly mergedAt: number;
}

export interface Absorb extends IdentityRecord {
  readonly from: string;
  readonly mergedAt: number;
  readonly state: Buffer | null;
  /** Of the last sweep that had begun in the partition of `from`; 0 for none. */
  readonly generation: number;
  /** JSON. */
  readonly slots: string;
  readonly aliases: readonly Alias[];
  readonly orders: readonly { readonly orderId: string; readonly image: Buffer }[];
}

export interface Erased {
  readonly subject: string;
  readonly subjectKind: SubjectKind;
  readonly erasedAt: number;
  /** The last sequence number given up to then. */
  readonly sequence: number;
  readonly epoch: number;
  readonly causeOffset: number;
}

/** What changes who is who is always about an instant that has come. */
export function instantOf(at: number | null, appendedAt: number): number {
  return Math.min(at ?? appendedAt, appendedAt);
}
