/** One look at one customer at one instant: what conditions read, and what they found. */
import { type ZoneCalendar, zoneCalendar } from "../calendar/zone.ts";
import type { Evaluation, Foreseen, Memo } from "../conditions/condition.ts";
import type { CustomerState, Membership } from "../customer.ts";
import { attributeAt } from "../features/attributes.ts";
import { ByteReader } from "../features/bytes.ts";
import { zoneAttribute } from "./compiler.ts";
import { type Carried, lookAhead } from "./look-ahead.ts";
import type { Plan, SubjectPlan } from "./plan.ts";

/** What is known without looking: definitions that cannot have changed keep their membership until a bound. */
export interface Known {
  /** By index of the definition: whether to look. */
  readonly due: Uint8Array;
  /** By index of the definition, in ms. */
  readonly untils: Float64Array;
}

export class Look implements Evaluation {
  readonly state: CustomerState;
  readonly now: number;
  readonly carried: Carried | undefined;
  readonly memo: (Memo | undefined)[] = [];
  until = 0;
  readonly #plan: Plan;
  readonly #subject: SubjectPlan;
  readonly #known: Known | null;
  readonly #values: (string | undefined)[] = [];
  readonly #untils: number[] = [];
  #zone: ZoneCalendar | undefined;

  /** `known` null looks at everything afresh; `carried` is what latches have come to since the state was kept. */
  constructor(plan: Plan, state: CustomerState, now: number, known: Known | null, carried?: Carried) {
    this.#plan = plan;
    this.#subject = plan.subjects[state.kind];
    this.#known = known;
    this.carried = carried;
    this.state = state;
    this.now = now;
  }

  feature(index: number): unknown {
    return featureState(this.#subject, this.state, index);
  }

  membership(index: number): string {
    const seen = this.#values[index];
    if (seen !== undefined) {
      this.until = this.#untils[index] ?? 0;
      return seen;
    }
    const definition = this.#subject.definitions[index];
    if (definition === undefined) throw new RangeError(`no definition ${index}`);
    const value = this.#kept(index, definition.slot, definition.kind) ?? definition.evaluate(this);
    this.#values[index] = value;
    this.#untils[index] = this.until;
    return value;
  }

  held(index: number): Membership | undefined {
    const carried = this.carried?.get(index);
    if (carried !== undefined) return carried;
    const slot = this.#subject.definitions[index]?.slot;
    return slot === undefined ? undefined : this.state.memberships.get(slot);
  }

  foresee(index: number, at: number): Foreseen {
    const ahead = lookAhead(this.#plan, this.state, index, this.now, at, this.carried);
    return { value: ahead.membership(index), until: ahead.until };
  }

  #kept(index: number, slot: number, kind: "segment" | "classification"): string | undefined {
    if (this.#known === null || this.#known.due[index] === 1) return undefined;
    const value = this.state.memberships.get(slot)?.value ?? (kind === "segment" ? "out" : undefined);
    if (value !== undefined) this.until = this.#known.untils[index] ?? 0;
    return value;
  }

  customerZone(): ZoneCalendar {
    if (this.#zone === undefined) {
      const name = attributeAt(this.state.attributes, zoneAttribute);
      this.#zone = (typeof name === "string" ? zoneCalendar(name) : undefined) ?? this.#plan.zone;
    }
    return this.#zone;
  }
}

/** A feature's state, unpacked where it still was not; undefined where nothing was folded into it. */
export function featureState(plan: SubjectPlan, state: CustomerState, index: number): unknown {
  const known = state.features[index];
  if (known !== undefined) return known;
  const packed = state.packed[index];
  const feature = plan.features[index];
  if (packed === undefined || feature === undefined) return undefined;
  const read = feature.shape.read(new ByteReader(packed));
  state.features[index] = read;
  return read;
}
