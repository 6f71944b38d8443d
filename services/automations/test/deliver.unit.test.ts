import { type ManualClock, manualClock } from "@tidemark/testkit";
import { Webhook as Verifier } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import type { Outcome } from "../src/attempt.ts";
import { type Delivery, type DeliveryBounds, deliver } from "../src/deliver.ts";
import { createLane, type LaneBounds } from "../src/lane.ts";
import type { PostRequest } from "../src/post.ts";
import { noon, pauses, webhook } from "./samples.ts";

const key = Buffer.alloc(24, 1);
const endpoint = { name: "crm", url: "https://crm.example/hooks", key };
const ok: Outcome = { status: 204, retryAfter: null, text: "" };
const busy: Outcome = { status: 503, retryAfter: null, text: "busy" };
const refused: Outcome = { status: 410, retryAfter: null, text: "gone" };
const hung: Outcome = { failure: "timeout" };

/** An endpoint that answers what the script says, and its last word from then on; each answer takes `tookMs`. */
function scene(script: readonly Outcome[], given: Partial<DeliveryBounds & LaneBounds & { tookMs: number }>) {
  const clock: ManualClock = manualClock(noon);
  const requests: (PostRequest & { at: number })[] = [];
  const attempted: Outcome[] = [];
  let tookMs = given.tookMs ?? 0;
  let answers = [...script];
  let answerOf: ((request: PostRequest) => Outcome) | undefined;
  const givenUp = new AbortController();
  const cutOff = new AbortController();
  const lane = createLane(endpoint, clock, {
    concurrency: given.concurrency ?? 2,
    silentAfterMs: given.silentAfterMs ?? 120_000,
    probeEveryMs: 5_000,
    longestPauseMs: 60_000,
  });
  const ports = {
    clock,
    random: () => 0,
    observe: { attempted: (_: string, outcome: Outcome) => void attempted.push(outcome) },
    async post(request: PostRequest): Promise<Outcome> {
      requests.push({ ...request, at: clock.now() - noon });
      const outcome = answerOf?.(request) ?? (answers.length > 1 ? answers.shift()! : answers[0]!);
      if (tookMs > 0) await clock.sleep(tookMs);
      return outcome;
    },
  };
  const bounds = (): DeliveryBounds => ({
    attempts: 10,
    timeoutMs: 10_000,
    retryMs: 120_000,
    keepMs: 86_400_000,
    pauses,
    givenUp: givenUp.signal,
    cutOff: cutOff.signal,
    ...given,
  });
  return {
    clock,
    lane,
    requests,
    attempted,
    givenUp,
    cutOff,
    answer: (outcomes: readonly Outcome[], ms = 0) => {
      answers = [...outcomes];
      tookMs = ms;
    },
    answerBy: (given: typeof answerOf) => {
      answerOf = given;
    },
    deliver: (message = webhook()) => deliver(message, lane, ports, bounds()),
    instants: () => requests.map(({ at }) => at),
  };
}

async function after(
  clock: ManualClock,
  ms: number,
  delivery: Promise<Delivery>,
): Promise<Delivery | "open"> {
  await clock.advance(ms);
  return Promise.race([delivery, new Promise<"open">((resolve) => setImmediate(() => resolve("open")))]);
}

describe("the delivery of a webhook", () => {
  test("given an endpoint that takes it, then it is sent once, signed, as a CloudEvents event", async () => {
    const { deliver, requests, attempted } = scene([ok], {});
    expect(await deliver()).toEqual({ result: "delivered" });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      url: "https://crm.example/hooks",
      timeoutMs: 10_000,
      body: '{"hello":"world"}',
    });
    expect(requests[0]!.headers).toMatchObject({
      "content-type": "application/cloudevents+json; charset=utf-8",
      "webhook-id": "3-1/win-back/0",
      "webhook-timestamp": String(noon / 1000),
    });
    expect(attempted).toEqual([ok]);
  });

  test("given an endpoint that fails at first, then it is tried again after growing pauses, signed anew under the same id", async () => {
    const { clock, deliver, requests, instants } = scene([busy, hung, busy, ok], {});
    const delivery = deliver();
    // The pauses without chance: 250, 500 and 1,000 ms.
    expect(await after(clock, 1_750, delivery)).toEqual({ result: "delivered" });
    expect(instants()).toEqual([0, 250, 750, 1_750]);
    expect(new Set(requests.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(requests.map(({ headers }) => headers["webhook-timestamp"])).toEqual(
      [0, 0, 0, 1].map((second) => String(noon / 1000 + second)),
    );
    const verifier = new Verifier(`whsec_${key.toString("base64")}`);
    for (const { headers, body } of requests) {
      const at = new Date(Number(headers["webhook-timestamp"]) * 1000);
      expect(headers["webhook-signature"]).toBe(verifier.sign("3-1/win-back/0", at, body));
    }
  });

  test("given an endpoint that asks for patience, then it gets it", async () => {
    const { clock, deliver, instants } = scene([{ ...busy, retryAfter: "20" }, ok], {});
    const delivery = deliver();
    expect(await after(clock, 19_999, delivery)).toBe("open");
    expect(await after(clock, 1, delivery)).toEqual({ result: "delivered" });
    expect(instants()).toEqual([0, 20_000]);
  });

  test("given a refusal, then it is final", async () => {
    const { deliver, instants } = scene([refused], {});
    expect(await deliver()).toEqual({
      result: "undelivered",
      reason: "webhook-refused",
      attempts: 1,
      last: refused,
      body: '{"hello":"world"}',
    });
    expect(instants()).toEqual([0]);
  });

  /** The message with this id fails; all others are taken. */
  const failing = (id: string) => (request: PostRequest) =>
    request.headers["webhook-id"] === id ? busy : ok;

  test("given a message that fails while its endpoint takes another, then it ends after as many attempts as allowed", async () => {
    const { clock, deliver, instants, answerBy } = scene([busy], { attempts: 3 });
    answerBy(failing("3-1/win-back/0"));
    const delivery = deliver();
    expect(await deliver(webhook({ id: "3-2/win-back/0" }))).toEqual({ result: "delivered" });
    expect(await after(clock, 60_000, delivery)).toMatchObject({
      reason: "webhook-failed",
      attempts: 3,
      last: busy,
    });
    expect(instants()).toEqual([0, 0, 250, 750]);
  });

  test("given the same, then no attempt begins behind the time for it", async () => {
    const { clock, deliver, instants, answerBy } = scene([busy], { retryMs: 1_000 });
    answerBy(failing("3-1/win-back/0"));
    const delivery = deliver();
    await deliver(webhook({ id: "3-2/win-back/0" }));
    expect(await after(clock, 60_000, delivery)).toMatchObject({ reason: "webhook-failed", attempts: 3 });
    expect(instants()).toEqual([0, 0, 250, 750]);
  });

  test("given an endpoint whose last answer came before the message was tried, then that says nothing for it", async () => {
    const { clock, deliver, answer } = scene([ok], { attempts: 2 });
    await deliver(webhook({ id: "3-2/win-back/0" }));
    await clock.advance(1_000);
    answer([busy]);
    const delivery = deliver();
    expect(await after(clock, 600_000, delivery)).toBe("open");
    answer([ok]);
    expect(await after(clock, 60_000, delivery)).toEqual({ result: "delivered" });
  });

  test("given an endpoint that takes nothing for longer than any bound on attempts, then messages wait, one is tried now and then, and all are sent once it is back", async () => {
    const { clock, deliver, instants, answer } = scene([hung], {
      silentAfterMs: 30_000,
      tookMs: 10_000,
      concurrency: 1,
      attempts: 3,
      retryMs: 30_000,
    });
    const all = [1, 2, 3].map((at) => deliver(webhook({ id: `3-${at}/win-back/0`, subject: `s-${at}` })));
    await clock.advance(3_600_000);
    // One place: first one after the other; from 30 s on one attempt of 10 s every 15 s.
    expect(instants().slice(0, 6)).toEqual([0, 10_000, 20_000, 35_000, 50_000, 65_000]);
    expect(await after(clock, 0, Promise.race(all))).toBe("open");
    answer([ok]);
    await clock.advance(120_000);
    for (const delivery of await Promise.all(all)) expect(delivery).toEqual({ result: "delivered" });
  });

  test("given a silent endpoint, then a message that waited for as long as it may is undelivered, and a younger one waits on", async () => {
    const { clock, lane, deliver } = scene([hung], { silentAfterMs: 10_000, keepMs: 600_000 });
    const old = deliver();
    await clock.advance(300_000);
    expect(lane.isSilent()).toBe(true);
    const young = deliver(webhook({ id: "3-2/win-back/0", detectedAt: noon + 300_000 }));
    expect(await after(clock, 299_000, Promise.race([old, young]))).toBe("open");
    const gone = await after(clock, 120_000, old);
    expect(gone).toMatchObject({ result: "undelivered", reason: "webhook-silent", last: hung });
    expect(await after(clock, 0, young)).toBe("open");
    // One that is too old already is not even tried.
    expect(await deliver(webhook({ id: "3-3/win-back/0" }))).toMatchObject({
      reason: "webhook-silent",
      attempts: 0,
      last: null,
    });
  });

  test("given a silent endpoint that answers again, then all that waited for the probe are sent, each once", async () => {
    const { clock, lane, deliver, answer, instants } = scene([busy], {
      silentAfterMs: 10_000,
      concurrency: 8,
    });
    const all = [1, 2, 3].map((at) => deliver(webhook({ id: `3-${at}/win-back/0` })));
    await clock.advance(600_000);
    expect(lane.isSilent()).toBe(true);
    const before = instants().length;
    answer([ok]);
    await clock.advance(60_000);
    for (const delivery of await Promise.all(all)) expect(delivery).toEqual({ result: "delivered" });
    expect(instants()).toHaveLength(before + 3);
  });

  test("given an endpoint that fell silent while the clock was a day ahead, when the clock is right again and the endpoint answers, then it is tried at the next probe", async () => {
    const { clock, lane, deliver, answer } = scene([busy], { silentAfterMs: 10_000 });
    clock.leap(86_400_000);
    const waiting = deliver(webhook({ detectedAt: clock.now() }));
    await clock.advance(60_000);
    expect(lane.isSilent()).toBe(true);
    clock.leap(-86_400_000);
    answer([ok]);
    expect(await after(clock, 60_000, waiting)).toEqual({ result: "delivered" });
  });

  test("given a silent endpoint that refuses a message, then it is silent no more", async () => {
    const { clock, lane, deliver, answer } = scene([busy], { silentAfterMs: 10_000 });
    const first = deliver();
    await clock.advance(60_000);
    expect(lane.isSilent()).toBe(true);
    answer([refused]);
    expect(await after(clock, 60_000, first)).toMatchObject({ reason: "webhook-refused" });
    expect(lane.isSilent()).toBe(false);
  });

  test("given a silent endpoint and a partition that is given up, then what waits for it is abandoned", async () => {
    const { clock, deliver, givenUp } = scene([busy], { silentAfterMs: 10_000 });
    const all = [1, 2, 3].map((at) => deliver(webhook({ id: `3-${at}/win-back/0` })));
    await clock.advance(600_000);
    givenUp.abort();
    for (const delivery of await Promise.all(all)) expect(delivery).toEqual({ result: "abandoned" });
    expect(clock.waiting()).toBe(0);
  });

  test("given that the batch is given up in a pause, then the pause ends and nothing is tried any more", async () => {
    const { clock, deliver, givenUp, instants } = scene([busy], {});
    const delivery = deliver();
    await clock.advance(100);
    givenUp.abort();
    expect(await delivery).toEqual({ result: "abandoned" });
    expect(instants()).toEqual([0]);
    expect(clock.waiting()).toBe(0);
  });

  test("given that a request is cut off, then nobody knows, and it is abandoned", async () => {
    const { clock, deliver, cutOff, givenUp } = scene([{ failure: "cut off" }], { tookMs: 5_000 });
    const delivery = deliver();
    await clock.advance(1_000);
    givenUp.abort();
    cutOff.abort();
    expect(await after(clock, 4_000, delivery)).toEqual({ result: "abandoned" });
  });

  test("given more messages than places, then so many at a time and in turn", async () => {
    const { clock, deliver, instants } = scene([ok], { concurrency: 2, tookMs: 100 });
    const all = Promise.all([1, 2, 3, 4, 5].map((at) => deliver(webhook({ id: `3-${at}/win-back/0` }))));
    await clock.advance(300);
    expect(await all).toHaveLength(5);
    expect(instants()).toEqual([0, 0, 100, 100, 200]);
  });
});
