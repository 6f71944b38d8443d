import { createLocalCodec, type MergeRequest, subjectHash, topicNames } from "@tidemark/contracts";
import {
  deadLetterRecord,
  type Log,
  type Logger,
  type LogRecord,
  systemClock,
  type Warehouse,
} from "@tidemark/runtime";
import { createMemoryLog } from "@tidemark/testkit";
import { describe, expect, it } from "vitest";
import { createLateLetters } from "../src/erasure/watch-letters.ts";

const noon = Date.UTC(2026, 4, 1, 12);
const topic = topicNames.deadLetters;
const quiet = () => {};
const logger = { warn: quiet } as unknown as Logger;

interface KnownErasure {
  readonly id: string;
  readonly erasedAt: number;
  readonly appendedAt: number;
}

/** Answers what is asked of receipts. */
function receiptsOf(erased: readonly KnownErasure[]): Warehouse {
  const latest = Math.max(0, ...erased.flatMap(({ erasedAt, appendedAt }) => [erasedAt, appendedAt]));
  return {
    execute: async () => undefined,
    insert: async () => undefined,
    close: async () => undefined,
    query: async <Row>(_sql: string, parameters?: Readonly<Record<string, unknown>>) => {
      const hashes = parameters?.hashes as readonly string[] | undefined;
      if (hashes === undefined) return [{ latest, known: erased.length }] as Row[];
      return erased
        .map(({ id, ...rest }) => ({ hash: subjectHash("customer", id), ...rest }))
        .filter(({ hash }) => hashes.includes(hash)) as Row[];
    },
  };
}

async function place(erased: readonly KnownErasure[]) {
  const log = createMemoryLog();
  await log.ensureTopics([{ name: topic, partitions: 2, replicas: 1, settings: {} }]);
  const codec = createLocalCodec();
  await codec.prepare(topic, ["tidemark.log.MergeRequest"]);
  let offset = 0;
  const write = (partition: number, value: Buffer, timestamp: number, reason = "unreadable") => {
    offset += 1;
    const record: LogRecord = {
      topic: "any",
      partition: 0,
      offset,
      timestamp,
      key: null,
      value,
      headers: [],
    };
    return log.append(topic, partition, [deadLetterRecord({ record, reason, faults: [] }, "segments")]);
  };
  const json = (partition: number, value: object, timestamp: number) =>
    write(partition, Buffer.from(JSON.stringify(value)), timestamp);
  const request = (value: Omit<MergeRequest, "subjectKind" | "source">, timestamp: number) =>
    write(
      0,
      codec.encode("tidemark.log.MergeRequest", { ...value, subjectKind: "customer", source: null }),
      timestamp,
      "merge-cycle",
    );
  const open = (ports: Partial<{ log: Log; warehouse: Warehouse }> = {}) =>
    createLateLetters({
      log,
      codec,
      clock: systemClock,
      logger,
      topic,
      warehouse: receiptsOf(erased),
      ...ports,
    });
  /** Of each letter whether a record without a value came behind it, in order. */
  const emptied = (partition: number): readonly boolean[] => {
    const records = log.records(topic, partition);
    const last = new Map(records.map(({ key, value }) => [String(key), value === null]));
    return [...last.values()];
  };
  return { log, json, request, write, open, emptied };
}

const ann = { id: "ann", erasedAt: noon, appendedAt: noon + 20 };

describe("dead letters that are written when an erasure has been through", () => {
  it("given requests to merge that name who was erased, then those that are of before are emptied, and those of later stay", async () => {
    const { request, open, emptied } = await place([ann]);
    await request({ subject: "ann", into: "bob", mergedAt: noon - 5 }, noon + 1_000);
    await request({ subject: "cid", into: "ann", mergedAt: noon }, noon + 1_000);
    await request({ subject: "ann", into: "bob", mergedAt: noon + 500 }, noon + 1_000);
    await request({ subject: "bob", into: "cid", mergedAt: noon - 5 }, noon + 1_000);
    await open().look();
    expect(emptied(0)).toEqual([true, true, false, false]);
  });

  it("given a message that nobody took, of a change from before the erasure came, then it is emptied; one of later stays", async () => {
    const { json, open, emptied } = await place([ann]);
    await json(1, { data: { customerId: "ann" } }, noon + 15);
    await json(1, { data: { customerId: "ann" } }, noon + 21);
    await json(1, { data: { note: "ann" } }, noon + 15);
    await open().look();
    expect(emptied(1)).toEqual([true, false, false]);
  });

  it("given bytes that nobody can read, then the id is found as a word", async () => {
    const { write, open, emptied } = await place([{ ...ann, id: "ann-4711" }]);
    await write(0, Buffer.from('{"customerId":"ann-4711","total":'), noon);
    await write(0, Buffer.from('{"customerId":"ann-47110","total":'), noon);
    await open().look();
    expect(emptied(0)).toEqual([true, false]);
  });

  it("given a look before, then only what came since is read, and what the broker has not removed is emptied again", async () => {
    const { log, json, open, emptied } = await place([ann]);
    await json(0, { customerId: "ann" }, noon);
    const from: number[] = [];
    const late = open({
      log: {
        ...log,
        read: (name, partition, start, end) => {
          from.push(start);
          return log.read(name, partition, start, end);
        },
      },
    });
    await late.look();
    await json(0, { customerId: "ann" }, noon);
    await late.look();
    expect(emptied(0)).toEqual([true, true]);
    // The first letter, what emptied it, then again the first as it is still there, and what came since.
    expect(from).toEqual([0, 0, 1]);
    expect(log.records(topic, 0)).toHaveLength(5);
  });

  it("given nobody who was erased, or receipts that cannot be asked, then nothing is emptied", async () => {
    const { json, open, emptied } = await place([]);
    await json(0, { customerId: "ann" }, noon);
    await open().look();
    const away = { ...receiptsOf([]), query: () => Promise.reject(new Error("away")) };
    await expect(open({ warehouse: away }).look()).rejects.toThrow("away");
    expect(emptied(0)).toEqual([false]);
  });
});
