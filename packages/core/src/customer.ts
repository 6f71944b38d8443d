/**
 * What is kept of one customer (or company): its clock, timer, attributes, features, memberships and the
 * event ids seen lately. Everything but `kind`, `id`, `clock` and `timer` is the plan's own business.
 */
import type { SubjectKind } from "./definition/definition.ts";
import { type Attributes, emptyAttributes, readAttributes } from "./features/attributes.ts";
import { ByteReader } from "./features/bytes.ts";
import type { Bounds } from "./plan/bounds.ts";

/** What a customer is in one segment (`in` / `out`) or classification (a category's id). */
export interface Membership {
  readonly value: string;
  /** Event time in ms at which it became so. */
  readonly since: number;
}

interface SeenEventId {
  /** 48 bits. */
  readonly hash: number;
  /** Append time in whole seconds. */
  readonly appendedAt: number;
}

/**
 * Where parts of a packed state lie in its bytes, so that what was not touched is copied, and what is not asked for not
 * read. Each from one place up to another; -1 where it is not there. Attributes and memberships: or has changed since.
 */
export interface PackedParts {
  /** Fingerprint of the plan that packed it; -1 where nothing was packed. */
  by: number;
  bytes: Uint8Array;
  attributesFrom: number;
  attributesTo: number;
  membershipsFrom: number;
  membershipsTo: number;
  /** The features there are, by the plan's index, ascending; beside each where it lies. */
  readonly features: number[];
  readonly from: number[];
  readonly to: number[];
  /** Whether it has changed since it was packed there. */
  readonly changed: boolean[];
}

export interface CustomerState {
  readonly kind: SubjectKind;
  readonly id: string;
  /** The latest instant applied, in ms; null before the first event. */
  clock: number | null;
  /** When this customer must be looked at again if no event comes before: a safe bound in ms. Null is never. */
  timer: number | null;
  /**
   * Until when each definition's answer stays, so that a timer asks only those it is for. Null where all that is known
   * is the timer.
   */
  bounds: Bounds | null;
  /** True where another plan packed this state: then the next event evaluates everything. */
  stale: boolean;
  /** Number of the last sweep that reached it; 0 for none. While one is under way it says which plan this is under. */
  sweep: number;
  readonly attributes: Attributes;
  /** By the plan's index of features; absent where nothing was folded or where still packed. */
  readonly features: unknown[];
  /** By slot of the definition. */
  readonly memberships: Map<number, Membership>;
  /** Oldest first. */
  eventIds: SeenEventId[];
  /** As packed last. */
  readonly packed: PackedParts;
}

const noBytes = new Uint8Array(0);

/** Attributes and memberships are read from their packed parts when they are asked for, as not all do. */
class Customer implements CustomerState {
  readonly kind: SubjectKind;
  readonly id: string;
  clock: number | null = null;
  timer: number | null = null;
  bounds: Bounds | null = null;
  stale = false;
  sweep = 0;
  readonly features: unknown[] = [];
  eventIds: SeenEventId[] = [];
  readonly packed: PackedParts = {
    bytes: noBytes,
    by: -1,
    attributesFrom: -1,
    attributesTo: -1,
    membershipsFrom: -1,
    membershipsTo: -1,
    features: [],
    from: [],
    to: [],
    changed: [],
  };
  #attributes: Attributes | null = null;
  #memberships: Map<number, Membership> | null = null;
  readonly #readMemberships: ReadMemberships | null;

  constructor(kind: SubjectKind, id: string, readMemberships: ReadMemberships | null) {
    this.kind = kind;
    this.id = id;
    this.#readMemberships = readMemberships;
  }

  get memberships(): Map<number, Membership> {
    if (this.#memberships === null) {
      const memberships = new Map<number, Membership>();
      this.#readMemberships?.(memberships);
      this.#memberships = memberships;
    }
    return this.#memberships;
  }

  get attributes(): Attributes {
    if (this.#attributes === null) {
      const { packed } = this;
      this.#attributes =
        packed.attributesFrom >= 0
          ? readAttributes(new ByteReader(packed.bytes, packed.attributesFrom, packed.attributesTo))
          : emptyAttributes();
    }
    return this.#attributes;
  }
}

export function emptyCustomer(kind: SubjectKind, id: string): CustomerState {
  return new Customer(kind, id, null);
}

type ReadMemberships = (into: Map<number, Membership>) => void;

/** One whose memberships are read by this when they are asked for first. */
export function packedCustomer(
  kind: SubjectKind,
  id: string,
  readMemberships: ReadMemberships,
): CustomerState {
  return new Customer(kind, id, readMemberships);
}

/** How many event ids a customer keeps, and for how long after they were appended, in seconds. */
const keptEventIds = 64;
const keptEventIdSeconds = 86_400;

/** Whether this id came within the last day of append time (`appendedAt` in ms) and is among the newest 64. */
export function seenEventId(state: CustomerState, eventId: string, appendedAt: number): boolean {
  if (state.eventIds.length === 0) return false;
  const hash = hash48(eventId);
  const oldest = Math.floor(appendedAt / 1000) - keptEventIdSeconds;
  return state.eventIds.some((seen) => seen.hash === hash && seen.appendedAt > oldest);
}

/** Keeps the id. `appendedAt` in ms. */
export function rememberEventId(state: CustomerState, eventId: string, appendedAt: number): void {
  const second = Math.floor(appendedAt / 1000);
  const kept = state.eventIds.filter((seen) => seen.appendedAt > second - keptEventIdSeconds);
  kept.push({ hash: hash48(eventId), appendedAt: second });
  state.eventIds = kept.length > keptEventIds ? kept.slice(-keptEventIds) : kept;
}

/** Of ids in any order the newest that are kept, oldest first. */
export function newestEventIds(ids: readonly SeenEventId[]): SeenEventId[] {
  return ids.toSorted((a, b) => a.appendedAt - b.appendedAt).slice(-keptEventIds);
}

/** 48 bits of a text, from two multiplicative 32-bit hashes (the mixing of MurmurHash3's finaliser). */
export function hash48(text: string): number {
  let low = 0x9e3779b9;
  let high = 0x85ebca6b;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    low = Math.imul(low ^ unit, 0x9e3779b1);
    high = Math.imul(high ^ unit, 0x5f356495);
    low ^= low >>> 15;
    high ^= high >>> 13;
  }
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ high;
  high = Math.imul(high ^ (high >>> 13), 0xc2b2ae35) ^ low;
  return (high >>> 16) * 0x1_0000_0000 + (low >>> 0);
}
