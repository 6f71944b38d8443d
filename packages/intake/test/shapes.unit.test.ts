import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalCodec } from "@tidemark/contracts";
import type { RunningService } from "@tidemark/runtime";
import { createMemoryLog, type MemoryLog } from "@tidemark/testkit";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { dateReader } from "../../../services/lifecycle/src/date-formats.ts";
import { lifecycleNormaliser } from "../../../services/lifecycle/src/lifecycle.ts";
import { type Source, sourceShapes, startIntake } from "../src/index.ts";
import {
  eventually,
  headerOf,
  isDrained,
  options,
  portsOver,
  readEvents,
  source,
  specification,
  topics,
} from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "mapping-"));
const mappingFile = join(folder, "mapping.yaml");
writeFileSync(
  mappingFile,
  `
- { source: lifecycle, when: { property: kind, is: noise }, ignore: true }
- { source: lifecycle, when: { property: occurredAt, exists: true }, pass: true }
- source: lifecycle
  when: { property: people, exists: true }
  each: people
  fields: { customerId: id, occurredAt: $.at@epoch, attributes.text: { first: [text, $.text] } }
- source: lifecycle
  when: { property: name, exists: true }
  fields: { customerId: who, occurredAt: $timestamp, name: name }
- source: lifecycle
  when: { property: who, exists: true }
  fields: { customerId: who, occurredAt: seen@d.M.yyyy, attributes.born: born@d.M.yyyy }
`,
);

const mapped: Source = {
  ...source,
  recordType: "tidemark.source.LifecycleEvent",
  ...sourceShapes(
    "lifecycle",
    { MAPPING_FILE: mappingFile, WORKSPACE_ZONE: "Europe/Berlin" },
    lifecycleNormaliser(dateReader([], [])),
  ),
};

const started: RunningService[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((service) => service.stop()));
});
afterAll(() => rmSync(folder, { recursive: true }));

type Given = Parameters<MemoryLog["append"]>[2][number];

/** What is in customer-events and in dead letters once all of it is taken. */
async function taken(...records: readonly Given[]) {
  const log = createMemoryLog();
  await log.ensureTopics([
    specification(source.topic, 1),
    specification(topics.customerEvents, 1),
    specification(topics.segmentDefinitions, 1),
    specification(topics.deadLetters, 1),
  ]);
  await log.append(source.topic, 0, records);
  started.push(startIntake(portsOver(log.connect()), mapped, options));
  await eventually(() => isDrained(log), "all is committed");
  const read = await readEvents(log.records(topics.customerEvents, 0));
  return {
    events: read.flatMap((one) => (one.type === "event" ? [one.event] : [])),
    letters: log.records(topics.deadLetters, 0).map((letter) => ({
      reason: headerOf(letter, "tidemark-reason"),
      faults: JSON.parse(headerOf(letter, "tidemark-faults") ?? "[]"),
      value: letter.value?.toString(),
    })),
  };
}

const json = (value: object, headers: Readonly<Record<string, string>> = {}): Given => ({
  key: null,
  value: Buffer.from(JSON.stringify(value)),
  headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const),
});

describe("given a service with a mapping file", () => {
  it("records of other shapes become events, and those that are to be ignored nothing at all", async () => {
    const { events, letters } = await taken(
      json({ kind: "noise" }),
      json({ who: "a", seen: "1.5.2026", born: "17.5.1990" }),
      json({ kind: "noise" }),
    );
    expect(letters).toEqual([]);
    expect(events).toMatchObject([
      {
        subject: "a",
        name: "profile.updated",
        // The first instant of that day in Berlin, which is two hours ahead in May.
        occurredAt: Date.UTC(2026, 3, 30, 22),
        attributes: '{"born":"1990-05-17"}',
        sourceOffset: 1,
      },
    ]);
  });

  it("a record of several events gives each its place among them", async () => {
    const { events } = await taken(json({ at: 1_700_000_000, people: [{ id: "a" }, { id: "b" }] }));
    expect(events.map(({ subject, ordinal, count }) => [subject, ordinal, count])).toEqual([
      ["a", 0, 2],
      ["b", 1, 2],
    ]);
  });

  it("one at fault refuses the whole record: every fault with its item, target and source", async () => {
    const value = {
      at: 1_700_000_000,
      people: [{ id: "a" }, { id: "" }, { id: "c", text: [] }, { id: true }],
    };
    const { events, letters } = await taken(
      json(value),
      json({ who: "a", seen: "soon", born: "never" }),
      json({}),
    );
    expect(events).toEqual([]);
    expect(letters[0]).toEqual({
      reason: "unattributed",
      value: JSON.stringify(value),
      faults: [
        { path: "people[1]: customerId from id", found: "nothing", expected: "a customerId or a companyId" },
        {
          path: "people[3]: customerId from id",
          found: "true",
          expected: "text of at most 256 characters without control characters, or a whole number",
        },
      ],
    });
    expect(letters[1]?.faults).toEqual([
      { path: "occurredAt from seen", found: '"soon"', expected: "a date; it is no date as d.M.yyyy" },
      { path: "attributes.born from born", found: '"never"', expected: "a date; it is no date as d.M.yyyy" },
    ]);
    expect(letters[2]?.faults).toEqual([
      {
        path: "",
        found: "a record that no mapping takes",
        expected: "one for which `when` of a mapping holds",
      },
    ]);
  });

  it("records in the service's own shape go through where a mapping lets them, and Avro of it always", async () => {
    const codec = createLocalCodec();
    await codec.prepare("", ["tidemark.source.LifecycleEvent", "tidemark.source.InteractionEvent"]);
    const event = {
      name: "profile.updated",
      customerId: "b",
      companyId: null,
      occurredAt: 1_700_000_000_000,
      eventId: null,
      properties: null,
    };
    const other = { ...event, customerId: null, name: "email.opened" };
    const { events, letters } = await taken(
      json({ name: "profile.updated", customerId: "a", occurredAt: 1_700_000_000_000 }),
      { key: null, value: codec.encode("tidemark.source.LifecycleEvent", { ...event, attributes: null }) },
      // Avro of another type is mapped: here it passes as well, and names nobody.
      { key: null, value: codec.encode("tidemark.source.InteractionEvent", other) },
    );
    expect(events.map(({ subject }) => subject)).toEqual(["a", "b"]);
    expect(letters.map(({ reason }) => reason)).toEqual(["unattributed"]);
  });

  it("whole numbers beyond 2^53 keep every digit", async () => {
    const text = '{"who":820982911946154508,"seen":"1.5.2026","born":null}';
    const { events } = await taken({ key: null, value: Buffer.from(text) });
    expect(events.map(({ subject }) => subject)).toEqual(["820982911946154508"]);
  });

  it("events that do not fit into one message together are a dead letter", async () => {
    // 300 times 4,000 characters, of which the record holds one.
    const people = Array.from({ length: 300 }, (_, id) => ({ id: `${id}` }));
    const { events, letters } = await taken(json({ at: 1_700_000_000, people, text: "x".repeat(4_000) }));
    expect(events).toEqual([]);
    expect(letters).toMatchObject([{ reason: "too-large", faults: [{ expected: "at most 910000 bytes" }] }]);
  });

  it("more events than a record may give are a dead letter", async () => {
    const people = Array.from({ length: 1_001 }, (_, id) => ({ id: `${id}` }));
    const { letters } = await taken(json({ at: 1_700_000_000, people }));
    expect(letters).toMatchObject([
      { reason: "too-large", faults: [{ found: "1001 events in one record", expected: "at most 1000" }] },
    ]);
  });
});

describe("given CloudEvents on a topic", () => {
  const attributes = { specversion: "1.0", id: "e-1", source: "/crm", type: "profile.updated" };
  const time = "2026-05-01T10:00:00Z";

  it("both modes are read as the record they carry", async () => {
    const unmapped = sourceShapes(
      "lifecycle",
      { MAPPING_FILE: "", WORKSPACE_ZONE: "UTC" },
      lifecycleNormaliser(dateReader([], [])),
    );
    const binary = Object.entries({ ...attributes, time }).map(
      ([name, value]) => [`ce_${name}`, Buffer.from(value)] as const,
    );
    const context = { key: null, headers: binary, timestamp: Date.UTC(2026, 5, 1), isOwnShape: false };
    const data = { customerId: "a", attributes: { plan: "pro" } };
    const structured = unmapped.normalise({ ...attributes, time, data }, Date.UTC(2026, 5, 1));
    expect(structured).toMatchObject({
      outcome: "admitted",
      events: [
        {
          subject: "a",
          occurredAt: Date.UTC(2026, 4, 1, 10),
          eventId: "/crm#e-1",
          attributes: '{"plan":"pro"}',
        },
      ],
    });
    expect(unmapped.normalise(data, Date.UTC(2026, 5, 1), context)).toEqual(structured);
  });
});
