/** The pure core of Tidemark: definitions to a plan, events to transitions. */

export { type ZoneCalendar, zoneCalendar } from "./calendar/zone.ts";
export { type CustomerState, emptyCustomer, rememberEventId, seenEventId } from "./customer.ts";
export { fromUnits, toUnits } from "./decimal.ts";
export type * from "./definition/definition.ts";
export { meaningOf } from "./definition/meaning.ts";
export { needsCuts } from "./definition/needs-cuts.ts";
export { type ParsedDefinitions, parseDefinitions } from "./definition/parse-definitions.ts";
export type { CutRequest, Cuts } from "./plan/cuts.ts";
export { type CustomerDescription, describeCustomer } from "./plan/describe.ts";
export { fireTimer, foldEvent, recut } from "./plan/fold.ts";
export { type Answer, changesAt, evaluateDefinition } from "./plan/forecast.ts";
export { type Absorbed, absorbCustomer, endCustomer, portableSlots } from "./plan/identity.ts";
export { packCustomer, sweepOf, unpackCustomer } from "./plan/pack-customer.ts";
export { type Beside, buildHistoryPlan, buildPlan, type Plan, type PlanInput } from "./plan/plan.ts";
export { populationValue } from "./plan/population-value.ts";
export { activeInOrder } from "./plan/references.ts";
export type { Slots } from "./plan/slots.ts";
export { addHistory, applySweep, packFeatures, type Sweep } from "./plan/sweep.ts";
export type { Contribution, FoldEvent, Transition, TransitionCause } from "./plan/transition.ts";
export { cutPoints } from "./scoring/cut-points.ts";
export type { Scores } from "./scoring/score-card.ts";
