import {
  createLocalCodec,
  type DefinitionRecord,
  type Fence,
  type SegmentChange,
  topicNames,
} from "@tidemark/contracts";
import { type Logger, type RunningService, systemClock } from "@tidemark/runtime";
import { createMemoryLog, type MemoryLog } from "@tidemark/testkit";
import { afterEach, describe, expect, test } from "vitest";
import type { Outcome } from "../src/attempt.ts";
import { type AutomationsOptions, startAutomations } from "../src/automations.ts";
import type { PostRequest } from "../src/post.ts";
import { pauses, segmentChange, watchedDocuments } from "./samples.ts";

const group = "tidemark-automations";
const endpoints = new Map(
  ["crm", "chat"].map((name) => [
    name,
    { name, url: `https://${name}.example/`, key: Buffer.alloc(24, name.length) },
  ]),
);
const welcome = {
  kind: "automation",
  id: "welcome",
  on: { enters: "loyal" },
  do: [{ webhook: "crm", data: { mail: "welcome" } }],
};
const errors: object[] = [];
const quiet = () => {};
const logger = {
  info: quiet,
  warn: quiet,
  error: (about: object) => void errors.push(about),
} as unknown as Logger;

const running: RunningService[] = [];
afterEach(async () => {
  errors.splice(0);
  await Promise.all(running.splice(0).map((service) => service.stop()));
});

/** A broker in memory with definitions and changes, and endpoints that answer what a test says. */
async function scene(partitions = 1) {
  const log = createMemoryLog();
  await log.ensureTopics(
    [
      [topicNames.segmentChanges, partitions] as const,
      [topicNames.segmentDefinitions, 1] as const,
      [topicNames.deadLetters, 2] as const,
    ].map(([name, count]) => ({ name, partitions: count, replicas: 1, settings: {} })),
  );
  const codec = createLocalCodec();
  await codec.prepare("any", [
    "tidemark.changes.SegmentChange",
    "tidemark.changes.Fence",
    "tidemark.definitions.DefinitionRecord",
  ]);
  const requests: PostRequest[] = [];
  let answer: (request: PostRequest) => Promise<Outcome> = async () => ok;
  const define = async (...documents: readonly object[]) => {
    const records = documents.map((given) => {
      const { kind, id } = given as { kind: string; id: string };
      const record: DefinitionRecord = {
        kind,
        id,
        filling: false,
        document: JSON.stringify(given),
        writtenAt: 1,
      };
      return {
        key: Buffer.from(`${kind}/${id}`),
        value: codec.encode("tidemark.definitions.DefinitionRecord", record),
      };
    });
    await log.append(topicNames.segmentDefinitions, 0, records);
  };
  await define(...watchedDocuments);

  return {
    log,
    requests,
    define,
    ids: () => requests.map(({ headers }) => headers["webhook-id"]),
    answerWith: (given: typeof answer) => {
      answer = given;
    },
    change: (given: Partial<SegmentChange>, partition = 0, trace?: string) => {
      const value = codec.encode("tidemark.changes.SegmentChange", segmentChange(given));
      const headers = trace === undefined ? [] : [["traceparent", Buffer.from(trace)] as const];
      return log.append(topicNames.segmentChanges, partition, [{ key: null, value, headers }]);
    },
    fence: (given: Fence) => {
      const value = codec.encode("tidemark.changes.Fence", given);
      return log.append(topicNames.segmentChanges, 0, [{ key: null, value }]);
    },
    garble: () =>
      log.append(topicNames.segmentChanges, 0, [{ key: null, value: Buffer.from("not a record") }]),
    start: async (client: MemoryLog = log, options: Partial<AutomationsOptions> = {}) => {
      const judged: string[] = [];
      const behind = new Map<string, number>();
      const service = await startAutomations(
        {
          log: client,
          codec,
          clock: systemClock,
          logger,
          random: () => 0,
          observe: {
            judged: (fate, count = 1) => void judged.push(count === 1 ? fate : `${count} ${fate}`),
            leftAlone: quiet,
            attempted: quiet,
            delivered: quiet,
            undelivered: quiet,
            behind: (endpoint, records) => void behind.set(endpoint, records),
            unreadable: quiet,
            failed: quiet,
          },
          async post(request) {
            requests.push(request);
            return answer(request);
          },
        },
        {
          group,
          topics: topicNames,
          endpoints,
          maxBatchRecords: 100,
          sessionTimeoutMs: 10_000,
          attempts: 3,
          timeoutMs: 1_000,
          retryMs: 10_000,
          concurrency: 4,
          keepMs: 3_600_000,
          pauses,
          probeEveryMs: 20,
          partition: { waitMs: 20, behindMessages: 10, commitMs: 5 },
          graceMs: 3_000,
          ...options,
        },
      );
      running.push(service);
      return { service, judged, behind };
    },
    committed: async () => (await log.committed(group, topicNames.segmentChanges))[0],
    letters: () => [0, 1].flatMap((partition) => log.records(topicNames.deadLetters, partition)),
  };
}

const ok: Outcome = { status: 204, retryAfter: null, text: "" };
const gone: Outcome = { status: 410, retryAfter: null, text: "gone" };
const never = new Promise<never>(() => {});
const headersOf = ({ headers }: { headers: readonly (readonly [string, Buffer])[] }) =>
  Object.fromEntries(headers.map(([name, value]) => [name, value.toString()]));

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe("the automations service", () => {
  test("given an automation and changes, then each that matches is sent once, and the position says how far", async () => {
    const { start, define, fence, change, ids, requests, log, committed } = await scene();
    await define(welcome);
    await fence({ epoch: 4, token: "owner" });
    await change({ sequence: 1, epoch: 4, changeId: "0-1", subject: "ann" });
    await change({ sequence: 2, epoch: 4, changeId: "0-2", subject: "bob", historic: true });
    await change({ sequence: 3, epoch: 4, changeId: "0-3", subject: "ann", from: "in", to: "out" });
    await change({ sequence: 4, epoch: 4, changeId: "0-4", subject: "cat" });
    const { service } = await start();
    await log.idle();
    expect(ids().sort()).toEqual(["0-1/welcome/0", "0-4/welcome/0"]);
    expect(requests[0]!.url).toBe("https://crm.example/");
    expect(JSON.parse(requests[0]!.body).data.data).toEqual({ mail: "welcome" });
    expect(await committed()).toEqual({ offset: 5, metadata: '{"sequence":4,"epoch":4}' });
    expect(service.ready()).toEqual({ ready: true });
  });

  /** Moves the group to an offset, as an operator's tool or a client's fault may, with what was known before. */
  async function moveTo(log: MemoryLog, offset: number, known: { sequence: number; epoch: number }) {
    const client = log.connect();
    const place = { topic: topicNames.segmentChanges, partition: 0 };
    const consumption = await client.consume({
      group,
      topics: [place.topic],
      maxBatchRecords: 1,
      sessionTimeoutMs: 10_000,
      onAssigned: async () => [{ ...place, offset }],
      onRevoked: async () => {},
      onBatch: () => never,
    });
    await consumption.commit([{ ...place, offset, metadata: JSON.stringify(known) }]);
    client.crash();
  }

  test("given a position behind changes that were not seen, then they are found in the topic and acted on first, each once, whoever owned the partition then", async () => {
    const { start, define, change, fence, ids, log, committed } = await scene();
    await define(welcome);
    await fence({ epoch: 1, token: "first" });
    for (const sequence of [1, 2, 3]) await change({ sequence, changeId: `0-${sequence}` });
    await fence({ epoch: 2, token: "second" });
    // The first owner, shut out, was about to say something else.
    await change({ sequence: 4, epoch: 1, changeId: "0-4", subject: "void" });
    await change({ sequence: 3, epoch: 2, changeId: "0-3" });
    for (const sequence of [4, 5, 6]) await change({ sequence, epoch: 2, changeId: `0-${sequence}` });
    await moveTo(log, 9, { sequence: 1, epoch: 2 });

    const { judged } = await start();
    await log.idle();

    expect(ids()).toEqual([2, 3, 4, 5, 6].map((sequence) => `0-${sequence}/welcome/0`));
    expect(judged).toEqual(["gap", "4 repaired"]);
    expect(errors).toMatchObject([{ offset: 9, expected: 2, found: 6 }]);
    expect(await committed()).toEqual({ offset: 10, metadata: '{"sequence":6,"epoch":2}' });
  });

  test("given changes that retention took before they were acted on, then what is left is acted on and the rest is an alarm", async () => {
    const { start, define, change, fence, ids, log } = await scene();
    await define(welcome);
    await fence({ epoch: 1, token: "first" });
    for (const sequence of [1, 2, 3, 4, 5]) await change({ sequence, changeId: `0-${sequence}` });
    await moveTo(log, 2, { sequence: 1, epoch: 1 });
    log.trim(topicNames.segmentChanges, 0, 4);

    const { judged } = await start();
    await log.idle();

    expect(ids()).toEqual(["0-4/welcome/0", "0-5/welcome/0"]);
    expect(judged).toEqual(["gap", "new", "2 missing"]);
    expect(errors).toMatchObject([
      { partition: 0, position: 2, start: 4 },
      { offset: 4, expected: 2, found: 4 },
      { offset: 4, expected: 2, found: 4 },
    ]);
  });

  test("given a group with no position and a topic whose first changes retention took, then it begins with what is there and nothing is missing", async () => {
    const { start, define, change, fence, ids, log } = await scene();
    await define(welcome);
    await fence({ epoch: 1, token: "first" });
    for (const sequence of [1, 2, 3]) await change({ sequence, changeId: `0-${sequence}` });
    log.trim(topicNames.segmentChanges, 0, 2);

    const { judged } = await start();
    await log.idle();

    expect(ids()).toEqual(["0-2/welcome/0", "0-3/welcome/0"]);
    expect(judged).toEqual(["new", "new"]);
    expect(errors).toEqual([]);
  });

  test("given a restart and an owner that publishes again, then nothing is sent a second time, and a gap is an alarm", async () => {
    const { start, define, change, fence, ids, log } = await scene();
    await define(welcome);
    await fence({ epoch: 1, token: "first" });
    for (const sequence of [1, 2, 3]) await change({ sequence, changeId: `0-${sequence}` });
    const first = await start(log.connect());
    await log.idle();
    await first.service.stop();
    running.splice(0);

    await fence({ epoch: 2, token: "second" });
    await change({ sequence: 2, epoch: 2, changeId: "0-2" });
    await change({ sequence: 3, epoch: 2, changeId: "0-3" });
    await change({ sequence: 4, epoch: 1, changeId: "0-4", subject: "void" });
    await change({ sequence: 4, epoch: 2, changeId: "0-4" });
    await change({ sequence: 9, epoch: 2, changeId: "0-9" });
    const { judged } = await start(log.connect());
    await log.idle();
    expect(ids()).toEqual(["0-1", "0-2", "0-3", "0-4", "0-9"].map((changeId) => `${changeId}/welcome/0`));
    expect(judged).toEqual(["repeat", "repeat", "void", "new", "gap", "4 missing"]);
    const gap = { partition: 0, expected: 5, found: 9 };
    // It is told, and that the topic does not hold them.
    expect(errors).toMatchObject([gap, gap]);
  });

  test("given an automation that is written, changed and deleted while changes come, then what counts is how it stood", async () => {
    const { start, define, change, requests, log } = await scene();
    await start();
    await change({ sequence: 1, changeId: "0-1" });
    await log.idle();
    await define(welcome);
    await change({ sequence: 2, changeId: "0-2" });
    await log.idle();
    await define({ ...welcome, do: [{ webhook: "chat" }] });
    await change({ sequence: 3, changeId: "0-3" });
    await log.idle();
    await log.append(topicNames.segmentDefinitions, 0, [
      { key: Buffer.from("automation/welcome"), value: null },
    ]);
    await change({ sequence: 4, changeId: "0-4" });
    await log.idle();
    expect(requests.map(({ url, headers }) => [url, headers["webhook-id"]])).toEqual([
      ["https://crm.example/", "0-2/welcome/0"],
      ["https://chat.example/", "0-3/welcome/0"],
    ]);
  });

  test("given a change that carries a trace, then its webhook carries it on, and one without carries none", async () => {
    const { start, define, change, requests, log } = await scene();
    const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await define(welcome);
    await change({ sequence: 1, changeId: "0-1" }, 0, trace);
    await change({ sequence: 2, changeId: "0-2" });
    await start();
    await log.idle();
    expect(requests.map(({ headers }) => [headers["webhook-id"], headers.traceparent])).toEqual([
      ["0-1/welcome/0", trace],
      ["0-2/welcome/0", undefined],
    ]);
  });

  test("given what is refused and what nobody can take, then each is a dead letter with body, reason and last answer", async () => {
    const { start, define, change, garble, answerWith, letters, log, committed } = await scene();
    await define({ ...welcome, do: [{ webhook: "crm" }, { webhook: "fax" }] });
    answerWith(async () => gone);
    await change({ sequence: 1, changeId: "0-1", subject: "ann" });
    await garble();
    const { service } = await start();
    await log.idle();
    const byReason = new Map(
      letters().map((letter) => [headersOf(letter)["tidemark-reason"], letter] as const),
    );
    const refused = byReason.get("webhook-refused")!;
    expect(refused.key?.toString()).toBe("segment-changes/0/0/welcome/0");
    expect(headersOf(refused)).toMatchObject({
      "webhook-id": "0-1/welcome/0",
      "tidemark-automation": "welcome",
      "tidemark-webhook": "crm",
      "tidemark-status": "410",
      "tidemark-attempts": "1",
      "tidemark-topic": "segment-changes",
      "tidemark-partition": "0",
      "tidemark-offset": "0",
      "tidemark-service": "automations",
      "tidemark-faults": JSON.stringify([
        { path: "crm", found: "status 410: gone after 1 attempt", expected: "an answer of 2xx" },
      ]),
    });
    expect(JSON.parse(refused.value!.toString())).toMatchObject({
      id: "0-1/welcome/0",
      type: "tidemark.segment.entered",
      data: { customer: "ann" },
    });
    const unknown = byReason.get("webhook-unknown")!;
    expect(unknown.key?.toString()).toBe("segment-changes/0/0/welcome/1");
    expect(headersOf(unknown)).toMatchObject({ "tidemark-webhook": "fax", "tidemark-status": "none" });
    const unreadable = byReason.get("unreadable")!;
    expect(unreadable.value).toEqual(Buffer.from("not a record"));
    expect(headersOf(unreadable)["tidemark-offset"]).toBe("1");
    expect(letters()).toHaveLength(3);
    expect(await committed()).toMatchObject({ offset: 2 });
    expect(service.ready()).toEqual({ ready: true });
  });

  test("given dead letters that cannot be written for a while, then the position waits for them", async () => {
    const { start, define, change, answerWith, letters, log, committed } = await scene();
    await define(welcome);
    answerWith(async () => gone);
    await change({ sequence: 1, changeId: "0-1" });
    const client = log.connect();
    client.failAppends(2, "retry");
    const { service } = await start(client);
    await until(() => !service.ready().ready);
    expect(service.ready().reason).toContain("dead letters cannot be written");
    expect(await committed()).toBeNull();
    await until(async () => (await committed())?.offset === 1);
    expect(letters()).toHaveLength(1);
    expect(service.ready()).toEqual({ ready: true });
  });

  test("given a process that is killed over a batch, then the next sends what was not settled under the same ids", async () => {
    const { start, define, change, answerWith, ids, log, committed } = await scene();
    await define(welcome);
    for (const sequence of [1, 2, 3])
      await change({ sequence, changeId: `0-${sequence}`, subject: `s-${sequence}` });
    answerWith(({ headers }) => (headers["webhook-id"] === "0-2/welcome/0" ? never : Promise.resolve(ok)));
    const doomed = log.connect();
    await start(doomed);
    await until(() => ids().length === 3);
    doomed.crash();
    running.splice(0);
    expect(await committed()).toBeNull();
    answerWith(async () => ok);
    await start(log.connect());
    await log.idle();
    expect(ids().slice(3).sort()).toEqual(["0-1/welcome/0", "0-2/welcome/0", "0-3/welcome/0"]);
    expect(await committed()).toEqual({ offset: 3, metadata: '{"sequence":3,"epoch":0}' });
  });

  test("given a stop while an endpoint fails, then what lies before is kept and the rest is sent by the next", async () => {
    const { start, define, change, answerWith, ids, log, committed } = await scene();
    await define(welcome);
    for (const sequence of [1, 2, 3])
      await change({ sequence, changeId: `0-${sequence}`, subject: `s-${sequence}` });
    const busy: Outcome = { status: 503, retryAfter: "60", text: "" };
    answerWith(async ({ headers }) => (headers["webhook-id"] === "0-2/welcome/0" ? busy : ok));
    const { service } = await start(log.connect(), { retryMs: 100_000 });
    await until(() => ids().length === 3);
    await service.stop();
    running.splice(0);
    expect(await committed()).toEqual({
      offset: 1,
      metadata: '{"sequence":1,"epoch":0,"main":[3,3,0],"behind":{"crm":[1,1,0]}}',
    });
    answerWith(async () => ok);
    await start(log.connect());
    await log.idle();
    expect(ids().slice(3).sort()).toEqual(["0-2/welcome/0", "0-3/welcome/0"]);
  });

  const both = { ...welcome, do: [{ webhook: "crm" }, { webhook: "chat" }] };

  test("given an endpoint that hangs for many batches, then another gets all of the partition meanwhile, few messages are in hand, and once it is back it gets each", async () => {
    const { start, define, change, answerWith, requests, log, committed, letters } = await scene();
    await define(both);
    const opened = Promise.withResolvers<Outcome>();
    answerWith(({ url }) => (url.includes("crm") ? opened.promise : Promise.resolve(ok)));
    const { service, behind } = await start(log, { maxBatchRecords: 10 });
    for (let sequence = 1; sequence <= 100; sequence += 1)
      await change({ sequence, changeId: `0-${sequence}`, subject: `s-${sequence}` });
    const sent = (name: string) => requests.filter(({ url }) => url.includes(name));
    await until(() => sent("chat").length === 100);
    await until(() => behind.get("crm") === 100);
    expect(sent("crm")).toHaveLength(4);
    expect(service.ready()).toEqual({ ready: true });
    expect((await committed())?.offset).toBe(0);
    opened.resolve(ok);
    await until(async () => (await committed())?.offset === 100);
    expect(await committed()).toEqual({ offset: 100, metadata: '{"sequence":100,"epoch":0}' });
    expect(new Set(sent("crm").map(({ headers }) => headers["webhook-id"])).size).toBe(100);
    expect(sent("crm")).toHaveLength(100);
    expect(sent("chat")).toHaveLength(100);
    expect(behind.get("crm")).toBe(0);
    expect(letters()).toEqual([]);
    // Caught up, it is as the other one again.
    await change({ sequence: 101, changeId: "0-101" });
    await until(async () => (await committed())?.offset === 101);
    expect(sent("crm")).toHaveLength(101);
  });

  test("given an endpoint that hangs and more changes behind it than it may have in hand, then no more than those are, and each is sent once in the end", async () => {
    const { start, define, change, answerWith, requests, log, committed } = await scene();
    await define(both);
    const opened = Promise.withResolvers<Outcome>();
    answerWith(({ url }) => (url.includes("crm") ? opened.promise : Promise.resolve(ok)));
    const { behind } = await start(log, { maxBatchRecords: 4, concurrency: 200 });
    for (let sequence = 1; sequence <= 100; sequence += 1)
      await change({ sequence, changeId: `0-${sequence}`, subject: `s-${sequence}` });
    const sent = (name: string) => requests.filter(({ url }) => url.includes(name));
    await until(() => sent("chat").length === 100);
    await until(() => behind.get("crm") === 100);
    // Every message in hand is under way, as there are as many places; it reads on while half of them are free.
    await until(() => sent("crm").length > 5);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(sent("crm").length).toBeLessThanOrEqual(10);
    opened.resolve(ok);
    await until(async () => (await committed())?.offset === 100);
    expect(sent("crm").map(({ headers }) => headers["webhook-id"])).toEqual(
      Array.from({ length: 100 }, (_, at) => `0-${at + 1}/welcome/0`),
    );
  });

  test("given an endpoint that fails over a restart, then it goes on where it was, and the other one gets nothing again", async () => {
    const { start, define, change, fence, garble, answerWith, requests, log, committed } = await scene();
    await define(both);
    const busy: Outcome = { status: 503, retryAfter: "1", text: "" };
    answerWith(async ({ url }) => (url.includes("crm") ? busy : ok));
    const { service } = await start(log.connect(), { maxBatchRecords: 7 });
    await fence({ epoch: 1, token: "first" });
    for (let sequence = 1; sequence <= 30; sequence += 1)
      await change({ sequence, changeId: `0-${sequence}`, subject: `s-${sequence % 3}` });
    await garble();
    // An owner that publishes once more what stands already.
    await fence({ epoch: 2, token: "second" });
    await change({ sequence: 30, epoch: 2, changeId: "0-30" });
    const sent = (name: string) =>
      requests.filter(({ url }) => url.includes(name)).map(({ headers }) => headers["webhook-id"]);
    await until(() => sent("chat").length === 30);
    await until(async () => (await committed())?.metadata.includes('"main":[34,30,2]') === true);
    await service.stop();
    running.splice(0);
    const before = sent("crm").length;
    answerWith(async () => ok);
    await start(log.connect(), { maxBatchRecords: 7 });
    await until(async () => (await committed())?.offset === 34);
    expect(sent("chat")).toHaveLength(30);
    const after = sent("crm").slice(before);
    expect([...after].sort()).toEqual(Array.from({ length: 30 }, (_, at) => `0-${at + 1}/welcome/0`).sort());
    const ofOne = after.filter((id) => Number(/-(\d+)/.exec(id ?? "")?.[1]) % 3 === 0);
    expect(ofOne).toEqual([3, 6, 9, 12, 15, 18, 21, 24, 27, 30].map((sequence) => `0-${sequence}/welcome/0`));
  });

  test("given an endpoint that is behind and then is no longer configured, then what it waited for goes to dead letters", async () => {
    const { start, define, change, answerWith, requests, log, committed, letters } = await scene();
    await define(welcome);
    const cutOff: Outcome = { failure: "cut off" };
    answerWith(
      ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(cutOff))),
    );
    const { service } = await start(log.connect(), { graceMs: 0 });
    for (const sequence of [1, 2, 3])
      await change({ sequence, changeId: `0-${sequence}`, subject: `s-${sequence}` });
    await until(() => requests.length === 3);
    await until(async () => (await committed())?.metadata.includes('"main":[3,3,0]') === true);
    await service.stop();
    running.splice(0);
    await start(log.connect(), { endpoints: new Map() });
    await until(async () => (await committed())?.offset === 3);
    expect(letters().map((letter) => headersOf(letter)["tidemark-reason"])).toEqual([
      "webhook-unknown",
      "webhook-unknown",
      "webhook-unknown",
    ]);
  });

  test("given a partition that goes to another member, then what was not sent is sent there and not here", async () => {
    const { start, define, change, answerWith, ids, log, committed } = await scene(2);
    await define(welcome);
    const busy: Outcome = { status: 503, retryAfter: "60", text: "" };
    answerWith(async () => busy);
    await start(log.connect(), { retryMs: 100_000 });
    await change({ sequence: 1, changeId: "1-1" }, 1);
    await until(() => ids().length === 1);
    answerWith(async () => ok);
    await start(log.connect());
    await log.idle();
    expect(ids()).toEqual(["1-1/welcome/0", "1-1/welcome/0"]);
    expect(await committed()).toBeNull();
    expect((await log.committed(group, topicNames.segmentChanges))[1]).toMatchObject({ offset: 1 });
  });

  test("given positions that somebody else committed to the group, then the service refuses to guess", async () => {
    const { start, log } = await scene();
    const other = log.connect();
    const consumption = await other.consume({
      group,
      topics: [topicNames.segmentChanges],
      maxBatchRecords: 1,
      sessionTimeoutMs: 1_000,
      onAssigned: async (gained) => gained.map((place) => ({ ...place, offset: 0 })),
      onRevoked: async () => {},
      onBatch: async () => {},
    });
    await other.idle();
    await consumption.commit([
      { topic: topicNames.segmentChanges, partition: 0, offset: 0, metadata: "mine" },
    ]);
    await other.close();
    const { service } = await start(log.connect());
    await expect(service.ended).rejects.toThrow("metadata that are not ours");
  });
});
