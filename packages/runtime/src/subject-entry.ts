/**
 * What stands in a partition's hash of subjects besides packed customers: redirects of those that were merged, under
 * their own key; who became part of whom; the tombstones of those that were erased; in partition 0 who was merged.
 */
import { type Alias, type SubjectKind, subjectHash } from "@tidemark/contracts";

/** A packed customer begins with its version, which is never 0. */
const redirectMark = 0;

export interface Redirect {
  readonly into: string;
  /** ms since the epoch. */
  readonly mergedAt: number;
  /** Of the merge in customer-events. */
  readonly offset: number;
  /** Number of the last sweep that reached it, while it was merged too. */
  readonly sweep: number;
  /** Those that it had taken over itself. */
  readonly absorbed: readonly Absorbed[];
  /** What went on to the other is dated up to then, in ms: the merge itself, and events and merges that came behind it. */
  readonly through: number;
  /** Who was merged into it behind that, and went on to the other. */
  readonly passed: readonly Alias[];
}

/** Somebody who was taken over at first hand, and the offset of the record that said so in the partition of who did. */
interface Absorbed {
  readonly id: string;
  readonly offset: number;
}

/** An alias as its owner keeps it. */
export interface KeptAlias extends Alias {
  /** See `Absorbed`; absent for one at second hand. */
  readonly offset?: number;
}

export function packRedirect(redirect: Redirect): Buffer {
  const { into, mergedAt, offset, sweep, absorbed, through, passed } = redirect;
  const taken = absorbed.map((one) => [one.id, one.offset]);
  const gone = passed.map((one) => [one.id, one.mergedAt]);
  const text = JSON.stringify([into, mergedAt, offset, sweep, taken, through, gone]);
  return Buffer.concat([Buffer.of(redirectMark), Buffer.from(text)]);
}

/** Null where it is a packed customer. */
export function readRedirect(bytes: Buffer): Redirect | null {
  if (bytes[0] !== redirectMark) return null;
  const [into, mergedAt, offset, sweep, absorbed, through = mergedAt, passed = []] = JSON.parse(
    bytes.subarray(1).toString(),
  );
  return {
    into,
    mergedAt,
    offset,
    sweep,
    absorbed: absorbed.map(([id, at]: readonly [string, number]) => ({ id, offset: at })),
    through,
    passed: passed.map(([id, at]: readonly [string, number]) => ({ id, mergedAt: at })),
  };
}

/** Of what goes on to the other: dated `at`, in ms, with those who go with it. */
export function sentThrough(redirect: Redirect, at: number, aliases: readonly Alias[] = []): Redirect {
  const passed = new Map(redirect.passed.map((alias) => [alias.id, alias.mergedAt]));
  for (const { id, mergedAt } of aliases)
    passed.set(id, Math.max(mergedAt, passed.get(id) ?? Number.NEGATIVE_INFINITY));
  return {
    ...redirect,
    through: Math.max(redirect.through, at),
    passed: [...passed].map(([id, mergedAt]) => ({ id, mergedAt })),
  };
}

/** What is kept of an erased subject: nothing that tells who it was to anybody who does not have its id. */
export interface Tombstone {
  /** What is dated up to then does not count, in ms. */
  readonly erasedAt: number;
  /** Of the erasure in customer-events. */
  readonly offset: number;
  /** How many were removed: subjects (none where nothing was known), memberships that were left, orders. */
  readonly subjects: number;
  readonly memberships: number;
  readonly orders: number;
}

export function tombstoneKey(kind: SubjectKind, id: string): string {
  return tombstoneKeyOfHash(subjectHash(kind, id));
}

export function tombstoneKeyOfHash(hash: string): string {
  return `erased:${hash}`;
}

export function packTombstone(tombstone: Tombstone): Buffer {
  return Buffer.from(JSON.stringify(tombstone));
}

export function readTombstone(bytes: Buffer | null): Tombstone | null {
  return bytes === null ? null : JSON.parse(bytes.toString());
}

/** Beside a subject: who became part of it. */
export function aliasesKey(subject: string): string {
  return `aliases:${subject}`;
}

export function packAliases(aliases: readonly KeptAlias[]): Buffer {
  return Buffer.from(JSON.stringify(aliases));
}

export function readAliases(bytes: Buffer | null): readonly KeptAlias[] {
  return bytes === null ? [] : JSON.parse(bytes.toString());
}

/** In partition 0, of a subject that was merged: the hash of what it was merged into. */
export function mergedKey(hash: string): string {
  return `merged:${hash}`;
}
