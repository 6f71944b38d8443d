/** The pure core of Tidemark: definitions to a plan, events to transitions. */
export type * from "./definition/definition.ts";
export { type CustomerState, emptyCustomer, rememberEventId, seenEventId } from "./customer.ts";
export type { Contribution, FoldEvent, Transition, TransitionCause } from "./plan/transition.ts";
export type { Slots } from "./plan/slots.ts";
