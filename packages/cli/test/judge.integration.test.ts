/** The judge's own readers against a real broker, registry and ClickHouse. */
import { randomUUID } from "node:crypto";
import process from "node:process";
import { createClient } from "@clickhouse/client";
import { CompressionTypes, Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readArchive } from "../src/judge/read-archive.ts";
import { createAvroReader } from "../src/judge/topics/avro-reader.ts";
import { readTopics, type TopicRecord } from "../src/judge/topics/kafka-reader.ts";

const { KAFKA_BROKERS = "", SCHEMA_REGISTRY_URL = "", CLICKHOUSE_URL = "" } = process.env;
const brokers = KAFKA_BROKERS.split(",");

describe("given topics with records in some of their partitions", () => {
  const kafka = new Kafka({ clientId: "judge-test", brokers, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer();
  const [full, empty] = [`judge-full-${randomUUID()}`, `judge-empty-${randomUUID()}`];

  beforeAll(async () => {
    await admin.connect();
    await producer.connect();
    await admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic: full,
          numPartitions: 4,
          configEntries: [{ name: "message.timestamp.type", value: "LogAppendTime" }],
        },
        { topic: empty, numPartitions: 2 },
      ],
    });
    for (const partition of [0, 2])
      await producer.send({
        topic: full,
        compression: partition === 0 ? CompressionTypes.None : CompressionTypes.GZIP,
        messages: Array.from({ length: 300 }, (_, index) => ({
          partition,
          key: null,
          value: index === 7 ? null : `${partition}-${index}`,
          headers: { "tidemark-reason": ["first", `because-${index}`] },
          timestamp: "1000",
        })),
      });
  });
  afterAll(async () => {
    await admin.deleteTopics({ topics: [full, empty] });
    await producer.disconnect();
    await admin.disconnect();
  });

  it("when they are read, then every record comes once, in order, with append time and headers; no group is left", async () => {
    const before = Date.now() - 60_000;
    const records: TopicRecord[] = [];
    await readTopics(brokers, [full, empty], async (batch) => {
      records.push(...batch);
    });
    expect(records.length).toBe(600);
    for (const partition of [0, 2]) {
      const own = records.filter((record) => record.partition === partition);
      expect(own.map(({ offset }) => offset)).toEqual(Array.from({ length: 300 }, (_, index) => index));
      expect(own.map(({ value }) => value?.toString())[299]).toBe(`${partition}-299`);
      expect(own[7]!.value).toBeNull();
      expect(own[8]!.headers["tidemark-reason"]!.toString()).toBe("because-8");
      expect(own.every(({ timestamp }) => timestamp > before)).toBe(true);
    }
    const { groups } = await admin.listGroups();
    expect(groups.filter(({ groupId }) => groupId.startsWith("tidemark-judge-"))).toEqual([]);
  });

  it("when nothing is there, then nothing is waited for", async () => {
    await readTopics(brokers, [empty], () => Promise.reject(new Error("there is nothing to read")));
  });

  it("when a topic is not there, then that is said", async () => {
    await expect(readTopics(brokers, [`judge-no-${randomUUID()}`], async () => {})).rejects.toThrow();
  });

  it("when a record cannot be dealt with, then reading ends with the reason", async () => {
    await expect(readTopics(brokers, [full], () => Promise.reject(new Error("no room")))).rejects.toThrow(
      "no room",
    );
  });
});

describe("given a schema that an older writer registered", () => {
  it("when its records are read, then they are resolved to the public schema; what nobody can read is none", async () => {
    const schema = {
      type: "record",
      name: "Clock",
      namespace: "tidemark.log",
      fields: [
        { name: "max", type: "int" },
        { name: "at", type: "int" },
      ],
    };
    const response = await fetch(`${SCHEMA_REGISTRY_URL}/subjects/judge-${randomUUID()}/versions`, {
      method: "POST",
      headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
      body: JSON.stringify({ schema: JSON.stringify(schema) }),
    });
    const { id } = (await response.json()) as { readonly id: number };
    const header = Buffer.alloc(5);
    header.writeInt32BE(id, 1);
    const reader = createAvroReader(SCHEMA_REGISTRY_URL);
    // Zigzag: 250 is 0xf4 0x03, 7 is 0x0e; the older schema has `max` first.
    const read = await reader.read(Buffer.concat([header, Buffer.from([0xf4, 0x03, 0x0e])]));
    expect(read).toEqual({ type: "tidemark.log.Clock", value: { at: 7, max: 250 } });
    expect(await reader.read(Buffer.from('{"json":true}'))).toBeUndefined();
    expect(await reader.read(header)).toBeUndefined();
    header.writeInt32BE(2_000_000_000, 1);
    expect(await reader.read(header)).toBeUndefined();
  });
});

describe("given the warehouse's tables", () => {
  const database = `judge_${randomUUID().replaceAll("-", "")}`;
  const client = createClient({ url: CLICKHOUSE_URL });
  afterAll(async () => {
    await client.command({ query: `DROP DATABASE IF EXISTS ${database}` });
    await client.close();
  });

  it("when they are read, then rows come with their instants in ms", async () => {
    const at = "toDateTime64('2026-05-01 12:00:00.123', 3, 'UTC')";
    for (const query of [
      `CREATE DATABASE ${database}`,
      `CREATE TABLE ${database}.customer_events ENGINE = MergeTree ORDER BY tuple() AS
       SELECT toUInt32(3) AS kafka_partition, toInt64(9007199254740991) AS offset, 'customer' AS subject_kind, 'c' AS subject,
              'page.viewed' AS name, ${at} AS occurred_at`,
      `CREATE TABLE ${database}.segment_changes ENGINE = MergeTree ORDER BY tuple() AS
       SELECT toUInt32(3) AS kafka_partition, toInt64(1) AS sequence, 'customer' AS subject_kind, 'c' AS subject,
              'classification' AS definition_kind, 'tier' AS definition, CAST(NULL, 'Nullable(String)') AS from_state,
              'vip' AS to_state, ${at} AS effective_at`,
      `CREATE TABLE ${database}.rejected_events ENGINE = MergeTree ORDER BY tuple() AS
       SELECT toUInt32(3) AS event_partition, toInt64(7) AS event_offset`,
      `CREATE VIEW ${database}.segment_members AS
       SELECT definition_kind, definition, to_state AS category, subject_kind, subject FROM ${database}.segment_changes`,
    ])
      await client.command({ query });
    const effectiveAt = Date.UTC(2026, 4, 1, 12, 0, 0, 123);
    const who = { subjectKind: "customer", subject: "c" };
    const what = { definitionKind: "classification", definition: "tier" };
    expect(await readArchive({ url: CLICKHOUSE_URL, database })).toEqual({
      events: [
        { ...who, partition: 3, offset: 9007199254740991, name: "page.viewed", occurredAt: effectiveAt },
      ],
      changes: [{ ...who, ...what, partition: 3, sequence: 1, from: null, to: "vip", effectiveAt }],
      members: [{ ...who, ...what, category: "vip" }],
      rejected: [{ partition: 3, offset: 7 }],
    });
  });
});
