/** From what a source said to canonical events. What only one service knows stands in that service. */
import type { CustomerEvent } from "@tidemark/contracts";
import type { LogRecord } from "@tidemark/runtime";
import { type EventFault, type Reason, reasonOf } from "./fault.ts";

/** A canonical event but for its source position, which the loop adds. */
export type CanonicalEvent = Pick<
  CustomerEvent,
  "subject" | "subjectKind" | "name" | "occurredAt" | "eventId" | "attributes" | "properties" | "order"
> & {
  /** Where it is no event of the subject's, but says that it is erased, or is another. */
  readonly identity?: { readonly type: "erasure" } | { readonly type: "merge"; readonly into: string };
};

export type Normalised =
  | { readonly outcome: "admitted"; readonly events: readonly CanonicalEvent[] }
  | { readonly outcome: "refused"; readonly reason: Reason; readonly faults: readonly EventFault[] };

/** What the log knows of a record besides its value. */
export type RecordFacts = Pick<LogRecord, "key" | "headers" | "timestamp">;

interface RecordContext extends RecordFacts {
  /** It is Avro of the topic's own record, so there is nothing to map. */
  readonly isOwnShape: boolean;
}

/**
 * `raw` is what the bytes said, `arrivedAt` the instant of arrival in ms; the context is there where the record came
 * through a log. No events and no fault: a mapping says that the record is none of ours. Never throws on any input.
 */
export type Normalise = (raw: unknown, arrivedAt: number, context?: RecordContext) => Normalised;

export function admitted(events: readonly CanonicalEvent[]): Normalised {
  return { outcome: "admitted", events };
}

export function refused(faults: readonly EventFault[]): Normalised {
  return { outcome: "refused", reason: reasonOf(faults), faults };
}
