/** The automations in force, from the registry of definitions. */
import type { Codec } from "@tidemark/contracts";
import { parseDefinitions } from "@tidemark/core";
import { createDefinitionRegistry, type Log, type Logger } from "@tidemark/runtime";
import { automationsInForce, type InForce } from "./in-force.ts";

export interface FollowPorts {
  readonly log: Log;
  readonly codec: Codec;
  readonly logger: Logger;
}

/**
 * Answers the automations in force at the moment of asking: one that was written before a change came acts on it.
 * Rejects where the log or the schema registry is away.
 */
export function followAutomations(
  { log, codec, logger }: FollowPorts,
  topic: string,
): () => Promise<InForce> {
  const registry = createDefinitionRegistry(
    {
      log,
      codec,
      onUnreadable: ({ offset }, error) =>
        logger.error({ err: error, topic, offset }, "a definition does not decode and is left out"),
    },
    topic,
  );
  let known = automationsInForce([]);
  let knownAt = 0;
  return async () => {
    await registry.refresh();
    if (registry.position() === knownAt) return known;
    const documents = [...registry.definitions().values()].flatMap(({ document }) =>
      document === null ? [] : [JSON.parse(document)],
    );
    known = automationsInForce(parseDefinitions(documents).definitions);
    knownAt = registry.position();
    return known;
  };
}
