/** A log in memory with one group and one live member: who consumes last owns everything, like after a crash. */
import type { CommitPosition, ConsumeOptions, Consumption, Log, LogRecord } from "@tidemark/runtime";

export interface ScriptedLog extends Pick<Log, "consume" | "committed" | "startOffsets" | "read"> {
  /** Removes what lies below the offset, like retention does. */
  trim(topic: string, partition: number, offset: number): void;
  /** Where the group stands, and what it says of it. */
  stand(topic: string, partition: number, offset: number, metadata: object): void;
  put(topic: string, partition: number, values: readonly Buffer[], timestamp?: number): void;
  /** What the group committed, in the order of the commits. */
  readonly commits: readonly CommitPosition[];
  /** Whether a record was handed to anybody. */
  isRead(): boolean;
  /** True when every partition's commit is at its end and names no block. */
  isDrained(): boolean;
}

export function scriptedLog(topics: readonly string[], partitions: number): ScriptedLog {
  const records = new Map<string, LogRecord[]>();
  for (const topic of topics) {
    for (let partition = 0; partition < partitions; partition += 1) records.set(`${topic}/${partition}`, []);
  }
  const commits: CommitPosition[] = [];
  const offsets = new Map<string, { offset: number; metadata: string }>();
  const starts = new Map<string, number>();
  let generation = 0;
  let isRead = false;
  const of = (topic: string, partition: number) => records.get(`${topic}/${partition}`) ?? [];

  return {
    commits,
    isRead: () => isRead,
    put(topic, partition, values, timestamp = Date.UTC(2026, 4, 1)) {
      const held = of(topic, partition);
      for (const value of values) {
        held.push({ topic, partition, offset: held.length, timestamp, key: null, value, headers: [] });
      }
    },
    isDrained: () =>
      [...records].every(([key, held]) => {
        const committed = offsets.get(key);
        if (committed === undefined) return held.length === 0;
        return committed.offset === held.length && JSON.parse(committed.metadata).end === undefined;
      }),
    trim: (topic, partition, offset) => void starts.set(`${topic}/${partition}`, offset),
    stand: (topic, partition, offset, metadata) =>
      void offsets.set(`${topic}/${partition}`, { offset, metadata: JSON.stringify(metadata) }),
    startOffsets: async (topic) =>
      Array.from({ length: partitions }, (_, partition) => starts.get(`${topic}/${partition}`) ?? 0),
    committed: async (_group, topic) =>
      Array.from({ length: partitions }, (_, partition) => offsets.get(`${topic}/${partition}`) ?? null),
    async *read(topic, partition, from, to) {
      const start = starts.get(`${topic}/${partition}`) ?? 0;
      if (from < start) throw new Error(`${topic}/${partition} begins at ${start}, not at ${from}`);
      yield of(topic, partition).slice(from, to);
    },
    async consume(options: ConsumeOptions): Promise<Consumption> {
      generation += 1;
      const mine = generation;
      let stopped = false;
      const assigned = options.topics.flatMap((topic) =>
        Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
      );
      const positions = await options.onAssigned(assigned);
      const pump = async (topic: string, partition: number, from: number) => {
        let position = from;
        while (!stopped && mine === generation) {
          const batch = of(topic, partition).slice(position, position + 5);
          if (batch.length > 0) isRead = true;
          if (batch.length > 0) await options.onBatch({ topic, partition }, batch);
          else await new Promise((resolve) => setTimeout(resolve, 5));
          position += batch.length;
        }
      };
      for (const { topic, partition, offset } of positions) void pump(topic, partition, offset);
      const ended = Promise.withResolvers<void>();
      return {
        async commit(list) {
          if (mine !== generation) throw new Error("not a member any more");
          for (const position of list) {
            commits.push(position);
            offsets.set(`${position.topic}/${position.partition}`, position);
          }
        },
        async stop() {
          stopped = true;
          ended.resolve();
        },
        ended: ended.promise,
      };
    },
  };
}
