/** Which topics of a subscription exist, and as which incarnation; looked at now and then and when asked. */
import type { Logger } from "@tidemark/runtime";
import type { TopicClient, TopicState } from "./client.ts";
import { describeFailure } from "./failure.ts";
import { withinTime } from "./within-time.ts";

const lookEveryMs = 5_000;
/** A topic that is not there yet is waited for. */
const missingLookEveryMs = 500;

export interface TopicWatch {
  /** Those that exist, by name. */
  known(): ReadonlyMap<string, TopicState>;
  /** Looks now; resolves when it has looked, or could not. */
  look(): Promise<void>;
  stop(): void;
}

/** `onChange` is told when a topic came, went, was made anew or got more partitions. */
export function watchTopics(
  client: TopicClient,
  topics: readonly string[],
  logger: Logger,
  onChange: () => void,
  answerMs: number,
): TopicWatch {
  let known: ReadonlyMap<string, TopicState> = new Map();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let stopped = false;

  const lookNow = async (): Promise<void> => {
    clearTimeout(timer);
    try {
      const found = new Map<string, TopicState>();
      for (const topic of topics) {
        const state = await withinTime(client.state(topic), answerMs, (message) => new Error(message));
        if (state !== null) found.set(topic, state);
        else if (known.has(topic)) logger.warn(`topic ${topic} is gone: it is waited for`);
      }
      const before = known;
      known = found;
      if (!stopped && !isSame(before, found)) onChange();
    } catch (error) {
      logger.debug(`topics cannot be looked at now: ${describeFailure(error)}`);
    } finally {
      const isComplete = known.size === topics.length;
      if (!stopped) timer = setTimeout(() => void look(), isComplete ? lookEveryMs : missingLookEveryMs);
    }
  };

  const look = (): Promise<void> => {
    looking ??= lookNow().finally(() => {
      looking = undefined;
    });
    return looking;
  };

  return {
    known: () => known,
    look,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function isSame(a: ReadonlyMap<string, TopicState>, b: ReadonlyMap<string, TopicState>): boolean {
  return (
    a.size === b.size &&
    [...a].every(
      ([topic, { id, partitions }]) => b.get(topic)?.id === id && b.get(topic)?.partitions === partitions,
    )
  );
}
