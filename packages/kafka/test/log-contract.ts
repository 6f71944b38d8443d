/** What every `Log` does, whoever stands behind it. */
import { randomUUID } from "node:crypto";
import {
  type ConsumeOptions,
  type Consumption,
  type Log,
  LogError,
  type LogRecord,
  type OutgoingRecord,
  type Position,
  type TopicPartition,
} from "@tidemark/runtime";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

export interface LogHarness {
  /** A client of the broker under test. */
  connect(): Promise<Log>;
  /** Removes what lies below the offset, like retention does. */
  trim(topic: string, partition: number, offset: number): Promise<void>;
}

const patience = { timeout: 30_000, interval: 20 };
const text = (value: string) => Buffer.from(value);
const values = (records: readonly LogRecord[]) => records.map(({ value }) => String(value));
const numbered = (from: number, to: number): OutgoingRecord[] =>
  Array.from({ length: to - from }, (_, at) => ({ key: null, value: text(`v${from + at}`) }));
const names = (from: number, to: number) => numbered(from, to).map(({ value }) => String(value));

async function readAll(log: Log, topic: string, partition: number, from: number, to?: number) {
  const records: LogRecord[] = [];
  for await (const batch of log.read(topic, partition, from, to)) records.push(...batch);
  return records;
}

async function failureOf(step: Promise<unknown>): Promise<unknown> {
  return step.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function kindOf(step: Promise<unknown>): Promise<string> {
  const error = await failureOf(step);
  if (!(error instanceof LogError)) throw new Error("a LogError was expected", { cause: error });
  return error.kind;
}

/** A member that writes down what happens to it, and goes on from where its partitions' records end in `seen`. */
interface Watched {
  readonly consumption: Consumption;
  readonly held: Set<string>;
  readonly batches: { readonly place: TopicPartition; readonly records: readonly LogRecord[] }[];
}

const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

export function logContract(name: string, open: () => Promise<LogHarness>): void {
  describe(`${name}: the Log contract`, () => {
    let harness: LogHarness;
    let log: Log;
    let topic: string;
    let group: string;
    const opened: Log[] = [];

    const connect = async (): Promise<Log> => {
      const connected = await harness.connect();
      opened.push(connected);
      return connected;
    };
    const createTopic = async (partitions: number, settings: Record<string, string> = {}) => {
      await log.ensureTopics([{ name: topic, partitions, replicas: 1, settings }]);
    };
    const consumeOn = (client: Log, options: Partial<ConsumeOptions> = {}): Promise<Consumption> =>
      client.consume({
        group,
        topics: [topic],
        maxBatchRecords: 100,
        sessionTimeoutMs: 6_000,
        onAssigned: async (gained) => gained.map((place) => ({ ...place, offset: 0 })),
        onRevoked: async () => {},
        onBatch: async () => {},
        ...options,
      });
    /** Goes on from what the group committed; commits every batch where asked to. */
    const watch = async (client: Log, options: Partial<ConsumeOptions> = {}): Promise<Watched> => {
      const held = new Set<string>();
      const batches: Watched["batches"] = [];
      const consumption = await consumeOn(client, {
        onAssigned: async (gained) => {
          const positions: Position[] = [];
          for (const place of gained) {
            held.add(keyOf(place));
            const committed = await client.committed(group, place.topic);
            positions.push({ ...place, offset: committed[place.partition]?.offset ?? 0 });
          }
          return positions;
        },
        onRevoked: async (lost) => {
          for (const place of lost) held.delete(keyOf(place));
        },
        onBatch: async (place, records) => {
          batches.push({ place, records });
        },
        ...options,
      });
      return { consumption, held, batches };
    };

    beforeEach(async () => {
      harness = await open();
      log = await connect();
      topic = `contract-${randomUUID()}`;
      group = `group-${randomUUID()}`;
    });
    afterEach(async () => {
      vi.restoreAllMocks();
      for (const client of opened.splice(0)) await client.close();
    });

    describe("topics", () => {
      it("given a topic that exists, then making sure of it changes nothing and another size is refused", async () => {
        await createTopic(3);
        await log.append(topic, 1, numbered(0, 2));
        await createTopic(3);
        expect(await log.partitionCount(topic)).toBe(3);
        expect(await log.endOffsets(topic)).toEqual([0, 2, 0]);
        const refusal = await failureOf(createTopic(4));
        expect(refusal).toBeInstanceOf(LogError);
        expect(refusal).toMatchObject({ kind: "fatal", message: expect.stringContaining(topic) });
        expect(await log.partitionCount(topic)).toBe(3);
      });

      it("given two clients that create the same topic at once, then both succeed", async () => {
        const other = await connect();
        const specification = { name: topic, partitions: 2, replicas: 1, settings: {} };
        await Promise.all([log.ensureTopics([specification]), other.ensureTopics([specification])]);
        expect(await other.partitionCount(topic)).toBe(2);
      });

      it("given records that retention removed, then the first offset held says so", async () => {
        await createTopic(2);
        await log.append(topic, 0, numbered(0, 10));
        await harness.trim(topic, 0, 4);
        expect(await log.startOffsets(topic)).toEqual([4, 0]);
        expect(await log.endOffsets(topic)).toEqual([10, 0]);
        expect(values(await readAll(log, topic, 0, 4))).toEqual(names(4, 10));
        expect(await kindOf(readAll(log, topic, 0, 3))).toBe("fatal");
      });
    });

    describe("append", () => {
      it("given records with keys, headers, empty and absent values, then they are read back as they were", async () => {
        await createTopic(1);
        const records: OutgoingRecord[] = [
          {
            key: text("k"),
            value: text("v"),
            headers: [
              ["h", text("1")],
              ["h", text("2")],
              ["e", text("")],
            ],
          },
          { key: null, value: null },
          { key: text(""), value: text("") },
          { key: Buffer.from([0, 255, 128]), value: Buffer.from([10, 0, 13]), headers: [] },
        ];
        expect(await log.append(topic, 0, records)).toEqual({ baseOffset: 0 });
        expect(await log.append(topic, 0, records.slice(0, 1))).toEqual({ baseOffset: 4 });
        const read = await readAll(log, topic, 0, 0);
        expect(read.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4]);
        expect(read.slice(0, 4).map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(
          records.map(({ key, value, headers = [] }) => ({ key, value, headers })),
        );
        expect(read.every((record) => record.topic === topic && record.partition === 0)).toBe(true);
      });

      it("given append time, then every record of a batch bears the broker's clock, not the client's", async () => {
        await createTopic(1, { "message.timestamp.type": "LogAppendTime" });
        const before = Date.now();
        vi.spyOn(Date, "now").mockReturnValue(before - 3_600_000);
        await log.append(topic, 0, numbered(0, 3));
        vi.restoreAllMocks();
        const after = Date.now();
        const stamps = (await readAll(log, topic, 0, 0)).map(({ timestamp }) => timestamp);
        expect(new Set(stamps).size).toBe(1);
        expect(stamps[0]).toBeGreaterThanOrEqual(before - 1_000);
        expect(stamps[0]).toBeLessThanOrEqual(after + 1_000);
      });

      it("given many appends to a partition at once, then they stand in the order in which they were asked for", async () => {
        await createTopic(2);
        const appends = Array.from({ length: 100 }, (_, at) =>
          log.append(topic, at % 2, numbered(at * 3, at * 3 + 3)),
        );
        const bases = (await Promise.all(appends)).map(({ baseOffset }) => baseOffset);
        expect(bases).toEqual(Array.from({ length: 100 }, (_, at) => Math.floor(at / 2) * 3));
        for (const partition of [0, 1]) {
          const expected = Array.from({ length: 50 }, (_, at) => at * 2 + partition).flatMap((at) =>
            names(at * 3, at * 3 + 3),
          );
          expect(values(await readAll(log, topic, partition, 0))).toEqual(expected);
        }
      });

      it("given what can never be appended, then it is refused for good; where there is no topic yet, for now", async () => {
        await createTopic(1);
        expect(await kindOf(log.append(topic, 0, []))).toBe("fatal");
        expect(await kindOf(log.append(topic, 1, numbered(0, 1)))).toBe("fatal");
        const tooLarge = { key: null, value: Buffer.alloc(1_100_000, 7) };
        expect(await kindOf(log.append(topic, 0, [tooLarge]))).toBe("fatal");
        expect(await kindOf(log.append(`missing-${topic}`, 0, numbered(0, 1)))).toBe("retry");
        expect(await log.append(topic, 0, numbered(0, 1))).toEqual({ baseOffset: 0 });
      });

      it("given one append among others that is refused, then the others are written once, and it is not", async () => {
        await createTopic(4);
        const tooLarge = [{ key: null, value: Buffer.alloc(1_100_000, 7) }];
        for (let round = 0; round < 3; round += 1) {
          const outcomes = await Promise.allSettled(
            [0, 1, 2, 3].map((partition) =>
              log.append(topic, partition, partition === 1 ? tooLarge : numbered(round * 5, round * 5 + 5)),
            ),
          );
          expect(outcomes.map(({ status }) => status)).toEqual([
            "fulfilled",
            "rejected",
            "fulfilled",
            "fulfilled",
          ]);
          expect(outcomes[1]).toMatchObject({ reason: { kind: "fatal" } });
        }
        await log.append(topic, 1, numbered(0, 1));
        expect(await log.endOffsets(topic)).toEqual([15, 1, 15, 15]);
        expect(values(await readAll(log, topic, 3, 0))).toEqual(names(0, 15));
      });
    });

    describe("read", () => {
      it("given a range, then exactly [from, to) is read; without an end, to the end known when asked", async () => {
        await createTopic(1);
        for (let at = 0; at < 10; at += 1) await log.append(topic, 0, numbered(at * 100, at * 100 + 100));
        expect(values(await readAll(log, topic, 0, 150, 449))).toEqual(names(150, 449));
        expect(values(await readAll(log, topic, 0, 990))).toEqual(names(990, 1_000));
        expect(await readAll(log, topic, 0, 1_000)).toEqual([]);
        expect(await readAll(log, topic, 0, 30, 30)).toEqual([]);
        expect(await readAll(log, topic, 0, 2_000, 1_500)).toEqual([]);
        expect(await kindOf(readAll(log, topic, 0, 990, 1_001))).toBe("fatal");
        const reading = log.read(topic, 0, 0)[Symbol.asyncIterator]();
        const seen = [...((await reading.next()).value ?? [])];
        await log.append(topic, 0, numbered(1_000, 1_001));
        for (let next = await reading.next(); !next.done; next = await reading.next())
          seen.push(...next.value);
        expect(values(seen)).toEqual(names(0, 1_000));
      });

      it("given a reader that stops half-way, then the next one is not disturbed", async () => {
        await createTopic(2);
        for (let at = 0; at < 20; at += 1) await log.append(topic, 0, numbered(at * 100, at * 100 + 100));
        for await (const batch of log.read(topic, 0, 0)) {
          expect(batch[0]?.offset).toBe(0);
          break;
        }
        const both = await Promise.all([readAll(log, topic, 0, 1_900), readAll(log, topic, 0, 3, 7)]);
        expect(both.map(values)).toEqual([names(1_900, 2_000), names(3, 7)]);
      });
    });

    describe("consume", () => {
      it("given positions, then each partition is read from there, and not before they are answered", async () => {
        await createTopic(3);
        for (const partition of [0, 1, 2]) await log.append(topic, partition, numbered(0, 20));
        const gate = Promise.withResolvers<void>();
        const asked: TopicPartition[] = [];
        const { batches } = await watch(log, {
          onAssigned: async (gained) => {
            asked.push(...gained);
            await gate.promise;
            return gained.map((place) => ({ ...place, offset: place.partition * 5 }));
          },
        });
        await expect.poll(() => asked.map(({ partition }) => partition).sort(), patience).toEqual([0, 1, 2]);
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect(batches).toEqual([]);
        gate.resolve();
        const seenIn = (partition: number) =>
          values(
            batches.filter(({ place }) => place.partition === partition).flatMap(({ records }) => records),
          );
        await expect
          .poll(() => [0, 1, 2].map(seenIn), patience)
          .toEqual([names(0, 20), names(5, 20), names(10, 20)]);
      });

      it("given more than a batch, then batches are bounded, in order, and nothing is left out or doubled", async () => {
        await createTopic(2);
        for (let at = 0; at < 25; at += 1) {
          await Promise.all(
            [0, 1].map((partition) => log.append(topic, partition, numbered(at * 40, at * 40 + 40))),
          );
        }
        const { batches } = await watch(log, { maxBatchRecords: 64 });
        const offsetsIn = (partition: number) =>
          batches
            .filter(({ place }) => place.partition === partition)
            .flatMap(({ records }) => records.map(({ offset }) => offset));
        await expect
          .poll(() => [0, 1].map((partition) => offsetsIn(partition).length), patience)
          .toEqual([1_000, 1_000]);
        for (const partition of [0, 1]) {
          expect(offsetsIn(partition)).toEqual(Array.from({ length: 1_000 }, (_, at) => at));
        }
        expect(Math.max(...batches.map(({ records }) => records.length))).toBeLessThanOrEqual(64);
        await log.append(topic, 1, numbered(1_000, 1_001));
        await expect.poll(() => offsetsIn(1).at(-1), patience).toBe(1_000);
      });

      it("given a handler that takes its time, then its partition waits and the others go on", async () => {
        await createTopic(3);
        for (const partition of [0, 1, 2]) await log.append(topic, partition, numbered(0, 10));
        const gate = Promise.withResolvers<void>();
        const { batches } = await watch(log, {
          maxBatchRecords: 5,
          onBatch: async (place, records) => {
            batches.push({ place, records });
            if (place.partition === 1) await gate.promise;
          },
        });
        const countIn = (partition: number) =>
          batches
            .filter(({ place }) => place.partition === partition)
            .reduce((sum, { records }) => sum + records.length, 0);
        await expect.poll(() => [0, 1, 2].map(countIn), patience).toEqual([10, 5, 10]);
        for (let round = 0; round < 5; round += 1) {
          await Promise.all([0, 2].map((partition) => log.append(topic, partition, numbered(0, 10))));
          const expected = 20 + round * 10;
          await expect.poll(() => [0, 1, 2].map(countIn), patience).toEqual([expected, 5, expected]);
        }
        gate.resolve();
        await expect.poll(() => countIn(1), patience).toBe(10);
      });

      it("given a topic that comes later, then it is consumed once it is there", async () => {
        const { batches, held } = await watch(log);
        const writer = await connect();
        await new Promise((resolve) => setTimeout(resolve, 200));
        await writer.ensureTopics([{ name: topic, partitions: 2, replicas: 1, settings: {} }]);
        await writer.append(topic, 1, numbered(0, 3));
        await expect
          .poll(() => values(batches.flatMap(({ records }) => records)), patience)
          .toEqual(names(0, 3));
        expect(held.size).toBe(2);
      });

      it("given two topics in one group, then both are consumed, each with its own partitions", async () => {
        await createTopic(2);
        const other = `${topic}-other`;
        await log.ensureTopics([{ name: other, partitions: 1, replicas: 1, settings: {} }]);
        await log.append(topic, 1, numbered(0, 2));
        await log.append(other, 0, numbered(2, 4));
        const { batches, held } = await watch(log, { topics: [topic, other] });
        await expect
          .poll(() => values(batches.flatMap(({ records }) => records)).sort(), patience)
          .toEqual(names(0, 4));
        expect([...held].sort()).toEqual([`${topic}/0`, `${topic}/1`, `${other}/0`].sort());
      });
    });

    describe("commits", () => {
      it("given a commit with metadata, then everyone reads it, and partitions without one have none", async () => {
        await createTopic(3);
        await log.append(topic, 2, numbered(0, 9));
        expect(await log.committed(group, topic)).toEqual([null, null, null]);
        const { consumption, held } = await watch(log);
        await expect.poll(() => held.size, patience).toBe(3);
        await consumption.commit([
          { topic, partition: 2, offset: 7, metadata: '{"end":9,"é":"→"}' },
          { topic, partition: 0, offset: 0, metadata: "" },
        ]);
        const other = await connect();
        expect(await other.committed(group, topic)).toEqual([
          { offset: 0, metadata: "" },
          null,
          { offset: 7, metadata: '{"end":9,"é":"→"}' },
        ]);
        await consumption.commit([{ topic, partition: 2, offset: 9, metadata: "" }]);
        expect((await other.committed(group, topic))[2]).toEqual({ offset: 9, metadata: "" });
        expect(await other.committed(`${group}-other`, topic)).toEqual([null, null, null]);
      });

      it("given a member that consumes, then nothing is committed unless it commits", async () => {
        await createTopic(1);
        await log.append(topic, 0, numbered(0, 9));
        const { consumption, batches } = await watch(log);
        await expect.poll(() => batches.length, patience).toBeGreaterThan(0);
        await consumption.stop();
        expect(await log.committed(group, topic)).toEqual([null]);
      });
    });

    describe("groups", () => {
      it("given members that come and go, then all partitions are always somebody's and nothing is lost", async () => {
        await createTopic(4);
        const seen = new Map<string, Set<string>>();
        const second = await connect();
        const member = async (client: Log) => {
          const watched: Watched = await watch(client, {
            maxBatchRecords: 10,
            onBatch: async (place, records) => {
              const of = seen.get(keyOf(place)) ?? new Set();
              seen.set(keyOf(place), of);
              for (const value of values(records)) of.add(value);
              const last = records.at(-1)?.offset ?? 0;
              // A partition that was lost meanwhile is read again by whoever has it now.
              await watched?.consumption
                .commit([{ ...place, offset: last + 1, metadata: "" }])
                .catch(() => undefined);
            },
          });
          return watched;
        };
        let sent = 0;
        const produce = async () => {
          for (let round = 0; round < 5; round += 1, sent += 10) {
            await Promise.all([0, 1, 2, 3].map((at) => log.append(topic, at, numbered(sent, sent + 10))));
          }
        };
        const complete = () => [0, 1, 2, 3].every((at) => seen.get(`${topic}/${at}`)?.size === sent);

        const first = await member(log);
        await produce();
        await expect.poll(complete, patience).toBe(true);
        expect(first.held.size).toBe(4);

        const joined = await member(second);
        await produce();
        await expect.poll(() => [first.held.size, joined.held.size], patience).toEqual([2, 2]);
        expect(new Set([...first.held, ...joined.held]).size).toBe(4);
        await produce();
        await expect.poll(complete, patience).toBe(true);
        const [lost = ""] = joined.held;
        const partition = Number(lost.split("/")[1]);
        await expect(
          first.consumption.commit([{ topic, partition, offset: 0, metadata: "stolen" }]),
        ).rejects.toBeInstanceOf(LogError);
        expect((await log.committed(group, topic))[partition]?.metadata).toBe("");

        await first.consumption.stop();
        await produce();
        await expect.poll(() => joined.held.size, patience).toBe(4);
        await expect.poll(complete, patience).toBe(true);
        await joined.consumption.stop();
      });

      it("given more members than partitions, then one waits and takes over when another leaves", async () => {
        await createTopic(1);
        const first = await watch(log);
        await expect.poll(() => first.held.size, patience).toBe(1);
        const second = await watch(await connect());
        await new Promise((resolve) => setTimeout(resolve, 200));
        await Promise.any([expect.poll(() => first.held.size + second.held.size, patience).toBe(1)]);
        const [owner, waiting] = first.held.size === 1 ? [first, second] : [second, first];
        await owner.consumption.stop();
        await log.append(topic, 0, numbered(0, 2));
        await expect
          .poll(() => values(waiting.batches.flatMap(({ records }) => records)), patience)
          .toEqual(names(0, 2));
      });
    });

    describe("endings", () => {
      it("given a stop, then running handlers finish and may commit, then nothing more is delivered", async () => {
        await createTopic(1);
        await log.append(topic, 0, numbered(0, 10));
        const gate = Promise.withResolvers<void>();
        const order: string[] = [];
        const committed = Promise.withResolvers<void>();
        const { consumption, batches } = await watch(log, {
          maxBatchRecords: 5,
          onRevoked: async () => {
            order.push("revoked");
          },
          onBatch: async (place, records) => {
            batches.push({ place, records });
            await gate.promise;
            await consumption.commit([{ ...place, offset: 5, metadata: "last" }]);
            order.push("handled");
            committed.resolve();
          },
        });
        await expect.poll(() => batches.length, patience).toBe(1);
        const stopped = consumption.stop().then(() => order.push("stopped"));
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(order).toEqual([]);
        gate.resolve();
        await stopped;
        await consumption.ended;
        await consumption.stop();
        expect(order).toEqual(["handled", "revoked", "stopped"]);
        expect(await log.committed(group, topic)).toEqual([{ offset: 5, metadata: "last" }]);
        await log.append(topic, 0, numbered(10, 11));
        await new Promise((resolve) => setTimeout(resolve, 200));
        expect(batches).toHaveLength(1);
        await expect(
          consumption.commit([{ topic, partition: 0, offset: 9, metadata: "" }]),
        ).rejects.toBeInstanceOf(LogError);
      });

      it("given a handler that throws, then that ends the consumption and the partition is given up", async () => {
        await createTopic(2);
        await log.append(topic, 0, numbered(0, 1));
        const revoked: TopicPartition[] = [];
        const consumption = await consumeOn(log, {
          onRevoked: async (lost) => {
            revoked.push(...lost);
          },
          onBatch: async () => {
            throw new Error("no");
          },
        });
        await expect(consumption.ended).rejects.toThrow("no");
        expect(revoked.map(({ partition }) => partition).sort()).toEqual([0, 1]);
        await consumption.stop();
        const next = await watch(await connect());
        await expect.poll(() => next.held.size, patience).toBe(2);
      });

      it("given an onAssigned that throws or forgets a partition, then that ends the consumption", async () => {
        await createTopic(1);
        const throwing = await consumeOn(log, {
          onAssigned: async () => {
            throw new Error("not mine");
          },
        });
        await expect(throwing.ended).rejects.toThrow("not mine");
        const forgetful = await consumeOn(log, { onAssigned: async () => [] });
        await expect(forgetful.ended).rejects.toMatchObject({ kind: "fatal" });
      });

      it("given a position the log does not hold, then the consumption ends instead of skipping records", async () => {
        await createTopic(1);
        await log.append(topic, 0, numbered(0, 10));
        await harness.trim(topic, 0, 5);
        for (const offset of [3, 11]) {
          const batches: unknown[] = [];
          const consumption = await consumeOn(log, {
            onAssigned: async (gained) => gained.map((place) => ({ ...place, offset })),
            onBatch: async (_, records) => {
              batches.push(records);
            },
          });
          const failure = await failureOf(consumption.ended);
          expect(failure).toBeInstanceOf(LogError);
          expect(failure).toMatchObject({ kind: "fatal", message: expect.stringContaining(`${topic}/0`) });
          expect(batches).toEqual([]);
        }
      });

      it("given a log that is closed, then its members leave and it takes nothing more", async () => {
        await createTopic(1);
        const closing = await connect();
        const { consumption, held } = await watch(closing);
        await expect.poll(() => held.size, patience).toBe(1);
        await closing.close();
        await consumption.ended;
        expect(await kindOf(closing.append(topic, 0, numbered(0, 1)))).toBe("fatal");
        await closing.close();
        const next = await watch(log);
        await expect.poll(() => next.held.size, patience).toBe(1);
      });
    });

    it("given a key, then its partition is the one that Java's default partitioner chooses", async () => {
      // The hashes are those of Apache Kafka's UtilsTest.testMurmur2; 1173551340 is -973932308 without its sign bit.
      const chosen = { "21": 0, foobar: 6, abc: 7, "a-little-bit-long-string": 2 };
      for (const [key, partition] of Object.entries(chosen)) {
        expect(log.partitionFor(text(key), 10)).toBe(partition);
      }
    });
  });
}
