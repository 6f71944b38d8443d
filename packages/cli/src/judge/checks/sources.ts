/**
 * Every record of a source topic became all of its canonical events, each admitted once or rejected with a reason, or
 * a dead letter. A letter that was written twice after a crash has the same key and counts once.
 */

import { type Lives, readLives } from "../identity/lives.ts";
import { type CustomerEvent, type EventEntry, isIdentity, type Logs, subjectKeyOf } from "../records.ts";
import { type Findings, foundDuplicate, foundLost } from "../verdict.ts";
import { checkIdentities } from "./identities.ts";
import { checkRejections } from "./rejections.ts";

export interface SourcesChecked {
  /** Admitted events by partition of `customer-events`, in order of offset. */
  readonly admitted: ReadonlyMap<number, readonly EventEntry[]>;
  readonly lives: Lives;
  readonly unattributed: number;
}

interface Canonical {
  readonly count: number;
  readonly ordinals: Set<number>;
}

export function checkSources(logs: Logs, findings: Findings): SourcesChecked {
  const letters = new Map(logs.deadLetters.map((letter) => [sourceKey(letter), letter]));
  const rejected = new Set(logs.rejected.map(({ partition, offset }) => `${partition}/${offset}`));
  const bySource = new Map<string, Canonical>();
  const admittedAt = new Map<string, string>();
  const admitted = new Map<number, EventEntry[]>();

  for (const [partition, entries] of logs.customerEvents) {
    const own: EventEntry[] = [];
    for (const entry of entries) {
      if (entry.type !== "event" && !isIdentity(entry)) continue;
      if (entry.type !== "event") {
        const { source } = entry;
        if (source !== null && source.sourceId !== "customer-events")
          bySource.set(sourceOf(source), { count: 1, ordinals: new Set([source.ordinal]) });
        continue;
      }
      const { event, offset } = entry;
      const source = sourceOf(event);
      const canonical = bySource.get(source) ?? { count: event.count, ordinals: new Set() };
      bySource.set(source, canonical);
      canonical.ordinals.add(event.ordinal);
      if (rejected.has(`${partition}/${offset}`)) continue;
      own.push(entry);
      const place = `customer-events/${partition}/${offset}`;
      const position = `${source} (event ${event.ordinal + 1} of ${event.count})`;
      const before = admittedAt.get(position);
      if (before !== undefined)
        foundDuplicate(findings, `${position} was admitted at ${before} and again at ${place}.`);
      admittedAt.set(position, place);
    }
    admitted.set(partition, own);
  }

  const known = new Set<string>();
  for (const record of logs.sources) {
    const source = sourceKey(record);
    known.add(source);
    const canonical = bySource.get(source);
    if (canonical === undefined) {
      if (!letters.has(source))
        foundLost(findings, `${source} has no event in customer-events and no dead letter.`);
      continue;
    }
    for (let ordinal = 0; ordinal < canonical.count; ordinal += 1)
      if (!canonical.ordinals.has(ordinal))
        foundLost(findings, `${source} lacks event ${ordinal + 1} of ${canonical.count}.`);
  }
  checkInvented(logs, bySource, known, findings);
  checkPartitions(logs, findings);
  const lives = readLives(logs.customerEvents, (partition, offset) => rejected.has(`${partition}/${offset}`));
  checkIdentities(logs, lives, findings);
  checkRejections(logs, { admitted, lives }, findings);
  const unattributed = [...letters.values()]
    .filter(({ reason }) => reason === "unattributed")
    .reduce((lines, { orderLines }) => lines + orderLines, 0);
  return { admitted, lives, unattributed };
}

/** Events that no record of their source brought about, where the source still has records from before them. */
function checkInvented(
  { sources }: Logs,
  bySource: ReadonlyMap<string, Canonical>,
  known: ReadonlySet<string>,
  findings: Findings,
): void {
  const firsts = new Map<string, number>();
  for (const { topic, partition, offset } of sources) {
    const place = `${topic}/${partition}`;
    firsts.set(place, Math.min(firsts.get(place) ?? offset, offset));
  }
  for (const source of bySource.keys()) {
    const slash = source.lastIndexOf("/");
    const first = firsts.get(source.slice(0, slash));
    if (first === undefined || Number(source.slice(slash + 1)) < first || known.has(source)) continue;
    foundLost(findings, `customer-events has an event of ${source}, where there is no record.`);
  }
}

/** One subject, one partition: else no fold has all of it. */
function checkPartitions({ customerEvents }: Logs, findings: Findings): void {
  const homes = new Map<string, number>();
  const told = new Set<string>();
  for (const [partition, entries] of customerEvents)
    for (const entry of entries) {
      if (entry.type !== "event") continue;
      const subject = subjectKeyOf(entry.event);
      const home = homes.get(subject) ?? partition;
      homes.set(subject, home);
      if (home === partition || told.has(subject)) continue;
      told.add(subject);
      foundLost(
        findings,
        `${subject} has events in the partitions ${home} and ${partition} of customer-events.`,
      );
    }
}

function sourceOf(event: Pick<CustomerEvent, "sourceId" | "sourcePartition" | "sourceOffset">): string {
  return `${event.sourceId}/${event.sourcePartition}/${event.sourceOffset}`;
}

function sourceKey(record: {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}): string {
  return `${record.topic}/${record.partition}/${record.offset}`;
}
