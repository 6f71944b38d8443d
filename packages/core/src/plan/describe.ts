/** A customer as people see it: metrics, scores, memberships with since when and until when, attributes. */
import { aggregateValue } from "../conditions/aggregate.ts";
import { engagedPoints } from "../conditions/engagement.ts";
import type { CustomerState } from "../customer.ts";
import { fromUnits } from "../decimal.ts";
import { attributesObject } from "../features/attributes.ts";
import { roundedPoints } from "../scoring/fading-points.ts";
import type { Scores } from "../scoring/score-card.ts";
import { fireTimer } from "./fold.ts";
import { changesAtFrom, notBefore } from "./forecast.ts";
import { Look } from "./look.ts";
import { packCustomer, unpackCustomer } from "./pack-customer.ts";
import type { Plan } from "./plan.ts";

export interface CustomerDescription {
  /** By id; null where there is none, as an average of nothing. */
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly scores: Readonly<Record<string, Scores>>;
  /** Points by id. */
  readonly engagements: Readonly<Record<string, number>>;
  /** Those the customer is in. Times in ms. */
  readonly segments: readonly {
    readonly id: string;
    readonly since: number;
    readonly changesAt: number | null;
  }[];
  readonly classifications: readonly {
    readonly id: string;
    readonly category: string;
    readonly since: number;
    readonly changesAt: number | null;
  }[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** At `now` (ms), or at the customer's clock where that is later. Changes nothing. */
export function describeCustomer(plan: Plan, state: CustomerState, now: number): CustomerDescription {
  const at = notBefore(state, now);
  const customer = advanced(plan, state, at);
  const subject = plan.subjects[state.kind];
  const look = new Look(plan, customer, at, null);
  const metrics: Record<string, number | null> = {};
  for (const { metric, measure } of subject.metrics) metrics[metric.id] = aggregateValue(measure, look);
  const scores: Record<string, Scores> = {};
  for (const { scoring, scores: of } of subject.scorings) scores[scoring.id] = of(look);
  const engagements: Record<string, number> = {};
  for (const { engagement, points } of subject.engagements)
    engagements[engagement.id] = fromUnits(roundedPoints(engagedPoints(points, look)));
  const segments = [];
  const classifications = [];
  for (const { index, kind, id, slot } of subject.definitions) {
    const value = look.membership(index);
    if (kind === "segment" && value === "out") continue;
    const changesAt = changesAtFrom(plan, customer, index, value, at, look.until);
    const held = customer.memberships.get(slot);
    const since = held?.value === value ? held.since : at;
    if (kind === "segment") segments.push({ id, since, changesAt });
    else classifications.push({ id, category: value, since, changesAt });
  }
  return {
    metrics,
    scores,
    engagements,
    segments,
    classifications,
    attributes: attributesObject(customer.attributes),
  };
}

/** The customer at that instant: itself where no timer is due by then, else a copy whose timers have fired. */
function advanced(plan: Plan, state: CustomerState, at: number): CustomerState {
  if (state.timer === null || state.timer > at) return state;
  const copy = unpackCustomer(plan, packCustomer(plan, state), state.id);
  while (copy.timer !== null && copy.timer <= at) fireTimer(plan, copy, at);
  return copy;
}
