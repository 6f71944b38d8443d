/**
 * Membership of a group through the classic protocol. Laws:
 * M1 a member that has not been heard for three quarters of the session timeout counts itself out (the client tells
 *    nobody that its membership is gone).
 * M2 partitions are kept over a rebalance only by the same member in the very next generation: otherwise somebody
 *    else may have had them in between.
 * M3 a membership that cannot be kept is thrown away with its consumer, and joined anew.
 */
import { type Admin, Consumer } from "@platformatic/kafka";
import { type CommitPosition, type ConsumeOptions, LogError, type TopicPartition } from "@tidemark/runtime";
import type { Member, MemberEvents } from "../consumption.ts";
import { describeFailure } from "../failure.ts";
import { baseOptions, type ClientOptions } from "./client.ts";
import { commitOffsets } from "./commit.ts";
import { asReadFailure } from "./failure.ts";
import { startFetchLoop } from "./fetch-loop.ts";
import { watchTopics } from "./topic-watch.ts";

const firstRejoinDelayMs = 100;
const maxRejoinDelayMs = 5_000;

interface Joined {
  readonly memberId: string;
  readonly generationId: number;
}

export function joinAsMember(
  client: ClientOptions,
  admin: Admin,
  options: ConsumeOptions,
  events: MemberEvents,
): Member {
  const { logger } = client;
  const aliveForMs = (options.sessionTimeoutMs * 3) / 4;
  const heartbeatIntervalMs = Math.min(1_000, options.sessionTimeoutMs / 10);
  let consumer: Consumer | undefined;
  let joined: Joined | null = null;
  let heardAt = 0;
  let fenced = true;
  let left = false;
  const leaving = Promise.withResolvers<void>();
  let assignedIds = new Map<string, string>();
  let giveUpMembership = (): void => {};

  const topics = watchTopics(admin, options.topics, logger, () => onTopicsChanged());
  const loop = startFetchLoop(client, {
    lanes: events.lanes,
    fill: events.fill,
    topicId: (topic) => assignedIds.get(topic),
    onTopicTrouble: () => void topics.look(),
    onFailure: events.failed,
  });

  const fence = (): void => {
    if (fenced) return;
    fenced = true;
    logger.warn({ group: options.group }, "the group may count this member out: it gives its partitions up");
    events.lost();
  };

  const isAlive = (): boolean => {
    if (!fenced && Date.now() - heardAt > aliveForMs) fence();
    return !fenced;
  };
  const watchdog = setInterval(isAlive, options.sessionTimeoutMs / 20);

  const hold = (own: Consumer, uninterrupted: boolean): void => {
    const known = topics.known();
    const isSameIncarnation = [...assignedIds].every(([topic, id]) => (known.get(topic)?.id ?? id) === id);
    assignedIds = new Map([...known].map(([topic, { id }]) => [topic, id]));
    const wasFenced = fenced;
    fenced = false;
    events.assigned(placesOf(own), uninterrupted && !wasFenced && isSameIncarnation);
  };

  const listen = (own: Consumer): void => {
    let heartbeatAt = Date.now();
    own.on("consumer:group:join", (payload) => {
      if (own !== consumer || left) return;
      heardAt = Date.now();
      const { memberId, generationId } = own;
      const before = joined?.memberId === memberId ? joined.generationId : undefined;
      joined = memberId === null ? null : { memberId, generationId };
      logger.debug({ group: options.group, generationId, isLeader: payload.isLeader }, "joined the group");
      hold(own, before === generationId || before === generationId - 1);
      if (!isSubscribed(own)) onTopicsChanged();
    });
    own.on("consumer:heartbeat:start", () => {
      heartbeatAt = Date.now();
    });
    own.on("consumer:heartbeat:end", () => {
      if (own !== consumer || left || joined?.generationId !== own.generationId) return;
      heardAt = Math.max(heardAt, heartbeatAt);
      // The group kept it after all.
      if (fenced && Date.now() - heardAt <= aliveForMs) hold(own, false);
    });
    own.on("consumer:heartbeat:stalled", () => giveUpMembership());
    own.on("error", (error: unknown) => {
      if (own !== consumer || left) return;
      logger.warn(`the group ${options.group} cannot be joined again: ${describeFailure(error)}`);
      giveUpMembership();
    });
  };

  const openConsumer = (): Consumer => {
    const own = new Consumer({
      ...baseOptions(client),
      groupId: options.group,
      sessionTimeout: options.sessionTimeoutMs,
      rebalanceTimeout: options.sessionTimeoutMs,
      heartbeatInterval: heartbeatIntervalMs,
      heartbeatStallTimeout: options.sessionTimeoutMs * 2,
      // The broker holds an answer back for as long as a rebalance may take.
      requestTimeout: options.sessionTimeoutMs + 3_000,
      autocommit: false,
      retries: 3,
      retryDelay: 200,
    });
    listen(own);
    return own;
  };

  const subscribe = (own: Consumer): void => {
    const wanted = topics.known();
    own.topics.clear();
    for (const topic of wanted.keys()) own.topics.track(topic);
  };

  const isSubscribed = (own: Consumer): boolean =>
    own.topics.size === topics.known().size &&
    [...topics.known().keys()].every((topic) => own.topics.has(topic));

  const onTopicsChanged = (): void => {
    const own = consumer;
    if (own === undefined || left || joined === null) return;
    own.clearMetadata();
    subscribe(own);
    own.joinGroup().catch((error: unknown) => {
      logger.warn(`the group ${options.group} cannot be joined again: ${describeFailure(error)}`);
      giveUpMembership();
    });
  };

  /** One membership; returns when it cannot be kept. */
  const beMember = async (): Promise<void> => {
    await topics.look();
    if (topics.known().size === 0)
      throw new LogError("retry", `none of ${options.topics.join(", ")} is there yet`);
    const own = openConsumer();
    const broken = new Promise<void>((resolve) => {
      giveUpMembership = resolve;
    });
    consumer = own;
    joined = null;
    try {
      subscribe(own);
      await Promise.race([own.joinGroup().then(() => broken), broken]);
    } finally {
      consumer = undefined;
      fence();
      await own.close(true).catch(() => undefined);
    }
  };

  const run = async (): Promise<void> => {
    for (let delayMs = firstRejoinDelayMs; !left; ) {
      const startedAt = Date.now();
      try {
        await beMember();
      } catch (error) {
        const failure = asReadFailure(`the group ${options.group} cannot be joined`, error);
        if (failure.kind === "fatal" && !left) {
          events.failed(failure);
          return;
        }
        logger.warn(failure.message);
      }
      if (Date.now() - startedAt > options.sessionTimeoutMs * 2) delayMs = firstRejoinDelayMs;
      const rest = new Promise((resolve) => setTimeout(resolve, delayMs));
      await Promise.race([rest, leaving.promise]);
      delayMs = Math.min(delayMs * 2, maxRejoinDelayMs);
    }
  };
  const running = Promise.resolve().then(run);

  return {
    isAlive,
    wake: () => loop.wake(),
    async commit(positions: readonly CommitPosition[]) {
      const own = consumer;
      if (own === undefined || joined === null || !isAlive()) {
        throw new LogError("retry", `not a member of ${options.group} now`);
      }
      await commitOffsets(own, joined, positions);
    },
    async leave() {
      left = true;
      fenced = true;
      clearInterval(watchdog);
      topics.stop();
      leaving.resolve();
      giveUpMembership();
      await Promise.all([loop.stop(), running]);
    },
  };
}

function placesOf({ assignments }: Consumer): readonly TopicPartition[] {
  return (assignments ?? []).flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}
