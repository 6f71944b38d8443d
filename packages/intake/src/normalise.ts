/** From what a source said to canonical events. What only one service knows stands in that service. */
import type { CustomerEvent } from "@tidemark/contracts";
import type { RecordFault } from "@tidemark/runtime";
import { type EventFault, type Reason, reasonOf } from "./fault.ts";

/** A canonical event but for its source position, which the loop adds. */
export type CanonicalEvent = Pick<
  CustomerEvent,
  "subject" | "subjectKind" | "name" | "occurredAt" | "eventId" | "attributes" | "properties" | "order"
>;

export type Normalised =
  | { readonly outcome: "admitted"; readonly events: readonly CanonicalEvent[] }
  | { readonly outcome: "refused"; readonly reason: Reason; readonly faults: readonly RecordFault[] };

/** `raw` is what the bytes said, `arrivedAt` the instant of arrival in ms. Never throws on any input. */
export type Normalise = (raw: unknown, arrivedAt: number) => Normalised;

export function admitted(events: readonly CanonicalEvent[]): Normalised {
  return { outcome: "admitted", events };
}

export function refused(faults: readonly EventFault[]): Normalised {
  return { outcome: "refused", reason: reasonOf(faults), faults };
}
