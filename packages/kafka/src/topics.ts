/** Topics: their making, their sizes, their offsets, and what groups committed of them. */
import { type Log, LogError, type RetryDelays, type TopicSpecification } from "@tidemark/runtime";
import { standardBounds } from "./bounds.ts";
import type { KafkaClient, TopicState } from "./client.ts";
import { askPatiently } from "./patience.ts";

/** A topic just made is known to every broker within this, in ms. */
const visibleWithinMs = 10_000;
const lookAgainMs = 50;

export type TopicOperations = Pick<
  Log,
  "ensureTopics" | "partitionCount" | "startOffsets" | "endOffsets" | "committed"
>;

export function topicOperations(
  { topics, asFailure }: Pick<KafkaClient, "topics" | "asFailure">,
  retry: RetryDelays = standardBounds.askRetry,
): TopicOperations {
  const patiently = <Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> =>
    askPatiently(`${what} cannot be had`, asFailure, retry, ask);

  const existing = async (topic: string): Promise<TopicState> => {
    const state = await topics.state(topic);
    if (state === null) throw new LogError("retry", `there is no topic ${topic}`);
    return state;
  };

  const offsets = (topic: string, kind: "first" | "end"): Promise<readonly number[]> =>
    patiently(`the ${kind} offsets of ${topic}`, async () =>
      topics.offsets(topic, (await existing(topic)).partitions, kind),
    );

  const create = async (specification: TopicSpecification): Promise<TopicState> => {
    await topics.create(specification);
    const { name } = specification;
    for (const deadline = performance.now() + visibleWithinMs; ; ) {
      const state = await topics.state(name).catch(() => null);
      if (state !== null) return state;
      if (performance.now() > deadline)
        throw new LogError("retry", `topic ${name} was made and is not to be seen`);
      await sleep(lookAgainMs);
    }
  };

  const ensure = async (specification: TopicSpecification): Promise<void> => {
    const { name, partitions } = specification;
    const state = (await topics.state(name)) ?? (await create(specification));
    if (state.partitions === partitions) return;
    throw new LogError(
      "fatal",
      `topic ${name} has ${state.partitions} partitions, ${partitions} were expected: it is left as it is`,
    );
  };

  return {
    async ensureTopics(specifications) {
      for (const specification of specifications) {
        await patiently(`topic ${specification.name}`, () => ensure(specification));
      }
    },
    async partitionCount(topic) {
      return (await patiently(`the size of ${topic}`, () => existing(topic))).partitions;
    },
    startOffsets: (topic) => offsets(topic, "first"),
    endOffsets: (topic) => offsets(topic, "end"),
    committed: (group, topic) =>
      patiently(`what ${group} committed of ${topic}`, async () =>
        topics.committed(group, topic, (await existing(topic)).partitions),
      ),
  };
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
