/** Builders for the judge's tests: logs of one partition, and what an engine without a fault would publish of them. */
import { foldSubject } from "../src/judge/fold/fold-subject.ts";
import type { Life } from "../src/judge/fold/life.ts";
import { type Document, type Reading, readDefinitions } from "../src/judge/language/definitions.ts";
import { zoneNamed } from "../src/judge/language/zone.ts";
import type { CustomerEvent, EventEntry, SegmentChange } from "../src/judge/records.ts";
import type { PlainEvent } from "./judge-arbitraries.ts";

export type Json = Readonly<Record<string, unknown>>;

export function documentOf(json: Json): Document {
  return { kind: String(json.kind), id: String(json.id), json };
}

export function reading(
  documents: readonly Json[],
  zone = "UTC",
  subject: "customer" | "company" = "customer",
): Reading {
  return readDefinitions(documents.map(documentOf), subject, zoneNamed(zone)!);
}

export function customerEvent(event: PlainEvent, offset: number, subject = "c-1"): CustomerEvent {
  return {
    subject,
    subjectKind: "customer",
    name: event.name,
    occurredAt: event.at,
    eventId: null,
    sourceId: event.order ? "orders" : "interactions",
    sourcePartition: 0,
    sourceOffset: offset,
    ordinal: 0,
    count: 1,
    attributes: event.attributes === undefined ? null : JSON.stringify(event.attributes),
    properties: JSON.stringify(event.properties ?? {}),
    order: event.order ?? null,
  };
}

export function entriesOf(events: readonly PlainEvent[], subject?: string): EventEntry[] {
  return events.map((event, offset) => ({
    type: "event",
    offset,
    appendedAt: event.at,
    event: customerEvent(event, offset, subject),
  }));
}

export function lifeOf(events: readonly PlainEvent[]): Life {
  return { partition: 0, entries: entriesOf(events) };
}

export interface Flip {
  readonly definition: string;
  readonly from: string | null;
  readonly to: string;
  readonly effectiveAt: number;
  readonly cause: string;
}

/** What the judge expects of one customer, up to an instant. */
export function expectedFlips(
  documents: readonly Json[],
  events: readonly PlainEvent[],
  asOf: number,
  zone = "UTC",
): Flip[] {
  return foldSubject(reading(documents, zone), lifeOf(events), [], asOf).changes.map(
    ({ definition, from, to, effectiveAt, cause }) => ({ definition, from, to, effectiveAt, cause }),
  );
}

export function changeOf(
  partition: number,
  sequence: number,
  subject: string,
  flip: Flip,
  causeOffset = 0,
): SegmentChange {
  const [definitionKind, definition = ""] = flip.definition.split("/");
  return {
    sequence,
    epoch: 1,
    changeId: `${partition}-${sequence}`,
    subject,
    subjectKind: "customer",
    definitionKind: definitionKind === "segment" ? "segment" : "classification",
    definition,
    definitionVersion: 1,
    from: flip.from,
    to: flip.to,
    effectiveAt: flip.effectiveAt,
    detectedAt: flip.effectiveAt,
    changesAt: null,
    historic: false,
    cause: flip.cause,
    causeEvent: null,
    causeOffset,
    mark: null,
  };
}

/** Whether a condition holds at an instant, of a customer to whom these events have happened by then. */
export function holdsAt(
  when: Json,
  events: readonly PlainEvent[],
  at: number,
  { zone = "UTC", also = [], own = {} }: { zone?: string; also?: readonly Json[]; own?: Json } = {},
): boolean {
  const known = entriesOf(events.filter((event) => event.at <= at));
  const definitions = reading([...also, { kind: "segment", id: "asked", when, ...own }], zone);
  return (
    foldSubject(definitions, { partition: 0, entries: known }, [], at).states.get("segment/asked") === "in"
  );
}

export const instant = (text: string): number => Date.parse(text);
