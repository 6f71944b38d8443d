/** The `Log` port on @platformatic/kafka. */
import { Admin } from "@platformatic/kafka";
import { type Consumption, type Log, LogError, partitionFor } from "@tidemark/runtime";
import { startConsumption } from "../consumption.ts";
import { createAppender } from "./appender.ts";
import { baseOptions, type ClientOptions } from "./client.ts";
import { joinAsMember } from "./member.ts";
import { createRangeReader } from "./reader.ts";
import { topicOperations } from "./topics.ts";

export function createPlatformaticLog(options: ClientOptions): Log {
  const admin = new Admin({ ...baseOptions(options), retries: 2, retryDelay: 200 });
  admin.on("error", (error: unknown) => options.logger.warn({ err: error }, "kafka admin"));
  const topics = topicOperations(admin);
  const appender = createAppender(options);
  const reader = createRangeReader(options, topics);
  const consumptions = new Set<Consumption>();
  let closing: Promise<void> | undefined;

  const close = async (): Promise<void> => {
    await Promise.all([...consumptions].map((consumption) => consumption.stop()));
    await Promise.all([appender.close(), reader.close()]);
    await admin.close();
  };

  return {
    ensureTopics: topics.ensureTopics,
    partitionCount: topics.partitionCount,
    startOffsets: topics.startOffsets,
    endOffsets: topics.endOffsets,
    committed: topics.committed,
    read: reader.read,
    async append(topic, partition, records) {
      if (closing) throw new LogError("fatal", "the log is closed");
      return appender.append(topic, partition, records);
    },
    async consume(consumeOptions) {
      if (closing) throw new LogError("fatal", "the log is closed");
      const consumption = startConsumption(consumeOptions, options.logger, (events) =>
        joinAsMember(options, admin, consumeOptions, events),
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
