/** What is on the topics, decoded, and in the tables: all that the oracle looks at. */
import type { Clock, Codec, Cuts, DefinitionRecord, DefinitionVersion } from "@tidemark/contracts";
import type { LogRecord } from "@tidemark/runtime";
import type { Evidence as JudgeEvidence } from "../../../packages/cli/src/judge/judge-logs.ts";
import type {
  Archive,
  ChangeEntry,
  CustomerEvent,
  DeadLetter,
  LogEntry,
  RejectedEvent,
  SegmentChange,
  SourceRecord,
} from "../../../packages/cli/src/judge/records.ts";
import { identityEntry } from "../../../packages/cli/src/judge/topics/identity-entry.ts";
import { sweepEntries } from "../../../packages/cli/src/judge/topics/sweep-entry.ts";
import type { Tables } from "../world/warehouse.ts";
import type { World } from "../world/world.ts";
import { type LoadEnds, loadEndsIn } from "./history.ts";

/** A record of `customer-events` of any kind, in order of offset. */
export interface LogFact {
  readonly partition: number;
  readonly offset: number;
  readonly appendedAt: number;
  readonly type: string;
  readonly value: unknown;
}

export interface Letter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly reason: string;
  /** Of a webhook that was not delivered. */
  readonly webhookId: string | null;
  /** Whether one of its key without a value came behind it. */
  readonly isEmptied: boolean;
}

export interface Evidence {
  readonly judged: JudgeEvidence;
  readonly log: ReadonlyMap<number, readonly LogFact[]>;
  readonly letters: readonly Letter[];
  readonly loadEnds: LoadEnds;
  /** `partition/offset` of the events that do not count. */
  readonly rejected: ReadonlySet<string>;
  readonly tables: Tables;
  /** `partition subject` of those that the store holds. */
  readonly kept: ReadonlySet<string>;
  readonly received: World["received"];
  readonly refused: World["refused"];
  /** Records that clients of consumers left out. */
  readonly leftOut: number;
}

type Entries<Entry> = Map<number, Entry[]>;

export function gatherEvidence(
  { broker, tables, received, refused, shared, leftOut }: World,
  codec: Codec,
): Evidence {
  const decoded = (record: LogRecord) => (record.value === null ? undefined : codec.decodeSync(record.value));
  const log = new Map<number, readonly LogFact[]>();
  const customerEvents: Entries<LogEntry> = new Map();
  for (const [partition, { records }] of broker.partitions("customer-events").entries()) {
    const facts = records.map((record): LogFact => {
      const { type, value } = decoded(record) ?? { type: "unreadable", value: null };
      return { partition, offset: record.offset, appendedAt: record.timestamp, type, value };
    });
    log.set(partition, facts);
    customerEvents.set(partition, facts.flatMap(entryOf));
  }
  const segmentChanges: Entries<ChangeEntry> = new Map();
  for (const [partition, { records }] of broker.partitions("segment-changes").entries())
    segmentChanges.set(
      partition,
      records.flatMap((record): ChangeEntry[] => {
        const found = decoded(record);
        const { offset } = record;
        if (found?.type === "tidemark.changes.SegmentChange")
          return [{ type: "change", offset, change: found.value as SegmentChange }];
        return [{ type: "fence", offset, fence: found?.value as { readonly epoch: number } }];
      }),
    );
  const all = (topic: string) => broker.partitions(topic).flatMap(({ records }) => records);
  const letters = lettersIn(all("dead-letters"));
  const sources = ["orders", "interactions", "lifecycle"].flatMap((topic) =>
    all(topic).map(({ partition, offset }): SourceRecord => ({ topic, partition, offset })),
  );
  const rejected = all("rejected-events").map((record) => decoded(record)?.value as RejectedEvent);
  const written = all("segment-definitions").flatMap(
    (record) => (decoded(record)?.value as DefinitionRecord | undefined) ?? [],
  );
  const deadLetters = letters.map((letter): DeadLetter => ({ ...letter, orderLines: 0 }));
  const ends = (topic: string) =>
    new Map(broker.partitions(topic).map(({ records }, partition) => [partition, records.length]));
  return {
    judged: {
      logs: { sources, deadLetters, customerEvents, rejected, segmentChanges },
      archive: archiveOf(tables),
      ends: { customerEvents: ends("customer-events"), segmentChanges: ends("segment-changes") },
    },
    log,
    letters,
    loadEnds: loadEndsIn(written),
    rejected: new Set(rejected.map(({ partition, offset }) => `${partition}/${offset}`)),
    tables,
    kept: keptIn(shared.store.snapshot()),
    received,
    refused,
    leftOut: leftOut.records,
  };
}

function keptIn(snapshot: unknown): ReadonlySet<string> {
  const partitions = snapshot as ReadonlyMap<number, { readonly subjects: ReadonlyMap<string, unknown> }>;
  return new Set(
    [...partitions].flatMap(([partition, { subjects }]) =>
      [...subjects.keys()].map((key) => `${partition} ${key}`),
    ),
  );
}

function entryOf({ offset, appendedAt, type, value }: LogFact): LogEntry[] {
  if (type === "tidemark.log.CustomerEvent")
    return [{ type: "event", offset, appendedAt, event: value as CustomerEvent }];
  if (type === "tidemark.log.Cuts") {
    const { version, cuts: values } = value as Cuts;
    return [{ type: "cuts", offset, appendedAt, version, values }];
  }
  if (type !== "tidemark.log.DefinitionVersion") {
    const place = { offset, appendedAt };
    const identity = identityEntry(type, value, place);
    return identity === undefined ? [...sweepEntries(type, value, place)] : [identity];
  }
  const definition = value as DefinitionVersion;
  return [
    { type: "definition", offset, definition: { ...definition, document: meaningOf(definition.document) } },
  ];
}

/** A document without what members do not hang on. */
export function meaningOf(document: string | null): string | null {
  if (document === null) return null;
  const { name: _name, ...meaning } = JSON.parse(document);
  return JSON.stringify(meaning);
}

/** The latest instant that the clock records up to an offset stand for: never after they were appended. */
export function clockAt(facts: readonly LogFact[], offset: number): number {
  let clock = 0;
  for (const fact of facts) {
    if (fact.offset > offset) break;
    if (fact.type === "tidemark.log.Clock")
      clock = Math.max(clock, Math.min((fact.value as Clock).at, fact.appendedAt));
  }
  return clock;
}

/** A letter that is written again has its key. */
function lettersIn(records: readonly LogRecord[]): Letter[] {
  const latest = new Map(records.map(({ key, value }) => [key?.toString(), value]));
  return records
    .filter(({ value }) => value !== null)
    .map((record) => ({ ...letterOf(record), isEmptied: latest.get(record.key?.toString()) === null }));
}

function letterOf({ headers }: LogRecord): Omit<Letter, "isEmptied"> {
  const header = (name: string): string | undefined =>
    headers.findLast(([key]) => key === name)?.[1].toString();
  return {
    topic: header("tidemark-topic") ?? "",
    partition: Number(header("tidemark-partition")),
    offset: Number(header("tidemark-offset")),
    reason: header("tidemark-reason") ?? "",
    webhookId: header("webhook-id") ?? null,
  };
}

function archiveOf(tables: Tables): Archive {
  const instant = (value: unknown): number => Date.parse(`${String(value).replace(" ", "T")}Z`);
  const who = (row: Readonly<Record<string, unknown>>) => ({
    subjectKind: String(row.subject_kind),
    subject: String(row.subject),
  });
  const changes = tables.rows("segment_changes").map((row) => ({
    ...who(row),
    partition: Number(row.kafka_partition),
    sequence: Number(row.sequence),
    definitionKind: String(row.definition_kind),
    definition: String(row.definition),
    from: row.from_state === null ? null : String(row.from_state),
    to: String(row.to_state),
    effectiveAt: instant(row.effective_at),
    causeOffset: Number(row.cause_offset),
  }));
  // The view's own rule: of each membership the change with the highest number, since its definition was deleted last.
  const latest = new Map<string, (typeof changes)[number]>();
  for (const change of [...changes].sort((a, b) => a.sequence - b.sequence))
    latest.set(
      `${change.subjectKind}:${change.subject} ${change.definitionKind}/${change.definition}`,
      change,
    );
  const written = new Map<string, DefinitionVersion>();
  const deletedAt = new Map<string, number>();
  const records = tables.rows("control_records").filter(({ type }) => type === "DefinitionVersion");
  for (const row of records.sort((one, other) => Number(one.offset) - Number(other.offset))) {
    const version: DefinitionVersion = JSON.parse(String(row.value));
    const place = `${row.kafka_partition} ${version.kind}/${version.id}`;
    if (version.version <= (written.get(place)?.version ?? -1)) continue;
    written.set(place, version);
    if (version.document === null) deletedAt.set(place, Number(row.offset));
  }
  return {
    changes,
    events: tables.rows("customer_events").map((row) => ({
      ...who(row),
      partition: Number(row.kafka_partition),
      offset: Number(row.offset),
      name: String(row.name),
      occurredAt: instant(row.occurred_at),
    })),
    members: [...latest.values()]
      .filter(({ partition, definitionKind, definition, to, causeOffset }) => {
        const place = `${partition} ${definitionKind}/${definition}`;
        return to !== "out" && (deletedAt.get(place) ?? -1) < causeOffset;
      })
      .map((change) => ({ ...change, category: change.to })),
    rejected: tables.rows("rejected_events").map((row) => ({
      partition: Number(row.event_partition),
      offset: Number(row.event_offset),
    })),
  };
}
