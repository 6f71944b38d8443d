/** One look at one customer at one instant: what conditions read, and what they found. */
import { type ZoneCalendar, zoneCalendar } from "../calendar/zone.ts";
import type { Evaluation, Foreseen, Memo } from "../conditions/condition.ts";
import type { CustomerState, Membership } from "../customer.ts";
import { attributeAt } from "../features/attributes.ts";
import { ByteReader } from "../features/bytes.ts";
import { type Bounds, boundOf } from "./bounds.ts";
import { zoneAttribute } from "./compiler.ts";
import type { Due } from "./due.ts";
import { type Carried, lookAhead } from "./look-ahead.ts";
import type { Plan, SubjectPlan } from "./plan.ts";

/** What is known without looking: definitions that are not due keep their membership until a bound. */
export interface Known {
  readonly due: Due;
  readonly bounds: Bounds;
}

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
    if (this.#zone === undefined) {
      const name = attributeAt(this.#state.attributes, zoneAttribute);
      this.#zone = (typeof name === "string" ? zoneCalendar(name) : undefined) ?? this.#plan.zone;
    }
    return this.#zone;
  }
}

/** A feature's state, unpacked where it still was not; undefined where nothing was folded into it. */
export function featureState(plan: SubjectPlan, state: CustomerState, index: number): unknown {
  const known = state.features[index];
  if (known !== undefined) return known;
  const { packed } = state;
  const from = packed?.from[index] ?? -1;
  const feature = plan.features[index];
  if (packed === null || from < 0 || feature === undefined) return undefined;
  const read = feature.shape.read(new ByteReader(packed.bytes, from, packed.to[index]));
  state.features[index] = read;
  return read;
}
