/** A rejection has to be right: what is called a repeat must be there before, what is called stale must be stale. */
import { versionOf } from "../fold/order.ts";
import type { Lives } from "../identity/lives.ts";
import type { CustomerEvent, EventEntry, Logs, OrderChange } from "../records.ts";
import { subjectKeyOf } from "../records.ts";
import { type Findings, foundDuplicate, foundLost } from "../verdict.ts";

const dayMs = 86_400_000;
const keptEventIds = 64;

export function checkRejections(logs: Logs, { admitted, lives }: Judged, findings: Findings): void {
  const letters = new Set(
    logs.deadLetters
      .filter(({ topic }) => topic === "customer-events")
      .map(({ partition, offset }) => `${partition}/${offset}`),
  );
  const familyOf = familiesOf(lives);
  const everyone = Map.groupBy([...admitted.values()].flat(), ({ event }) => subjectKeyOf(event));
  // Told again after a crash, a rejection is the same one.
  const unique = new Map(
    logs.rejected.map((rejected) => [`${rejected.partition}/${rejected.offset}`, rejected]),
  );
  const byPartition = Map.groupBy(unique.values(), ({ partition }) => partition);
  for (const [partition, rejections] of byPartition) {
    const own = logs.customerEvents.get(partition) ?? [];
    const entries = own.filter((entry) => entry.type === "event");
    const byOffset = new Map(entries.map((entry) => [entry.offset, entry.event]));
    const identities = new Set(
      own.filter(({ type }) => type !== "event" && type !== "definition").map(({ offset }) => offset),
    );
    const positions = firstOffsets(entries, positionOf);
    const eventIds = firstOffsets(entries, eventIdOf);
    for (const rejection of rejections) {
      const event = byOffset.get(rejection.offset);
      const place = `customer-events/${partition}/${rejection.offset}`;
      const ofIdentity = lives.rejections.get(`${partition}/${rejection.offset}`);
      // Checked with who is who.
      if (ofIdentity === rejection.reason) continue;
      if (event === undefined) {
        if (identities.has(rejection.offset))
          foundLost(findings, `${place} was rejected as ${rejection.reason}, and it is not.`);
        else foundLost(findings, `a rejection names ${place}, where there is no event.`);
        continue;
      }
      const earlier = (offsets: ReadonlyMap<string, number>, key: string): boolean =>
        (offsets.get(key) ?? rejection.offset) < rejection.offset;
      /** What those had who became part of the subject. */
      const others = (): EventEntry[] =>
        familyOf(subjectKeyOf(event), rejection.offset).flatMap((member) => everyone.get(member) ?? []);
      const known = (): EventEntry[] =>
        [
          ...(everyone.get(subjectKeyOf(event)) ?? []).filter(({ offset }) => offset <= rejection.offset),
          ...others(),
        ].filter((other) => other.event.order?.orderId === event.order?.orderId);
      const isRight = {
        "repeated-source-position": () => earlier(positions, positionOf(event)),
        "repeated-event-id": () =>
          event.eventId !== null &&
          (earlier(eventIds, eventIdOf(event)) ||
            others().some((other) => other.event.eventId === event.eventId)),
        "repeated-order": () => isStale(event, known()),
        "stale-order-version": () => isStale(event, known()),
        "past-order-horizon": () => letters.has(`${partition}/${rejection.offset}`),
        "too-many-parked-corrections": () => letters.has(`${partition}/${rejection.offset}`),
      }[rejection.reason];
      if (isRight === undefined)
        foundLost(findings, `${place} was rejected for an unknown reason, ${rejection.reason}.`);
      else if (!isRight())
        foundLost(findings, `${place} was rejected as ${rejection.reason}, and it is not.`);
    }
  }
  for (const [partition, entries] of admitted) checkEventIds(partition, entries, lives, findings);
}

/** Everybody who had become part of a subject by an offset of its partition, at first or second hand. */
function familiesOf({ bySubject }: Lives): (subject: string, offset: number) => readonly string[] {
  return (subject, offset) => {
    const absorbed = (of: string, below: number): readonly string[] =>
      (bySubject.get(of)?.entries ?? []).flatMap((entry) =>
        entry.type === "absorbed" && entry.offset < below ? [entry.from] : [],
      );
    const family = new Set(absorbed(subject, offset));
    for (const member of family)
      for (const other of absorbed(member, Number.POSITIVE_INFINITY)) family.add(other);
    return [...family];
  };
}

interface Judged {
  /** By partition. */
  readonly admitted: ReadonlyMap<number, readonly EventEntry[]>;
  readonly lives: Lives;
}

/** An image of an order that another one known before is as new as. */
function isStale({ order, occurredAt }: CustomerEvent, known: readonly EventEntry[]): boolean {
  const version = order?.version ?? occurredAt;
  return known.some(({ event }) => {
    if (event.order === null) return false;
    const isImage = event.order.action === "placed" || event.order.action === "updated";
    if (order?.action === "placed" && order.version === null) return event.order.action === "placed";
    return isImage && versionOf({ event: withOrder(event, event.order), properties: {} }) >= version;
  });
}

function withOrder(event: CustomerEvent, order: OrderChange) {
  return { ...event, order };
}

/** Clients that repeat declare it: an id that came within the last day, among the newest 64, is not admitted again. */
function checkEventIds(
  partition: number,
  entries: readonly EventEntry[],
  { erasures }: Lives,
  findings: Findings,
): void {
  const erasuresOf = Map.groupBy(
    erasures.filter((erasure) => erasure.partition === partition),
    ({ subject }) => subject,
  );
  const kept = new Map<
    string,
    { readonly id: string; readonly appendedAt: number; readonly offset: number }[]
  >();
  for (const { event, offset, appendedAt } of entries) {
    const { eventId: id } = event;
    if (id === null) continue;
    const subject = subjectKeyOf(event);
    // Of who was erased nothing is known.
    const erasedAt = erasuresOf.get(subject)?.findLast((erasure) => erasure.offset < offset)?.offset ?? -1;
    const newest = (kept.get(subject) ?? []).filter((one) => one.offset > erasedAt);
    // Ids are kept by the second.
    const again = newest.find((one) => one.id === id && appendedAt - one.appendedAt < dayMs - 1_000);
    if (again !== undefined)
      foundDuplicate(
        findings,
        `the event id ${id} of ${subject} was admitted twice, customer-events/${partition}/${offset}.`,
      );
    kept.set(subject, [...newest, { id, appendedAt, offset }].slice(-keptEventIds));
  }
}

function positionOf(event: CustomerEvent): string {
  return `${event.sourceId}/${event.sourcePartition}/${event.sourceOffset}/${event.ordinal}`;
}

function eventIdOf(event: CustomerEvent): string {
  return `${subjectKeyOf(event)} ${event.eventId}`;
}

function firstOffsets(
  entries: readonly EventEntry[],
  keyOf: (event: CustomerEvent) => string,
): Map<string, number> {
  const offsets = new Map<string, number>();
  for (const { event, offset } of entries) {
    const key = keyOf(event);
    if (!offsets.has(key)) offsets.set(key, offset);
  }
  return offsets;
}
