/**
 * What is kept of one customer (or company): its clock, timer, attributes, features, memberships and the
 * event ids seen lately. Everything but `kind`, `id`, `clock` and `timer` is the plan's own business.
 */
import type { SubjectKind } from "./definition/definition.ts";
import { type Attributes, emptyAttributes } from "./features/attributes.ts";

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

export interface CustomerState {
  readonly kind: SubjectKind;
  readonly id: string;
  /** The latest instant applied, in ms; null before the first event. */
  clock: number | null;
  /** When this customer must be looked at again if no event comes before: a safe bound in ms. Null is never. */
  timer: number | null;
  /**
   * Until when each definition's answer stays, by the plan's index, in ms: so that a timer asks only those it is for.
   * Null where all that is known is the timer.
   */
  untils: Float64Array | null;
  /** True where another plan packed this state: then the next event evaluates everything. */
  stale: boolean;
  readonly attributes: Attributes;
  /** By the plan's index of features; absent where nothing was folded or where still packed in `packed`. */
  readonly features: unknown[];
  /** Features not looked at since unpacking, by the plan's index. Lazy, as most events touch few. */
  readonly packed: (Uint8Array | undefined)[];
  /** By slot of the definition. */
  readonly memberships: Map<number, Membership>;
  /** Oldest first. */
  eventIds: SeenEventId[];
}

export function emptyCustomer(kind: SubjectKind, id: string): CustomerState {
  return {
    kind,
    id,
    clock: null,
    timer: null,
    untils: null,
    stale: false,
    attributes: emptyAttributes(),
    features: [],
    packed: [],
    memberships: new Map(),
    eventIds: [],
  };
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
