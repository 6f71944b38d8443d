import type { CustomerEvent, SegmentChange } from "@tidemark/contracts";

/** An event of a customer; what a test does not say is dull. */
export function customerEvent(given: Partial<CustomerEvent>): CustomerEvent {
  return {
    subject: "ann",
    subjectKind: "customer",
    name: "page.viewed",
    occurredAt: Date.UTC(2026, 4, 1),
    eventId: null,
    sourceId: "interactions",
    sourcePartition: 0,
    sourceOffset: 0,
    ordinal: 0,
    count: 1,
    attributes: null,
    properties: "{}",
    order: null,
    ...given,
  };
}

export function segmentChange(given: Partial<SegmentChange>): SegmentChange {
  const sequence = given.sequence ?? 1;
  return {
    sequence,
    epoch: 1,
    changeId: `0-${sequence}`,
    subject: "ann",
    subjectKind: "customer",
    definitionKind: "segment",
    definition: "loyal",
    definitionVersion: 1,
    from: "out",
    to: "in",
    effectiveAt: Date.UTC(2026, 4, 1),
    detectedAt: Date.UTC(2026, 4, 1),
    changesAt: null,
    historic: false,
    cause: "event",
    causeEvent: "order.placed",
    causeOffset: 0,
    mark: null,
    ...given,
  };
}
