import { createLocalCodec } from "@tidemark/contracts";
import type { Consumption, Log, LogRecord, OutgoingRecord, RunningService } from "@tidemark/runtime";
import { createMemoryLog, type MemoryLog } from "@tidemark/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { startIntake } from "../src/index.ts";
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

const started: RunningService[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((service) => service.stop()));
});

async function emptyLog(sourcePartitions = 1, targetPartitions = 3): Promise<MemoryLog> {
  const log = createMemoryLog();
  await log.ensureTopics([
    specification(source.topic, sourcePartitions),
    specification(topics.customerEvents, targetPartitions),
    specification(topics.segmentDefinitions, 1),
    specification(topics.deadLetters, 2),
  ]);
  return log;
}

const asRead = ({ value }: OutgoingRecord) => ({ value }) as LogRecord;

const json = (value: object) => ({ key: null, value: Buffer.from(JSON.stringify(value)) });

/** Starts the service on a client of its own. */
function start(log: Log, changes: Parameters<typeof portsOver>[1] = {}): RunningService {
  const service = startIntake(portsOver(log, changes), source, options);
  service.ended.catch(() => undefined);
  started.push(service);
  return service;
}

/** Everything in customer-events, partition by partition. */
async function everything(log: MemoryLog) {
  const count = await log.partitionCount(topics.customerEvents);
  const partitions = Array.from({ length: count }, (_, partition) =>
    readEvents(log.records(topics.customerEvents, partition)),
  );
  return Promise.all(partitions);
}

describe("given records on a source topic", () => {
  it("an event that names a customer and a company becomes one canonical event for each", async () => {
    const log = await emptyLog();
    await log.append(source.topic, 0, [json({ customer: "a" }), json({ customer: "b", company: "acme" })]);
    start(log.connect());
    await eventually(() => isDrained(log), "all is committed");

    const events = (await everything(log)).flatMap((records) =>
      records.flatMap((read) => (read.type === "event" ? [read.event] : [])),
    );
    const positions = events.map(({ subjectKind, subject, sourceOffset, ordinal, count }) =>
      [subjectKind, subject, sourceOffset, ordinal, count].join(" "),
    );
    expect(positions.sort()).toEqual(["company acme 1 1 2", "customer a 0 0 1", "customer b 1 0 2"]);
    expect(new Set(events.map(({ sourceId }) => sourceId))).toEqual(new Set(["source-1"]));
  });

  it("the trace that a record carries goes on with each of its events; what is no trace does not", async () => {
    const log = await emptyLog();
    const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const carrying = (value: object, text: string) => ({
      ...json(value),
      headers: [["traceparent", Buffer.from(text)] as const],
    });
    await log.append(source.topic, 0, [
      carrying({ customer: "a", company: "acme" }, trace),
      carrying({ customer: "b" }, "made up"),
      json({ customer: "c" }),
    ]);
    start(log.connect());
    await eventually(() => isDrained(log), "all is committed");

    const records = [0, 1, 2].flatMap((partition) => log.records(topics.customerEvents, partition));
    const carried = records.flatMap((record) =>
      record.key === null ? [] : [[String(record.key), headerOf(record, "traceparent")]],
    );
    expect(carried.sort()).toEqual([
      ["company:acme", trace],
      ["customer:a", trace],
      ["customer:b", undefined],
      ["customer:c", undefined],
    ]);
  });

  it("a step that is recorded ends once what came of its record is written", async () => {
    const log = await emptyLog();
    await log.append(source.topic, 0, [json({ customer: "a", company: "acme" }), json({ customer: "b" })]);
    const steps: string[] = [];
    const begin = () => {
      steps.push("begun");
      return { headers: [], end: () => void steps.push("ended") };
    };
    start(log.connect(), { tracing: { begin, close: async () => {} } });
    await eventually(() => isDrained(log), "all is committed");
    expect(steps).toEqual(["begun", "begun", "ended", "ended"]);
  });

  it("each canonical event lies on the partition of its subject's key", async () => {
    const log = await emptyLog();
    await log.append(
      source.topic,
      0,
      Array.from({ length: 30 }, (_, at) => json({ customer: `c${at}` })),
    );
    start(log.connect());
    await eventually(() => isDrained(log), "all is committed");

    for (let partition = 0; partition < 3; partition += 1) {
      for (const { key } of log.records(topics.customerEvents, partition).slice(1, -1)) {
        expect(key?.toString()).toMatch(/^customer:c\d+$/);
        expect(log.partitionFor(key as Buffer, 3)).toBe(partition);
      }
    }
  });

  it("what cannot be read or admitted goes to dead letters, and the stream goes on", async () => {
    const log = await emptyLog();
    const headers = [["trace", Buffer.from([1, 2])]] as const;
    await log.append(source.topic, 0, [
      { key: Buffer.from("k"), value: Buffer.from("not json"), headers },
      json({}),
      json({ customer: "broken" }),
      json({ customer: "fine" }),
    ]);
    start(log.connect());
    await eventually(() => isDrained(log), "all is committed");

    const letters = log.records(topics.deadLetters, 0);
    expect(letters.map((letter) => headerOf(letter, "tidemark-reason"))).toEqual([
      "unreadable",
      "unattributed",
      "failed",
    ]);
    expect(letters.map(({ key }) => key?.toString())).toEqual(["source/0/0", "source/0/1", "source/0/2"]);
    expect(letters[0]?.value?.toString()).toBe("not json");
    expect(letters[0]?.headers[0]).toEqual(headers[0]);
    expect(headerOf(letters[1], "tidemark-faults")).toBe(
      '[{"path":"customerId","found":"nothing","expected":"somebody"}]',
    );
    const events = (await everything(log)).flat().filter(({ type }) => type === "event");
    expect(events).toHaveLength(1);
  });

  it("an event too large for a message is a dead letter", async () => {
    const log = await emptyLog();
    await log.append(source.topic, 0, [json({ customer: "x".repeat(400_000) })]);
    start(log.connect());
    await eventually(() => isDrained(log), "all is committed");
    expect(headerOf(log.records(topics.deadLetters, 0)[0], "tidemark-reason")).toBe("too-large");
  });
});

describe("given a source that held records when it was first read", () => {
  it("a load begins everywhere before the first event and ends everywhere behind the last", async () => {
    const log = await emptyLog(2, 2);
    const held = Array.from({ length: 20 }, (_, at) => json({ customer: `c${at}` }));
    await log.append(source.topic, 0, held);
    await log.append(source.topic, 1, held);
    start(log.connect());
    await eventually(() => isDrained(log), "all is committed");
    await log.append(source.topic, 0, held);
    await eventually(() => isDrained(log), "the live events are committed");

    for (const records of await everything(log)) {
      for (const partition of [0, 1]) {
        const own = records.map((read) => {
          if (read.type === "event")
            return read.event.sourcePartition === partition ? read.event.sourceOffset : undefined;
          return read.load.sourcePartition === partition ? read.type : undefined;
        });
        const seen = own.filter((entry) => entry !== undefined);
        expect(seen[0]).toBe("begin");
        const end = seen.indexOf("end");
        expect(seen.slice(1, end).every((offset) => Number(offset) < 20)).toBe(true);
        expect(seen.slice(end + 1).every((offset) => Number(offset) >= 20)).toBe(true);
      }
    }
  });

  it("the mark is kept, so a second start neither begins nor ends anything", async () => {
    const log = await emptyLog();
    await log.append(source.topic, 0, [json({ customer: "a" })]);
    start(log.connect());
    await eventually(() => isDrained(log), "all is committed");
    await started.pop()?.stop();
    const before = (await everything(log)).flat().filter(({ type }) => type !== "event").length;
    await log.append(source.topic, 0, [json({ customer: "b" })]);
    start(log.connect());
    await eventually(() => isDrained(log), "the second is committed");

    const loads = (await everything(log)).flat().filter(({ type }) => type !== "event");
    expect(before).toBe(6);
    expect(loads).toHaveLength(6);
    const marks = log.records(topics.segmentDefinitions, 0);
    expect(marks.map(({ key }) => key?.toString())).toEqual(["load/source-1/0"]);
    const codec = createLocalCodec();
    await codec.prepare("", ["tidemark.definitions.DefinitionRecord"]);
    expect(codec.decodeSync(marks[0]?.value as Buffer)?.value).toMatchObject({
      kind: "load",
      id: "source-1/0",
      filling: false,
      document: '{"endOffset":1,"startOffset":0}',
    });
  });

  it("a partition that was empty has a mark and no load", async () => {
    const log = await emptyLog();
    const service = start(log.connect());
    await eventually(() => service.ready().ready, "it is ready");
    await log.append(source.topic, 0, [json({ customer: "a" })]);
    await eventually(() => isDrained(log), "all is committed");
    expect((await everything(log)).flat().map(({ type }) => type)).toEqual(["event"]);
    expect(log.records(topics.segmentDefinitions, 0)).toHaveLength(1);
  });

  it("a load whose end reached only some partitions before a kill ends everywhere after it", async () => {
    const log = await emptyLog(1, 3);
    await log.append(source.topic, 0, [json({ customer: "a" })]);
    const client = log.connect();
    let ends = 0;
    const dying: Log = {
      ...client,
      async append(topic, partition, records) {
        if (topic === topics.customerEvents && (await readEvents(records.map(asRead)))[0]?.type === "end") {
          ends += 1;
          if (ends > 1) return new Promise(() => {});
        }
        return client.append(topic, partition, records);
      },
    };
    startIntake(portsOver(dying), source, options).ended.catch(() => undefined);
    await eventually(() => ends === 3, "the load is ending");
    // Time for a commit that should not be made yet.
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.crash();
    start(log.connect());
    await eventually(() => isDrained(log), "all is committed");
    for (const records of await everything(log)) expect(records.map(({ type }) => type)).toContain("end");
  });

  it("a load whose last records went by retention ends all the same", async () => {
    const log = await emptyLog(1, 2);
    await log.append(source.topic, 0, [json({ customer: "a" }), json({ customer: "b" })]);
    const first = log.connect();
    const unwilling: Log = {
      ...first,
      append: (topic, ...rest) =>
        topic === topics.customerEvents && rest[1].some(({ key }) => key !== null)
          ? new Promise(() => {})
          : first.append(topic, ...rest),
    };
    startIntake(portsOver(unwilling), source, options).ended.catch(() => undefined);
    await eventually(async () => (await everything(log)).every(({ length }) => length === 1), "begun");
    first.crash();
    log.trim(source.topic, 0, 2);
    start(log.connect());
    await eventually(
      async () => (await everything(log)).every((records) => records.at(-1)?.type === "end"),
      "the load ended",
    );
  });

  it("a load that ends on something that is no record of ours (a transaction's mark) ends all the same", async () => {
    const log = await emptyLog(1, 2);
    await log.append(source.topic, 0, [json({ customer: "a" })]);
    const client = log.connect();
    start({
      ...client,
      endOffsets: async (topic) =>
        (await client.endOffsets(topic)).map((end) => (topic === source.topic ? end + 1 : end)),
      read: (topic, partition, from, to) =>
        client.read(topic, partition, from, topic === source.topic ? 1 : to),
    });
    await eventually(
      async () => (await everything(log)).every((records) => records.at(-1)?.type === "end"),
      "the load ended",
    );
    expect((await log.committed(options.group, source.topic))[0]?.offset ?? 0).toBeLessThanOrEqual(2);
  });
});

describe("given instances that share a source", () => {
  it("one that lost a partition in the middle of an append goes on committing those it kept", async () => {
    const log = await emptyLog(2, 1);
    const gate = Promise.withResolvers<void>();
    const client = log.connect();
    let waiting = 0;
    const first = start({
      ...client,
      async append(topic, partition, records) {
        if (topic === topics.customerEvents) {
          waiting += 1;
          await gate.promise;
        }
        return client.append(topic, partition, records);
      },
    });
    await eventually(() => first.ready().ready, "it reads");
    await log.append(source.topic, 0, [json({ customer: "a" })]);
    await log.append(source.topic, 1, [json({ customer: "b" })]);
    await eventually(() => waiting === 2, "both partitions are being sent");
    start(log.connect());
    await eventually(
      async () => (await log.committed(options.group, source.topic))[1]?.offset === 1,
      "the second took over a partition",
    );
    gate.resolve();
    await eventually(() => isDrained(log), "all is committed");
  });
});

describe("given something that is away", () => {
  it("records wait for the registry, nothing is refused for that reason, and ready says so", async () => {
    const log = await emptyLog();
    const codec = createLocalCodec();
    let isAway = true;
    const writer = createLocalCodec();
    await writer.prepare("", ["tidemark.source.InteractionEvent"]);
    const value = writer.encode("tidemark.source.InteractionEvent", {
      name: "page.viewed",
      customerId: "a",
      companyId: null,
      occurredAt: 1,
      eventId: null,
      properties: null,
    });
    await log.append(source.topic, 0, [{ key: null, value }]);
    const service = start(log.connect(), {
      openCodec: async () => ({
        ...codec,
        decodeSync: () => undefined,
        decode: async (bytes) => {
          if (isAway && bytes.equals(value)) throw new TypeError("fetch failed");
          return codec.decode(bytes);
        },
      }),
    });
    await eventually(() => service.ready().reason?.includes("fetch failed") ?? false, "it says so");
    expect(service.ready()).toEqual({
      ready: false,
      reason: "source/0 waits for a schema: fetch failed",
    });
    isAway = false;
    await eventually(() => isDrained(log), "all is committed");
    expect(service.ready()).toEqual({ ready: true });
    expect(log.records(topics.deadLetters, 0)).toHaveLength(1);
    expect(headerOf(log.records(topics.deadLetters, 0)[0], "tidemark-reason")).toBe("unattributed");
  });

  it("a service that starts without registry and broker waits for both", async () => {
    const log = await emptyLog();
    let codecs = 0;
    let logs = 0;
    const service = start(log, {
      openCodec: async () => {
        codecs += 1;
        if (codecs < 3) throw new Error("connection refused");
        return createLocalCodec();
      },
      openLog: async () => {
        logs += 1;
        if (logs < 3) throw new Error("Cannot connect to any broker");
        return log.connect();
      },
    });
    const seen = new Set<string | undefined>();
    await eventually(() => {
      seen.add(service.ready().reason);
      return service.ready().ready;
    }, "it is ready");
    expect(seen).toContain("the schema registry does not answer: connection refused");
    expect(seen).toContain("the broker does not answer: Cannot connect to any broker");
  });

  it("a reading that ends by itself begins again", async () => {
    const log = await emptyLog();
    const client = log.connect();
    const sessions: Consumption[] = [];
    const ending = Promise.withResolvers<void>();
    start({
      ...client,
      async consume(consumeOptions) {
        const consumption = await client.consume(consumeOptions);
        sessions.push(consumption);
        if (sessions.length > 1) return consumption;
        return { ...consumption, ended: ending.promise };
      },
    });
    await eventually(() => sessions.length === 1, "it reads");
    await sessions[0]?.stop();
    ending.reject(new Error("the session is gone"));
    await eventually(() => sessions.length === 2, "it reads again");
    await log.append(source.topic, 0, [json({ customer: "a" })]);
    await eventually(() => isDrained(log), "all is committed");
  });
});
