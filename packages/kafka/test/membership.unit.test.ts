import { LogError, type TopicPartition } from "@tidemark/runtime";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { kafkaBounds, standardBounds } from "../src/bounds.ts";
import type { KafkaClient, TopicState } from "../src/client.ts";
import type { FetchSource } from "../src/fetch-source.ts";
import type { GroupSession, SessionEvents, SessionOptions } from "../src/group-session.ts";
import { joinAsMember } from "../src/membership.ts";
import { topicOperations } from "../src/topics.ts";
import { quietLogger } from "./real-broker.ts";
import { settingsOf } from "./settings.ts";

const sessionTimeoutMs = 6_000;
const place = (partition: number): TopicPartition => ({ topic: "t", partition });

/** A client whose group does what the test wants. */
function scriptedClient() {
  const topics = new Map<string, TopicState>([["t", { id: "first", partitions: 2 }]]);
  const sessions: { readonly options: SessionOptions; readonly events: SessionEvents; closed: boolean }[] =
    [];
  const commits: number[] = [];
  /** What comes of the commits to come; null: they are done. */
  const trouble: { next: Error | null } = { next: null };
  const client: KafkaClient = {
    topics: {
      state: async (topic) => topics.get(topic) ?? null,
      create: async () => {},
      offsets: async () => [],
      committed: async () => [],
    },
    appender: { append: async () => 0, close: async () => {} },
    openFetchSource: (): FetchSource => ({
      leaders: () => new Promise(() => {}),
      fetch: () => new Promise(() => {}),
      troubleOf: () => "later",
      forget: () => {},
      close: async () => {},
    }),
    openSession(options, events): GroupSession {
      const session = { options, events, closed: false };
      sessions.push(session);
      return {
        join: async () => {},
        resubscribe: async () => false,
        commit: async ({ generationId }) => {
          if (trouble.next !== null) throw trouble.next;
          commits.push(generationId);
        },
        close: async () => {
          session.closed = true;
        },
      };
    },
    asFailure: (attempt, error) =>
      error instanceof LogError ? error : new LogError("retry", `${attempt}: ${String(error)}`),
    isOver: (error) => error instanceof LogError,
    close: async () => {},
  };
  return { client, topics, sessions, commits, trouble };
}

async function joinScripted(bounds = standardBounds) {
  const script = scriptedClient();
  const told: string[] = [];
  const member = joinAsMember(
    script.client,
    topicOperations(script.client),
    {
      group: "g",
      topics: ["t"],
      maxBatchRecords: 1,
      sessionTimeoutMs,
      onAssigned: async () => [],
      onRevoked: async () => {},
      onBatch: async () => {},
    },
    quietLogger,
    {
      assigned: (partitions, uninterrupted) =>
        told.push(`${partitions.map(({ partition }) => partition)} ${uninterrupted ? "kept" : "anew"}`),
      lost: () => told.push("lost"),
      failed: (error) => told.push(`failed ${String(error)}`),
      lanes: () => [],
      fill: () => {},
    },
    bounds,
  );
  await vi.advanceTimersByTimeAsync(1);
  const session = script.sessions[0];
  if (session === undefined) throw new Error("no session was opened");
  return { ...script, member, told, session };
}

const joined = (generationId: number, memberId = "m") => ({ generationId, memberId });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("a member", () => {
  it("M1: given no heartbeat answered for three quarters of the session, then it counts itself out", async () => {
    const { member, told, session } = await joinScripted();
    session.events.joined(joined(1), [place(0)]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(member.isAlive()).toBe(true);
    session.events.heard(performance.now() - 1_000);
    await vi.advanceTimersByTimeAsync(3_400);
    expect(member.isAlive()).toBe(true);
    await vi.advanceTimersByTimeAsync(400);
    expect(member.isAlive()).toBe(false);
    expect(told).toEqual(["0 anew", "lost"]);
    await expect(member.commit([])).rejects.toMatchObject({ kind: "retry" });
    await member.leave();
  });

  it("M1: given a process that was stopped, then what it asks first finds it out, before any timer", async () => {
    const { member, told, session } = await joinScripted();
    session.events.joined(joined(1), [place(0)]);
    const stoppedAt = performance.now();
    vi.spyOn(performance, "now").mockReturnValue(stoppedAt + 60_000);
    expect(member.isAlive()).toBe(false);
    expect(told).toEqual(["0 anew", "lost"]);
    await member.leave();
  });

  it("given a group that kept it after all, then it takes its partitions anew", async () => {
    const { member, told, session } = await joinScripted();
    session.events.joined(joined(1), [place(0), place(1)]);
    await vi.advanceTimersByTimeAsync(5_000);
    session.events.heard(performance.now());
    expect(member.isAlive()).toBe(true);
    expect(told).toEqual(["0,1 anew", "lost", "0,1 anew"]);
    await member.leave();
  });

  it("M2: given the next generation, then it keeps its partitions; given a gap or another id, it does not", async () => {
    const { member, told, session } = await joinScripted();
    session.events.joined(joined(4), [place(0)]);
    session.events.joined(joined(5), [place(0)]);
    session.events.joined(joined(7), [place(0)]);
    session.events.joined(joined(8, "other"), [place(0)]);
    expect(told).toEqual(["0 anew", "0 kept", "0 anew", "0 anew"]);
    await member.leave();
  });

  it("M4: given a commit that may still be done, then the membership is over; given one that was refused, it goes on", async () => {
    const { member, told, session, sessions, trouble } = await joinScripted();
    session.events.joined(joined(1), [place(0)]);
    trouble.next = new LogError("retry", "the group is rebalancing");
    await expect(member.commit([])).rejects.toBe(trouble.next);
    await vi.advanceTimersByTimeAsync(200);
    expect(member.isAlive()).toBe(true);
    trouble.next = new Error("the request timed out");
    await expect(member.commit([])).rejects.toMatchObject({ kind: "retry" });
    expect(member.isAlive()).toBe(false);
    expect(told).toEqual(["0 anew", "lost"]);
    await vi.advanceTimersByTimeAsync(200);
    expect(session.closed).toBe(true);
    sessions[1]?.events.joined(joined(2, "again"), [place(0)]);
    expect(told).toEqual(["0 anew", "lost", "0 anew"]);
    await member.leave();
  });

  it("M3: given a session that broke, then it is closed, everything is lost, and another one is opened", async () => {
    const { member, told, session, sessions } = await joinScripted();
    session.events.joined(joined(1), [place(0)]);
    session.events.broken(new Error("the coordinator went away"));
    await vi.advanceTimersByTimeAsync(200);
    expect(session.closed).toBe(true);
    expect(told).toEqual(["0 anew", "lost"]);
    expect(sessions).toHaveLength(2);
    // What the old one still says is not heard.
    session.events.joined(joined(2), [place(1)]);
    expect(told).toHaveLength(2);
    sessions[1]?.events.joined(joined(3, "again"), [place(0)]);
    expect(told).toEqual(["0 anew", "lost", "0 anew"]);
    await member.leave();
  });

  it("M5: given a session that nothing is heard of, before it joined or behind that, then it is closed and another one is opened", async () => {
    const { member, told, session, sessions } = await joinScripted();
    await vi.advanceTimersByTimeAsync(4 * sessionTimeoutMs - 1_000);
    expect(sessions).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect([session.closed, sessions.length]).toEqual([true, 2]);
    sessions[1]?.events.joined(joined(1), [place(0)]);
    await vi.advanceTimersByTimeAsync(4 * sessionTimeoutMs + 1_000);
    expect([sessions[1]?.closed, sessions.length]).toEqual([true, 3]);
    expect(told).toEqual(["0 anew", "lost"]);
    await member.leave();
  });

  it("given a topic made anew under its name, then its partitions are not the ones that were held", async () => {
    const { member, told, session, sessions, topics } = await joinScripted();
    session.events.joined(joined(1), [place(0)]);
    topics.set("t", { id: "second", partitions: 2 });
    await vi.advanceTimersByTimeAsync(5_200);
    expect(sessions).toHaveLength(2);
    expect(told).toEqual(["0 anew", "lost"]);
    await member.leave();
  });

  it("given a commit, then it goes out under the generation of now, and to nobody once it has left", async () => {
    const { member, commits, session } = await joinScripted();
    session.events.joined(joined(1), [place(0)]);
    session.events.joined(joined(2), [place(0)]);
    await member.commit([]);
    expect(commits).toEqual([2]);
    await member.leave();
    expect(session.closed).toBe(true);
    await expect(member.commit([])).rejects.toBeInstanceOf(LogError);
    expect(commits).toEqual([2]);
  });

  it("given sessions that break at once, then it waits before each new one as the settings say", async () => {
    const bounds = kafkaBounds(settingsOf({ KAFKA_REJOIN_FIRST_MS: "30", KAFKA_REJOIN_MOST_MS: "70" }));
    const { member, sessions } = await joinScripted(bounds);
    const waits: number[] = [];
    for (const count of [2, 3, 4, 5]) {
      sessions.at(-1)?.events.broken(new Error("out"));
      const brokenAt = Date.now();
      while (sessions.length < count) await vi.advanceTimersByTimeAsync(1);
      waits.push(Date.now() - brokenAt);
    }
    expect(waits).toEqual([30, 60, 70, 70]);
    await member.leave();
  });
});
