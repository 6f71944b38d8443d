import type { CustomerState } from "../customer.ts";
import { notBefore } from "./forecast.ts";
import { Look } from "./look.ts";
import type { Plan } from "./plan.ts";

/**
 * What this customer adds to the population of one of `plan.cutRequests`, in units of 1/10,000 of the metric's number
 * or of a second, at `now` (ms) or its clock where that is later; undefined where it is not among it.
 */
export function populationValue(
  plan: Plan,
  state: CustomerState,
  key: string,
  now: number,
): number | undefined {
  const value = plan.subjects[state.kind].populationValues.get(key);
  return value?.(new Look(plan, state, notBefore(state, now), null));
}
