/** A partition of the real engine in memory, and its topics as the judge reads them. */
import { type CustomerEvent, createLocalCodec, topicNames } from "@tidemark/contracts";
import { type Clock, definitionSets, type Logger, type LogRecord } from "@tidemark/runtime";
import { createMemoryLog, createMemoryStateStore } from "@tidemark/testkit";
import {
  createPartitionWorker,
  type PartitionWorker,
} from "../../../services/segments/src/partition-worker.ts";
import type {
  Archive,
  ChangeEntry,
  DeadLetter,
  Ends,
  LogEntry,
  Logs,
  RejectedEvent,
  SourceRecord,
} from "../src/judge/records.ts";
import type { Json } from "./judge-support.ts";

const quiet = () => {};
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet } as unknown as Logger;
const topics = [
  topicNames.customerEvents,
  topicNames.segmentChanges,
  topicNames.rejectedEvents,
  topicNames.deadLetters,
] as const;

export interface EnginePartition {
  readonly now: () => number;
  advance(ms: number): void;
  /** Appends an event as intake would; its source position is the next of its source. */
  event(event: Partial<CustomerEvent>): Promise<void>;
  /** Appends an event once more, as after a crash of intake. */
  again(event: number): Promise<void>;
  load(record: "LoadBegin" | "LoadEnd"): Promise<void>;
  /** Folds what was appended, in batches; timers do not fire. */
  fold(): Promise<void>;
  /** Fires what is due now. */
  fire(): Promise<void>;
  /** The next appends of the worker get lost on the way, or on the way back. */
  failAppends(times: number, kind: "retry" | "ambiguous"): void;
  /** Somebody else takes over, from a state store that lost all since the last call. */
  crash(): Promise<void>;
  logs(): Promise<Logs>;
}

export async function enginePartition(
  documents: readonly Json[],
  zone: string,
  startAt: number,
): Promise<EnginePartition> {
  let now = startAt;
  const clock: Clock = { now: () => now, elapsedMs: () => now, after: () => quiet, sleep: async () => {} };
  const log = createMemoryLog({ clock });
  const workerLog = log.connect();
  await log.ensureTopics(topics.map((name) => ({ name, partitions: 1, replicas: 1, settings: {} })));
  const codec = createLocalCodec();
  const prepare = (topic: string, names: readonly string[]) =>
    codec.prepare(
      topic,
      names.map((name) => `tidemark.${name}`),
    );
  await prepare(topics[0], [
    "log.CustomerEvent",
    "log.Clock",
    "log.DefinitionVersion",
    "log.LoadBegin",
    "log.LoadEnd",
  ]);
  await prepare(topics[1], ["changes.SegmentChange", "changes.Fence"]);
  await prepare(topics[2], ["log.RejectedEvent"]);
  const store = createMemoryStateStore();
  let snapshot = store.snapshot();
  const sources: SourceRecord[] = [];
  const events: CustomerEvent[] = [];
  let folded = 0;

  const append = async (type: string, value: object): Promise<void> => {
    await log.append(topics[0], 0, [{ key: null, value: codec.encode(`tidemark.log.${type}`, value) }]);
  };
  const makeWorker = (): PartitionWorker =>
    createPartitionWorker(0, {
      log: workerLog,
      store,
      codec,
      clock,
      logger,
      definitionSets: definitionSets(zone),
      observe: { events: quiet, published: quiet, fired: quiet, clock: quiet, failed: quiet },
    });
  let worker = makeWorker();
  let version = 0;
  for (const document of documents) {
    version += 1;
    const { kind, id } = document;
    await append("DefinitionVersion", {
      kind,
      id,
      version,
      filling: false,
      document: JSON.stringify(document),
    });
  }
  const fold = async (): Promise<void> => {
    const records = log.records(topics[0], 0);
    for (; folded < records.length; folded = Math.min(folded + 5, records.length))
      await worker.process(records.slice(folded, folded + 5));
  };
  return {
    now: () => now,
    advance(ms) {
      now += ms;
    },
    async event(given) {
      const sourceId = given.order ? "orders" : "interactions";
      const sourceOffset = sources.filter(({ topic }) => topic === sourceId).length;
      const event: CustomerEvent = {
        subject: "c-1",
        subjectKind: "customer",
        name: "page.viewed",
        occurredAt: now,
        eventId: null,
        sourceId,
        sourcePartition: 0,
        sourceOffset,
        ordinal: 0,
        count: 1,
        attributes: null,
        properties: "{}",
        order: null,
        ...given,
      };
      sources.push({ topic: sourceId, partition: 0, offset: sourceOffset });
      events.push(event);
      await append("CustomerEvent", event);
    },
    async again(index) {
      const event = events[index];
      if (event !== undefined) await append("CustomerEvent", event);
    },
    load: (type) => append(type, { sourceId: "orders", sourcePartition: 0 }),
    fold,
    async fire() {
      await fold();
      await worker.refreshDue();
      while (worker.nextDueAt() <= now) {
        // A clock record that failed is made up for by the next, as the clock driver does.
        await worker.appendClock(now, 250).catch(quiet);
        await fold();
        await worker.refreshDue();
      }
    },
    failAppends: (times, kind) => workerLog.failAppends(times, kind),
    async crash() {
      worker.giveUp();
      store.restore(snapshot);
      snapshot = store.snapshot();
      worker = makeWorker();
      folded = 0;
    },
    async logs() {
      const decoded = async (topic: string): Promise<{ record: LogRecord; type: string; value: unknown }[]> =>
        Promise.all(
          log.records(topic, 0).map(async (record) => {
            const { type, value } = await codec.decode(record.value!);
            return { record, type: type.split(".").at(-1)!, value };
          }),
        );
      const own = (await decoded(topics[0])).flatMap(({ record, type, value }): LogEntry[] => {
        const { offset, timestamp: appendedAt } = record;
        if (type === "CustomerEvent")
          return [{ type: "event", offset, appendedAt, event: value as CustomerEvent }];
        return type === "DefinitionVersion"
          ? [{ type: "definition", offset, definition: value } as LogEntry]
          : [];
      });
      const changes = (await decoded(topics[1])).map(({ record: { offset }, type, value }) =>
        type === "Fence"
          ? { type: "fence", offset, fence: value }
          : { type: "change", offset, change: value },
      ) as ChangeEntry[];
      return {
        sources,
        deadLetters: log.records(topics[3], 0).map(letterOf),
        customerEvents: new Map([[0, own]]),
        rejected: (await decoded(topics[2])).map(({ value }) => value as RejectedEvent),
        segmentChanges: new Map([[0, changes]]),
      };
    },
  };
}

function letterOf({ headers }: LogRecord): DeadLetter {
  const named = Object.fromEntries(headers.map(([name, value]) => [name, value.toString()]));
  return {
    topic: named["tidemark-topic"]!,
    partition: Number(named["tidemark-partition"]),
    offset: Number(named["tidemark-offset"]),
    reason: named["tidemark-reason"]!,
    orderLines: 0,
  };
}

export function endsOf(logs: Logs): Ends {
  const ends = (
    partitions: ReadonlyMap<number, readonly { readonly offset: number }[]>,
  ): Map<number, number> =>
    new Map([...partitions].map(([partition, entries]) => [partition, (entries.at(-1)?.offset ?? -1) + 1]));
  return { customerEvents: ends(logs.customerEvents), segmentChanges: ends(logs.segmentChanges) };
}

/** What a warehouse without a fault would hold of these logs. */
export function archiveOf(logs: Logs): Archive {
  const events = [...logs.customerEvents].flatMap(([partition, entries]) =>
    entries.flatMap((entry) =>
      entry.type === "event" ? [{ ...entry.event, partition, offset: entry.offset }] : [],
    ),
  );
  const changes = [...logs.segmentChanges].flatMap(([partition, entries]) => {
    let [fence, last] = [0, 0];
    return entries.flatMap((entry) => {
      if (entry.type === "fence") fence = Math.max(fence, entry.fence.epoch);
      if (entry.type === "fence" || entry.change.epoch < fence || entry.change.sequence <= last) return [];
      last = entry.change.sequence;
      return [{ ...entry.change, partition }];
    });
  });
  const newest = new Map(
    changes.map((change) => [`${change.subject} ${change.definitionKind} ${change.definition}`, change]),
  );
  const members = [...newest.values()]
    .filter(({ definitionKind, to }) => definitionKind === "classification" || to === "in")
    .map((change) => ({ ...change, category: change.to }));
  return { events, changes, members, rejected: logs.rejected };
}
