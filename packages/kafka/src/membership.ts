/**
 * Membership of a group, whichever client keeps it. Laws:
 * M1 a member that has not been heard for three quarters of the session timeout counts itself out (clients tell nobody
 *    that a membership is gone).
 * M2 partitions are kept over a rebalance only by the same member in the very next generation: otherwise somebody
 *    else may have had them in between.
 * M3 a membership that cannot be kept is thrown away with its session, and joined anew.
 * M4 so is one with a commit that may still be done: a broker that stood still takes what waited at several connections
 *    in any order, and the group would go back behind what was committed later. Under the next generation it is refused.
 * M5 so is one that nothing is heard of for four session timeouts, whatever its library waits for.
 */
import {
  type ConsumeOptions,
  growingDelay,
  LogError,
  type Logger,
  type TopicPartition,
} from "@tidemark/runtime";
import { type KafkaBounds, standardBounds } from "./bounds.ts";
import type { KafkaClient } from "./client.ts";
import type { Member, MemberEvents } from "./consumption.ts";
import { describeFailure } from "./failure.ts";
import { startFetchLoop } from "./fetch-loop.ts";
import type { GroupSession, Joined, SessionEvents } from "./group-session.ts";
import { placeName } from "./place.ts";
import { watchTopics } from "./topic-watch.ts";
import type { TopicOperations } from "./topics.ts";
import { withinTime } from "./within-time.ts";

export function joinAsMember(
  client: KafkaClient,
  operations: TopicOperations,
  options: ConsumeOptions,
  logger: Logger,
  events: MemberEvents,
  bounds: KafkaBounds = standardBounds,
): Member {
  const { group, sessionTimeoutMs } = options;
  const aliveForMs = (sessionTimeoutMs * 3) / 4;
  const silentMs = sessionTimeoutMs * 4;
  let session: GroupSession | undefined;
  let subscribed: readonly string[] = [];
  let joined: Joined | null = null;
  let partitions: readonly TopicPartition[] = [];
  let topicIds = new Map<string, string>();
  let heardAt = 0;
  let openedAt = 0;
  /** It holds nothing: not joined yet, or perhaps counted out. */
  let fenced = true;
  let left = false;
  const leaving = Promise.withResolvers<void>();
  let giveUpSession = (_: unknown): void => {};

  const answerMs = 2 * bounds.requestTimeoutMs;
  const topics = watchTopics(client.topics, options.topics, logger, () => void onTopicsChanged(), answerMs);
  const loop = startFetchLoop(
    () => client.openFetchSource(),
    logger,
    {
      lanes: events.lanes,
      fill: events.fill,
      topicId: (topic) => topicIds.get(topic),
      heldOffsets: (places) =>
        Promise.all(
          places.map(async ({ topic, partition }) => {
            const start = (await operations.startOffsets(topic))[partition] ?? 0;
            return [start, (await operations.endOffsets(topic))[partition] ?? start] as const;
          }),
        ),
      onTopicTrouble: () => void topics.look(),
      onFailure: events.failed,
    },
    { ...bounds, patientBytes: options.patientBytes ?? 1 },
  );

  const fence = (): void => {
    if (fenced) return;
    fenced = true;
    events.lost();
  };

  const isAlive = (): boolean => {
    if (!fenced && performance.now() - heardAt > aliveForMs) {
      logger.warn({ group }, "the group may count this member out: it gives its partitions up");
      fence();
    }
    return !fenced;
  };
  const watchdog = setInterval(() => {
    isAlive();
    if (session === undefined || performance.now() - Math.max(openedAt, heardAt) <= silentMs) return;
    giveUpSession(new LogError("retry", `nothing was heard of ${group} for ${silentMs} ms`));
  }, sessionTimeoutMs / 20);

  const hold = (uninterrupted: boolean): void => {
    const known = topics.known();
    const isSameTopic = [...topicIds].every(([topic, id]) => (known.get(topic)?.id ?? id) === id);
    const wasFenced = fenced;
    topicIds = new Map([...known].map(([topic, { id }]) => [topic, id]));
    fenced = false;
    events.assigned(partitions, uninterrupted && !wasFenced && isSameTopic);
  };

  const sessionEvents = (isCurrent: () => boolean): SessionEvents => ({
    joined(now, assigned) {
      if (!isCurrent()) return;
      const before = joined?.memberId === now.memberId ? joined.generationId : undefined;
      joined = now;
      heardAt = performance.now();
      partitions = assigned;
      logger.debug(
        { group, generation: now.generationId, partitions: assigned.map(placeName) },
        "joined the group",
      );
      hold(before === now.generationId || before === now.generationId - 1);
      if (!isSubscribed()) void onTopicsChanged();
    },
    heard(sentAt) {
      if (!isCurrent() || joined === null) return;
      heardAt = Math.max(heardAt, sentAt);
      // The group kept it after all.
      if (fenced && performance.now() - heardAt <= aliveForMs) hold(false);
    },
    broken(error) {
      if (isCurrent()) giveUpSession(error);
    },
  });

  const isSubscribed = (): boolean =>
    subscribed.length === topics.known().size && subscribed.every((topic) => topics.known().has(topic));

  const onTopicsChanged = async (): Promise<void> => {
    const own = session;
    if (own === undefined || left || joined === null) return;
    subscribed = [...topics.known().keys()];
    try {
      if (!(await own.resubscribe(subscribed)) && own === session) giveUpSession(null);
    } catch (error) {
      if (own === session) giveUpSession(error);
    }
  };

  /** One session; returns when its membership is given up, rejects with why. */
  const beMember = async (): Promise<void> => {
    await topics.look();
    subscribed = [...topics.known().keys()];
    if (subscribed.length === 0)
      throw new LogError("retry", `none of ${options.topics.join(", ")} is there yet`);
    const broken = Promise.withResolvers<void>();
    giveUpSession = (error) => (error === null ? broken.resolve() : broken.reject(error));
    const own: GroupSession = client.openSession(
      {
        group,
        topics: subscribed,
        sessionTimeoutMs,
        // A member hears of a rebalance with its next heartbeat, and what moves stands still until all have heard.
        heartbeatIntervalMs: Math.min(300, sessionTimeoutMs / 10),
      },
      sessionEvents(() => own === session && !left),
    );
    session = own;
    openedAt = performance.now();
    joined = null;
    try {
      await Promise.race([own.join().then(() => broken.promise), broken.promise]);
    } finally {
      session = undefined;
      fence();
      await withinTime(
        own.close(),
        silentMs,
        (message) => new LogError("retry", `it does not end: ${message}`),
      );
    }
  };

  const run = async (): Promise<void> => {
    for (let nextDelayMs = growingDelay(bounds.rejoin); !left; ) {
      const startedAt = performance.now();
      try {
        await beMember();
        nextDelayMs = growingDelay(bounds.rejoin);
      } catch (error) {
        const failure = client.asFailure(`no membership of ${group}`, error);
        if (failure.kind === "fatal" && !left) {
          events.failed(failure);
          return;
        }
        if (!left) logger.warn(describeFailure(failure));
        if (performance.now() - startedAt > sessionTimeoutMs * 2) nextDelayMs = growingDelay(bounds.rejoin);
      }
      const rest = Promise.withResolvers<void>();
      const timer = setTimeout(rest.resolve, nextDelayMs());
      await Promise.race([rest.promise, leaving.promise]);
      clearTimeout(timer);
    }
  };
  // Not before whoever called knows the member.
  const running = Promise.resolve().then(run);

  return {
    isAlive,
    wake: () => loop.wake(),
    async commit(positions) {
      const own = session;
      if (own === undefined || joined === null || !isAlive()) {
        throw new LogError("retry", `not a member of ${group} now`);
      }
      try {
        await own.commit(joined, positions);
      } catch (error) {
        const failure = client.asFailure(`the commit for ${group} failed`, error);
        if (own === session && !client.isOver(error)) {
          fence();
          giveUpSession(failure);
        }
        throw failure;
      }
    },
    async leave() {
      left = true;
      fenced = true;
      clearInterval(watchdog);
      topics.stop();
      leaving.resolve();
      giveUpSession(null);
      await Promise.all([loop.stop(), running]);
    },
  };
}
