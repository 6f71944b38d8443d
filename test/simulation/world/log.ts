/** The `Log` port of one process: every step is a call that can be late, fail or be repeated. */
import { type Log, LogError, partitionFor } from "@tidemark/runtime";
import { end, type MemoryBroker } from "@tidemark/testkit";
import { startConsumption } from "./consumption.ts";
import type { Group } from "./group.ts";
import type { Host } from "./host.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

export interface LogPorts {
  readonly host: Host;
  readonly broker: MemoryBroker;
  readonly group: (name: string) => Group;
  readonly scheduler: Scheduler;
  readonly random: Random;
}

const readBatchRecords = 25;

export function createHostLog({ host, broker, group, scheduler, random }: LogPorts): Log {
  const queues = new Map<string, Promise<unknown>>();
  const consumptions = new Set<Awaited<ReturnType<Log["consume"]>>>();

  return {
    ensureTopics: (topics) =>
      host.call("read", "makes topics", () => {
        for (const topic of topics) broker.createTopic(topic);
      }),
    partitionCount: (topic) => host.call("read", `counts ${topic}`, () => broker.partitions(topic).length),
    startOffsets: (topic) =>
      host.call("read", `asks starts of ${topic}`, () => broker.partitions(topic).map(({ start }) => start)),
    endOffsets: (topic) =>
      host.call("read", `asks ends of ${topic}`, () => broker.partitions(topic).map(end)),
    append(topic, partition, records) {
      const place = `${topic}/${partition}`;
      const turn = (queues.get(place) ?? Promise.resolve())
        .catch(() => undefined)
        .then(() =>
          host.call(
            "append",
            `appends ${records.length} to ${place}`,
            () => ({ baseOffset: broker.append(topic, partition, records) }),
            { write: "repeats" },
          ),
        );
      queues.set(place, turn);
      return turn;
    },
    async *read(topic, partition, from, to) {
      const log = broker.partition(topic, partition);
      const name = `${topic}/${partition}`;
      const until = to ?? (await host.call("read", `asks the end of ${name}`, () => end(log)));
      for (let at = from; at < until; at += readBatchRecords) {
        yield await host.call("read", `reads ${name}`, () => {
          if (at < log.start || until > end(log))
            throw new LogError("fatal", `${name} holds ${log.start} to ${end(log)}, not ${from} to ${until}`);
          return log.records.slice(at - log.start, Math.min(at + readBatchRecords, until) - log.start);
        });
      }
    },
    async consume(options) {
      await host.call("read", `joins ${options.group}`, () => undefined);
      const ports = { host, broker, group: group(options.group), scheduler, random };
      const consumption = startConsumption(ports, options);
      consumptions.add(consumption);
      return consumption;
    },
    committed: (name, topic) =>
      host.call("read", `asks what ${name} committed`, () =>
        broker.partitions(topic).map((_, partition) => broker.committed(name, { topic, partition })),
      ),
    partitionFor,
    async close() {
      await Promise.all([...consumptions].map((consumption) => consumption.stop()));
    },
  };
}
