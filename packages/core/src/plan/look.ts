/**
 * One look at one customer at one instant: what conditions read, and what they found. A look ahead is one into the
 * future, with no further event: latches hang on what was before, so those that a definition rests on are carried from
 * bound to bound of their own; all else is looked at where it is asked.
 */
import type { ZoneCalendar } from "../calendar/zone.ts";
import type { Evaluation, Foreseen, Memo } from "../conditions/condition.ts";
import type { CustomerState, Membership } from "../customer.ts";
import { type Bounds, boundOf } from "./bounds.ts";
import { customerZone } from "./customer-zone.ts";
import type { Due } from "./due.ts";
import { featureState } from "./feature-state.ts";
import type { Plan, SubjectPlan } from "./plan.ts";

/** What is known without looking: definitions that are not due keep their membership until a bound. */
export interface Known {
  readonly due: Due;
  readonly bounds: Bounds;
}

/** What latches have come to, by index of the definition. */
export type Carried = ReadonlyMap<number, Membership>;

export class Look implements Evaluation {
  readonly #plan: Plan;
  readonly #subject: SubjectPlan;
  #state: CustomerState;
  #now: number;
  #known: Known | null;
  #carried: Carried | undefined;
  #memo: (Memo | undefined)[] = [];
  readonly #values: string[] = [];
  readonly #untils: number[] = [];
  /** Which of them are of this look: those marked with its number. */
  readonly #lookOf: number[] = [];
  #number = 1;
  #zone: ZoneCalendar | undefined;
  #occurredAt: number;
  until = 0;

  /** `known` null looks at everything afresh; `carried` is what latches have come to since the state was kept. */
  constructor(plan: Plan, state: CustomerState, now: number, known: Known | null, carried?: Carried) {
    this.#plan = plan;
    this.#subject = plan.subjects[state.kind];
    this.#state = state;
    this.#now = now;
    this.#known = known;
    this.#carried = carried;
    this.#occurredAt = now;
  }

  /** Looks anew: what settling does for one event after the other. `occurredAt`: what changes now does so from then on. */
  begin(state: CustomerState, now: number, known: Known, occurredAt: number): void {
    this.#state = state;
    this.#now = now;
    this.#known = known;
    this.#occurredAt = occurredAt;
    if (this.#memo.length > 0) this.#memo = [];
    this.#zone = undefined;
    this.#number += 1;
  }

  get state(): CustomerState {
    return this.#state;
  }

  get now(): number {
    return this.#now;
  }

  get memo(): (Memo | undefined)[] {
    return this.#memo;
  }

  get carried(): Carried | undefined {
    return this.#carried;
  }

  feature(index: number): unknown {
    return featureState(this.#subject, this.#state, index);
  }

  membership(index: number): string {
    if (this.#lookOf[index] === this.#number) {
      this.until = this.#untils[index] ?? 0;
      return this.#values[index] ?? "";
    }
    const definition = this.#subject.definitions[index];
    if (definition === undefined) throw new RangeError(`no definition ${index}`);
    const value = this.#kept(index, definition.slot, definition.kind) ?? definition.evaluate(this);
    this.#lookOf[index] = this.#number;
    this.#values[index] = value;
    this.#untils[index] = this.until;
    return value;
  }

  held(index: number): Membership | undefined {
    const carried = this.#carried?.get(index);
    if (carried !== undefined) return carried;
    const slot = this.#subject.definitions[index]?.slot;
    return slot === undefined ? undefined : this.#state.memberships.get(slot);
  }

  foresee(index: number, at: number): Foreseen {
    const ahead = lookAhead(this.#plan, this.#state, index, this.#now, at, this.#carried, this.#occurredAt);
    return { value: ahead.membership(index), until: ahead.until };
  }

  #kept(index: number, slot: number, kind: "segment" | "classification"): string | undefined {
    if (this.#known === null || this.#known.due.has(index)) return undefined;
    const value = this.#state.memberships.get(slot)?.value ?? (kind === "segment" ? "out" : undefined);
    if (value !== undefined) this.until = boundOf(this.#known.bounds, index);
    return value;
  }

  customerZone(): ZoneCalendar {
    this.#zone ??= customerZone(this.#state.attributes) ?? this.#plan.zone;
    return this.#zone;
  }
}

/** A latch that turned this often is not followed further. */
const mostTurns = 10_000;

/**
 * At `to`, for one definition, from `from` on, at which the state (and `carried`) hold. `occurredAt`: from when that is
 * so which turns at `from`, earlier where a late event turned it.
 */
export function lookAhead(
  plan: Plan,
  state: CustomerState,
  index: number,
  from: number,
  to: number,
  carried?: Carried,
  occurredAt = from,
): Look {
  const latches = plan.subjects[state.kind].latches[index] ?? [];
  if (latches.length === 0) return new Look(plan, state, to, null, carried);
  const memberships = new Map(carried);
  let at = from;
  for (let turn = 0; turn < mostTurns && at < to; turn += 1)
    at = carryOver(plan, state, latches, at, at === from ? occurredAt : at, memberships);
  return new Look(plan, state, to, null, memberships);
}

/** What the latches are at `at`; answers until when that stays. */
function carryOver(
  plan: Plan,
  state: CustomerState,
  latches: readonly number[],
  at: number,
  occurredAt: number,
  memberships: Map<number, Membership>,
): number {
  const look = new Look(plan, state, at, null, memberships);
  const turned = new Map<number, Membership>();
  let until = Number.POSITIVE_INFINITY;
  for (const latch of latches) {
    const value = look.membership(latch);
    until = Math.min(until, look.until);
    const held = look.held(latch);
    if (value !== (held?.value ?? "out"))
      turned.set(latch, { value, since: effectiveFrom(held, occurredAt) });
  }
  for (const [latch, membership] of turned) memberships.set(latch, membership);
  return Math.max(until, at + 1);
}

/** From when a change is so: from the event on, but not from before the change that it follows. */
export function effectiveFrom(held: Membership | undefined, occurredAt: number): number {
  return Math.max(occurredAt, held?.since ?? occurredAt);
}
