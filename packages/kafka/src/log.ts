/** The `Log` port over a client library. */
import { type Consumption, type Log, LogError, type Logger, partitionFor } from "@tidemark/runtime";
import { type KafkaBounds, standardBounds } from "./bounds.ts";
import type { KafkaClient } from "./client.ts";
import { startConsumption } from "./consumption.ts";
import { joinAsMember } from "./membership.ts";
import { placeName } from "./place.ts";
import { createRangeReader } from "./range-reader.ts";
import { topicOperations } from "./topics.ts";

export function createLogOn(client: KafkaClient, logger: Logger, bounds: KafkaBounds = standardBounds): Log {
  const operations = topicOperations(client, bounds.askRetry);
  const { ensureTopics, partitionCount, startOffsets, endOffsets, committed } = operations;
  const reader = createRangeReader(client, bounds);
  const consumptions = new Set<Consumption>();
  let closing: Promise<void> | undefined;

  const close = async (): Promise<void> => {
    await Promise.all([...consumptions].map((consumption) => consumption.stop()));
    await Promise.all([client.appender.close(), reader.close()]);
    await client.close();
  };
  const requireOpen = (): void => {
    if (closing) throw new LogError("fatal", "the log is closed");
  };

  return {
    ensureTopics,
    partitionCount,
    startOffsets,
    endOffsets,
    committed,
    read: reader.read,
    async append(topic, partition, records) {
      requireOpen();
      if (records.length === 0) {
        throw new LogError("fatal", `nothing to append to ${placeName({ topic, partition })}`);
      }
      return { baseOffset: await client.appender.append(topic, partition, records) };
    },
    async consume(options) {
      requireOpen();
      const consumption = startConsumption(options, bounds, logger, (events) =>
        joinAsMember(client, operations, options, logger, events, bounds),
      );
      consumptions.add(consumption);
      const forget = () => consumptions.delete(consumption);
      consumption.ended.then(forget, forget);
      return consumption;
    },
    partitionFor,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
