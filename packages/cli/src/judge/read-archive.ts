/** The warehouse's tables as the judge looks at them, with ClickHouse's own client. */
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import type { Archive, ArchivedChange, ArchivedEvent, ArchivedMember } from "./records.ts";

export interface ArchiveAddress {
  readonly url: string;
  readonly database: string;
}

/** How long an answer may take, in ms: whole tables are read. */
const answerMs = 600_000;

/** Rejects where ClickHouse does not answer, and says to what. */
export async function readArchive({ url, database }: ArchiveAddress): Promise<Archive> {
  const client = createClient({
    ...{ url, database, request_timeout: answerMs },
    // What fails is told by the error.
    log: { level: ClickHouseLogLevel.OFF },
  });
  try {
    const events = await rows(
      client,
      `SELECT kafka_partition, offset, subject_kind, subject, name, toUnixTimestamp64Milli(occurred_at)
       FROM customer_events`,
    );
    const changes = await rows(
      client,
      `SELECT kafka_partition, sequence, subject_kind, subject, definition_kind, definition, from_state, to_state,
              toUnixTimestamp64Milli(effective_at)
       FROM segment_changes`,
    );
    const members = await rows(
      client,
      "SELECT definition_kind, definition, category, subject_kind, subject FROM segment_members",
    );
    const rejected = await rows(client, "SELECT event_partition, event_offset FROM rejected_events");
    return {
      events: events.map(eventOf),
      changes: changes.map(changeOf),
      members: members.map(memberOf),
      rejected: rejected.map(([partition, offset]) => ({
        partition: Number(partition),
        offset: Number(offset),
      })),
    };
  } finally {
    await client.close();
  }
}

type Row = readonly unknown[];

async function rows(client: ClickHouseClient, query: string): Promise<readonly Row[]> {
  try {
    const result = await client.query({ query, format: "JSONCompactEachRow" });
    return await result.json<Row>();
  } catch (cause) {
    const table = /FROM (\w+)/.exec(query)?.[1] ?? "";
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`ClickHouse did not tell what is in ${table}: ${reason}`, { cause });
  }
}

function eventOf([partition, offset, subjectKind, subject, name, occurredAt]: Row): ArchivedEvent {
  return {
    partition: Number(partition),
    offset: Number(offset),
    subjectKind: String(subjectKind),
    subject: String(subject),
    name: String(name),
    occurredAt: Number(occurredAt),
  };
}

function changeOf(row: Row): ArchivedChange {
  const [partition, sequence, subjectKind, subject, definitionKind, definition, from, to, effectiveAt] = row;
  return {
    partition: Number(partition),
    sequence: Number(sequence),
    subjectKind: String(subjectKind),
    subject: String(subject),
    definitionKind: String(definitionKind),
    definition: String(definition),
    from: from === null ? null : String(from),
    to: String(to),
    effectiveAt: Number(effectiveAt),
  };
}

function memberOf([definitionKind, definition, category, subjectKind, subject]: Row): ArchivedMember {
  return {
    definitionKind: String(definitionKind),
    definition: String(definition),
    category: String(category),
    subjectKind: String(subjectKind),
    subject: String(subject),
  };
}
