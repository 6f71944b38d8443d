/** Every source record became what its sender meant, or a dead letter for the right reason: one of the two, whole. */
import {
  type CustomerEvent,
  type IdentityEntry,
  isIdentity,
} from "../../../packages/cli/src/judge/records.ts";
import type { Sent } from "../run/writers.ts";
import type { ExpectedEvent } from "../scenario/input.ts";
import type { Evidence } from "./evidence.ts";

const nowhere = { sourceId: "", sourcePartition: 0, sourceOffset: 0 };

export function checkSent({ judged, letters }: Evidence, sent: readonly Sent[]): string[] {
  const findings: string[] = [];
  const canonical = new Map<string, CustomerEvent[]>();
  const identities = new Map<string, IdentityEntry[]>();
  for (const entries of judged.logs.customerEvents.values())
    for (const entry of entries) {
      if (entry.type !== "event" && !isIdentity(entry)) continue;
      if (entry.type !== "event") {
        const { sourceId, sourcePartition, sourceOffset } = entry.source ?? nowhere;
        const place = `${sourceId}/${sourcePartition}/${sourceOffset}`;
        identities.set(place, [...(identities.get(place) ?? []), entry]);
        continue;
      }
      const { sourceId, sourcePartition, sourceOffset } = entry.event;
      const place = `${sourceId}/${sourcePartition}/${sourceOffset}`;
      canonical.set(place, [...(canonical.get(place) ?? []), entry.event]);
    }
  const reasons = new Map<string, Set<string>>();
  for (const { topic, partition, offset, reason } of letters) {
    const place = `${topic}/${partition}/${offset}`;
    reasons.set(place, (reasons.get(place) ?? new Set()).add(reason));
  }
  for (const { topic, partition, offset, expected } of sent) {
    const place = `${topic}/${partition}/${offset}`;
    const events = canonical.get(place) ?? [];
    const told = identities.get(place) ?? [];
    const given = [...(reasons.get(place) ?? [])];
    if (expected.outcome === "dead-letter") {
      if (events.length > 0) findings.push(`${place} is no event and was taken in.`);
      if (given.join() !== expected.reason)
        findings.push(`${place} is a dead letter for ${given.join() || "nothing"}, not ${expected.reason}.`);
      continue;
    }
    if (given.length > 0) findings.push(`${place} is a dead letter (${given.join()}), and it is good.`);
    if (expected.outcome === "identity") {
      if (told.length === 0) findings.push(`${place} gave no ${expected.type}.`);
      for (const entry of told) {
        const { type, subjectKind, subject, other, at } = entry;
        const [found, wanted] = [
          sorted({ type, subjectKind, subject, other, at }),
          sorted({ type: expected.type, ...expected.said }),
        ];
        if (found !== wanted) findings.push(`${place} gave ${found}, not ${wanted}.`);
      }
      if (events.length > 0) findings.push(`${place} gave events, and it is none.`);
      continue;
    }
    if (told.length > 0) findings.push(`${place} is an event, and gave ${told[0]?.type}.`);
    const ordinals = new Set(events.map(({ ordinal }) => ordinal));
    if (ordinals.size !== expected.events.length)
      findings.push(`${place} gave ${ordinals.size} events, not ${expected.events.length}.`);
    for (const event of events) {
      const wanted = expected.events[event.ordinal];
      const wrong = wanted === undefined ? "an event too many" : differenceOf(event, wanted);
      if (wrong !== null) findings.push(`${place} event ${event.ordinal}: ${wrong}.`);
    }
  }
  return findings;
}

function differenceOf(event: CustomerEvent, wanted: ExpectedEvent): string | null {
  const said = {
    subjectKind: event.subjectKind,
    subject: event.subject,
    name: event.name,
    occurredAt: event.occurredAt,
    eventId: event.eventId,
    total: event.order === null ? null : (JSON.parse(event.properties).total ?? null),
    attributes: event.attributes === null ? null : JSON.parse(event.attributes),
    order: event.order,
  };
  const [found, expected] = [sorted(said), sorted(wanted)];
  return found === expected ? null : `is ${found}, not ${expected}`;
}

/** As JSON with keys in order. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, given) =>
    typeof given === "object" && given !== null && !Array.isArray(given)
      ? Object.fromEntries(Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1)))
      : given,
  );
}
