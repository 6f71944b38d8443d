import type { SegmentChange } from "@tidemark/contracts";
import type { Automation, Definition } from "@tidemark/core";
import { parseDefinitions } from "@tidemark/core";
import type { LogRecord } from "@tidemark/runtime";
import type { Webhook } from "../src/webhook.ts";

export const noon = Date.UTC(2026, 4, 1, 12);

/** A change; what a test does not say is dull. */
export function segmentChange(given: Partial<SegmentChange> = {}): SegmentChange {
  const sequence = given.sequence ?? 1;
  return {
    sequence,
    epoch: 1,
    changeId: `3-${sequence}`,
    subject: "ann",
    subjectKind: "customer",
    definitionKind: "segment",
    definition: "loyal",
    definitionVersion: 7,
    from: "out",
    to: "in",
    effectiveAt: noon,
    detectedAt: noon + 250,
    changesAt: null,
    historic: false,
    cause: "event",
    causeEvent: "order.placed",
    causeOffset: 0,
    mark: null,
    ...given,
  };
}

const documents = [
  { kind: "segment", id: "loyal", when: { count: "order.placed", atLeast: 3 } },
  { kind: "segment", id: "big-account", subject: "company", when: { count: "order.placed", atLeast: 3 } },
  {
    kind: "classification",
    id: "tier",
    categories: [
      { id: "vip", when: { count: "order.placed", atLeast: 9 } },
      { id: "regular", when: { count: "order.placed", atLeast: 2 } },
    ],
    otherwise: "occasional",
  },
];

/** The definitions of these automations and what they watch. Throws where one is wrong. */
export function definitionsWith(...automations: readonly object[]): readonly Definition[] {
  const { definitions, faults } = parseDefinitions([...documents, ...automations]);
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  return definitions;
}

export function automationOf(document: object): Automation {
  const found = definitionsWith(document).find(({ kind }) => kind === "automation");
  return found as Automation;
}

/** Documents for the registry, what the automations watch among them. */
export const watchedDocuments = documents;

export function changeRecord(offset: number, value: Buffer | null = null): LogRecord {
  return {
    topic: "segment-changes",
    partition: 3,
    offset,
    timestamp: noon,
    key: null,
    value,
    headers: [],
  };
}

export function webhook(given: Partial<Webhook> = {}): Webhook {
  return {
    id: "3-1/win-back/0",
    endpoint: "crm",
    automation: "win-back",
    subject: "customer:ann",
    detectedAt: noon,
    body: () => '{"hello":"world"}',
    ...given,
  };
}

/** Bounds as they are unless set otherwise. */
export const pauses = { firstMs: 500, mostMs: 30_000, askedMs: 60_000 };
