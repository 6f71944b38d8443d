import type { CustomerEvent } from "./records.ts";

/**
 * An event as the fold and the archive take it: nothing happens after it was appended (`appendedAt`, ms, the broker's
 * clock). One whose source's clock ran ahead happened when it was appended; a customer's clock never leaves the present.
 */
export function notAhead(event: CustomerEvent, appendedAt: number): CustomerEvent {
  return event.occurredAt <= appendedAt ? event : { ...event, occurredAt: appendedAt };
}
