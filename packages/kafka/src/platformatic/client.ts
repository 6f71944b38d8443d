/** How clients of this library are set up here. */
import type { Admin, BaseOptions } from "@platformatic/kafka";
import type { Logger } from "@tidemark/runtime";

export interface ClientOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly logger: Logger;
}

export function baseOptions({ brokers, clientId }: ClientOptions) {
  return {
    clientId,
    bootstrapBrokers: [...brokers],
    connectTimeout: 5_000,
    requestTimeout: 10_000,
    metadataMaxAge: 30_000,
    autocreateTopics: false,
  } satisfies BaseOptions;
}

export interface TopicState {
  readonly id: string;
  readonly partitions: number;
}

/** What the broker knows of a topic now; null where there is none. Rejects where no broker answers. */
export async function topicState(admin: Admin, topic: string): Promise<TopicState | null> {
  const { topics } = await admin
    .metadata({ topics: [topic], forceUpdate: true, retries: 0 })
    .catch((error: unknown) => {
      if (isUnknown(error)) return { topics: new Map<string, never>() };
      throw error;
    });
  const known = topics.get(topic);
  return known ? { id: known.id, partitions: known.partitionsCount } : null;
}

function isUnknown(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Unknown topic ");
}
