/** Cut points of the population: which a plan needs, and those in force. */
import { roundedUnits } from "../conditions/aggregate.ts";
import type { Evaluation } from "../conditions/condition.ts";
import type { Measure } from "../conditions/measure.ts";
import type { SubjectKind } from "../definition/definition.ts";
import type { Edge } from "../features/edge.ts";

/** By key: ascending, in units of 1/10,000 of the metric's number or of a second. */
export type Cuts = Readonly<Record<string, readonly number[]>>;

export interface CutRequest {
  /** `scoring/ID/PART`, or `metric/ID/QUANTILE` for `top` and `bottom`. */
  readonly key: string;
  readonly subject: SubjectKind;
  /** The quantiles wanted, each above 0 and below 1. */
  readonly shares: readonly number[];
}

/** What a customer adds to the population; undefined where it is none of it. */
export type PopulationValue = (evaluation: Evaluation) => number | undefined;

/** The cuts that one subject's definitions need. */
export interface CutBook {
  readonly inForce: Cuts;
  readonly requests: Map<string, CutRequest>;
  readonly values: Map<string, PopulationValue>;
}

export function cutBook(inForce: Cuts): CutBook {
  return { inForce, requests: new Map(), values: new Map() };
}

/** Asks for cuts; answers those in force. */
export function requestCuts(
  book: CutBook,
  request: CutRequest,
  value: PopulationValue,
): Cuts[string] | undefined {
  book.requests.set(request.key, request);
  book.values.set(request.key, value);
  const cuts = Object.hasOwn(book.inForce, request.key) ? book.inForce[request.key] : undefined;
  return cuts?.length === request.shares.length ? cuts : undefined;
}

/** Of a measure that has no number where there is nothing. */
export function measured(measure: Measure): PopulationValue {
  return (evaluation) => roundedUnits(measure, evaluation);
}

/** Units of 1/10,000 s since the event. */
export function elapsed(feature: number): PopulationValue {
  return (evaluation) => {
    const held = (evaluation.feature(feature) as Edge | undefined)?.held;
    return held ? Math.max(0, evaluation.now - held.occurredAt) * 10 : undefined;
  };
}
