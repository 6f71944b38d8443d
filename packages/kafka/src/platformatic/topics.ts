/** Topics: their making, their sizes, their offsets, and what groups committed of them. */
import { type Admin, FetchIsolationLevels, type FetchIsolationLevelValue } from "@platformatic/kafka";
import { type Log, LogError, type TopicSpecification } from "@tidemark/runtime";
import { type TopicState, topicState } from "./client.ts";
import { asReadFailure, brokerCodes } from "./failure.ts";

/** A topic just made is known to every broker within this, in ms. */
const visibleWithinMs = 10_000;
const lookAgainMs = 50;

type TopicOperations = Pick<
  Log,
  "ensureTopics" | "partitionCount" | "startOffsets" | "endOffsets" | "committed"
> & {
  /** The end that a reader of committed records can reach. */
  stableEndOffsets(topic: string): Promise<readonly number[]>;
};

const earliest = -2n;
const latest = -1n;

export function topicOperations(admin: Admin): TopicOperations {
  const existing = async (topic: string): Promise<TopicState> => {
    const state = await topicState(admin, topic);
    if (state === null) throw new LogError("retry", `there is no topic ${topic}`);
    return state;
  };

  const offsets = async (
    topic: string,
    timestamp: bigint,
    isolationLevel: FetchIsolationLevelValue,
  ): Promise<readonly number[]> => {
    const { partitions } = await existing(topic);
    const [listed] = await admin.listOffsets({
      topics: [
        {
          name: topic,
          partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
            partitionIndex,
            timestamp,
          })),
        },
      ],
      isolationLevel,
    });
    const found = new Map(listed?.partitions.map(({ partitionIndex, offset }) => [partitionIndex, offset]));
    return Array.from({ length: partitions }, (_, partition) => {
      const offset = found.get(partition);
      if (offset === undefined) {
        throw new LogError("retry", `the broker answered no offset for ${topic}/${partition}`);
      }
      return Number(offset);
    });
  };

  const create = async ({ name, partitions, replicas, settings }: TopicSpecification): Promise<void> => {
    const configs = Object.entries(settings).map(([setting, value]) => ({ name: setting, value }));
    try {
      await admin.createTopics({ topics: [name], partitions, replicas, configs });
    } catch (error) {
      // Somebody else was quicker: that is checked like any topic that was there before.
      if (!brokerCodes(error).has("TOPIC_ALREADY_EXISTS")) throw error;
    }
  };

  const ensure = async (specification: TopicSpecification): Promise<void> => {
    const { name, partitions } = specification;
    let state = await topicState(admin, name);
    if (state === null) {
      await create(specification);
      for (const deadline = Date.now() + visibleWithinMs; state === null; ) {
        if (Date.now() > deadline)
          throw new LogError("retry", `topic ${name} was made and is not to be seen`);
        await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
        state = await topicState(admin, name).catch(() => null);
      }
    }
    if (state.partitions !== partitions) {
      throw new LogError(
        "fatal",
        `topic ${name} has ${state.partitions} partitions, ${partitions} were expected: it is left as it is`,
      );
    }
  };

  return {
    async ensureTopics(topics) {
      for (const topic of topics) {
        await ensure(topic).catch((error) => {
          throw asReadFailure(`topic ${topic.name} cannot be made sure of`, error);
        });
      }
    },
    async partitionCount(topic) {
      return (await patiently(`the size of ${topic}`, () => existing(topic))).partitions;
    },
    startOffsets: (topic) =>
      patiently(`the first offsets of ${topic}`, () =>
        offsets(topic, earliest, FetchIsolationLevels.READ_UNCOMMITTED),
      ),
    endOffsets: (topic) =>
      patiently(`the end offsets of ${topic}`, () =>
        offsets(topic, latest, FetchIsolationLevels.READ_UNCOMMITTED),
      ),
    stableEndOffsets: (topic) =>
      patiently(`the end offsets of ${topic}`, () =>
        offsets(topic, latest, FetchIsolationLevels.READ_COMMITTED),
      ),
    committed: (group, topic) =>
      patiently(`what ${group} committed of ${topic}`, async () => {
        const { partitions } = await existing(topic);
        const partitionIndexes = Array.from({ length: partitions }, (_, partition) => partition);
        const [answer] = await admin.listConsumerGroupOffsets({
          groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes }] }],
        });
        const found = new Map(
          answer?.topics
            .find(({ name }) => name === topic)
            ?.partitions.map((partition) => [partition.partitionIndex, partition]),
        );
        return partitionIndexes.map((partition) => {
          const held = found.get(partition);
          if (held === undefined || held.committedOffset < 0n) return null;
          return { offset: Number(held.committedOffset), metadata: held.metadata ?? "" };
        });
      }),
  };
}

const attempts = 5;
const firstDelayMs = 100;

/** Asks again a few times where the broker says "not now": leaders and coordinators move. */
async function patiently<Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      const failure = asReadFailure(`${what} cannot be had`, error);
      if (failure.kind !== "retry" || error instanceof LogError || attempt === attempts) throw failure;
      await new Promise((resolve) => setTimeout(resolve, firstDelayMs * 2 ** (attempt - 1)));
    }
  }
}
