/**
 * How far a service is in each of its partitions: what waits, since when, and what is in hand. Told by a `Log` that is
 * looked at on its way to the service, so that the service itself says nothing. Laws that tests cite:
 *  P1 a partition in which records wait and none is done for `stalledAfterMs` makes the service not ready.
 *  P2 an offset behind which nothing can be read (a transaction's marker, a compacted record) is not waited for.
 */
import type { Clock } from "./ports/clock.ts";
import type { CommitPosition, ConsumeOptions, Log, TopicPartition } from "./ports/log.ts";
import type { Readiness } from "./readiness.ts";

export interface FollowOptions {
  /** Topics whose records are done when their position is committed; all others when their batch is handled. */
  readonly doneWhenCommitted?: readonly string[];
  /** Timestamps are the broker's append times. */
  readonly appendTimes?: boolean;
}

export interface PartitionLag extends TopicPartition {
  readonly records: number;
  /** How long the oldest record that waits has waited, in ms, as far as is known. */
  readonly ms: number;
}

export interface Progress {
  /** The same log; what is consumed through it is followed. */
  follow(log: Log, options?: FollowOptions): Log;
  lags(): readonly PartitionLag[];
  ready(): Readiness;
  /** What is under way, for people. */
  inHand(): readonly string[];
  recordsInHand(): number;
  stop(): void;
}

export interface ProgressBounds {
  /** How often the ends of topics are asked for, in ms. */
  readonly checkMs: number;
  readonly stalledAfterMs: number;
}

/** Ends seen of a partition, kept to tell how long its oldest record waits; one is left out where there are more. */
const maxEnds = 720;

interface Lane extends TopicPartition {
  /** Everything below it is done. */
  position: number;
  end: number;
  /** Since when records wait and none is done, in ms; the last look where none waits. */
  advancedAt: number;
  /** Append time of the oldest record in hand, in ms; null where none is. */
  oldestAt: number | null;
  /** Whether what seems to wait in it is being read. */
  isLookedInto: boolean;
  ends: { readonly end: number; readonly at: number }[];
}

interface UnderWay {
  readonly name: string;
  readonly since: number;
  readonly records: number;
}

export function createProgress(clock: Clock, bounds: ProgressBounds): Progress {
  const lanes = new Map<string, Lane>();
  /** Of lanes that were revoked, too. */
  const underWay = new Set<UnderWay>();
  let stopped = false;

  const lookAt = (lane: Lane, end: number): void => {
    if (lane.position >= lane.end) lane.advancedAt = clock.elapsedMs();
    if (end <= lane.end) return;
    lane.end = end;
    lane.ends.push({ end, at: clock.now() });
    if (lane.ends.length > maxEnds) lane.ends.splice(1, 1);
  };

  const reach = (lane: Lane, position: number): void => {
    if (position <= lane.position) return;
    lane.position = position;
    lane.advancedAt = clock.elapsedMs();
    lane.ends = lane.ends.filter(({ end }) => end > position);
  };

  /** P2. Reading may take as long as it likes. */
  const lookInto = async (log: Log, lane: Lane): Promise<void> => {
    lane.isLookedInto = true;
    const { end } = lane;
    const isEmpty = await holdsRecords(log, lane).then(
      (holds) => !holds,
      () => false,
    );
    if (isEmpty) reach(lane, end);
    lane.isLookedInto = false;
  };

  const watch = async (log: Log, topic: string): Promise<void> => {
    const own = [...lanes.values()].filter((lane) => lane.topic === topic);
    if (own.length === 0) return;
    const ends = await log.endOffsets(topic);
    for (const lane of own) {
      lookAt(lane, ends[lane.partition] ?? 0);
      if (!lane.isLookedInto && isQuiet(lane, clock.elapsedMs(), bounds)) void lookInto(log, lane);
    }
  };

  const watchTopics = async (log: Log, topics: readonly string[]): Promise<void> => {
    while (!stopped) {
      // A log that is away is told of by the service's dependencies.
      for (const topic of topics) await watch(log, topic).catch(() => undefined);
      await new Promise<void>((resolve) => clock.after(bounds.checkMs, resolve));
    }
  };

  const followed = (
    options: ConsumeOptions,
    doneWhenCommitted: readonly string[],
    appendTimes: boolean,
  ): ConsumeOptions => ({
    ...options,
    async onAssigned(gained) {
      const positions = await options.onAssigned(gained);
      for (const { topic, partition, offset } of positions) {
        const fresh = { topic, partition, position: offset, end: offset };
        lanes.set(nameOf({ topic, partition }), {
          ...fresh,
          isLookedInto: false,
          advancedAt: clock.elapsedMs(),
          oldestAt: null,
          ends: [],
        });
      }
      return positions;
    },
    async onRevoked(lost) {
      for (const partition of lost) lanes.delete(nameOf(partition));
      await options.onRevoked(lost);
    },
    async onBatch(partition, records) {
      const lane = lanes.get(nameOf(partition));
      const last = records.at(-1);
      if (lane === undefined || last === undefined) return options.onBatch(partition, records);
      lookAt(lane, last.offset + 1);
      const now = clock.now();
      const batch = { name: nameOf(partition), since: clock.elapsedMs(), records: records.length };
      underWay.add(batch);
      lane.oldestAt = appendTimes ? (records[0]?.timestamp ?? now) : now;
      try {
        await options.onBatch(partition, records);
        if (!doneWhenCommitted.includes(lane.topic)) reach(lane, last.offset + 1);
      } finally {
        underWay.delete(batch);
        lane.oldestAt = null;
      }
    },
  });

  return {
    follow(log, { doneWhenCommitted = [], appendTimes = false } = {}) {
      const reached = (positions: readonly CommitPosition[]): void => {
        for (const { offset, ...partition } of positions) {
          const lane = lanes.get(nameOf(partition));
          if (lane !== undefined && doneWhenCommitted.includes(lane.topic)) reach(lane, offset);
        }
      };
      const watched = new Set<string>();
      return {
        ...log,
        async consume(options) {
          const topics = options.topics.filter((topic) => !watched.has(topic));
          for (const topic of topics) watched.add(topic);
          if (topics.length > 0) void watchTopics(log, topics);
          const consumption = await log.consume(followed(options, doneWhenCommitted, appendTimes));
          return {
            async commit(positions) {
              await consumption.commit(positions);
              reached(positions);
            },
            stop: () => consumption.stop(),
            ended: consumption.ended,
          };
        },
      };
    },
    lags: () => [...lanes.values()].map((lane) => lagOf(lane, clock.now())),
    ready() {
      const now = clock.elapsedMs();
      for (const lane of lanes.values()) {
        const idleMs = now - lane.advancedAt;
        if (lane.position >= lane.end || idleMs <= bounds.stalledAfterMs) continue;
        const waiting = lane.end - lane.position;
        const reason = `${nameOf(lane)} makes no progress: ${waiting} records wait and none was done for ${seconds(idleMs)}`;
        return { ready: false, reason };
      }
      return { ready: true };
    },
    inHand() {
      const now = clock.elapsedMs();
      return [...underWay].map(
        ({ name, records, since }) => `${name}: ${records} records for ${seconds(now - since)}`,
      );
    },
    recordsInHand: () => [...underWay].reduce((sum, { records }) => sum + records, 0),
    stop() {
      stopped = true;
    },
  };
}

/** Records seem to wait, nobody has them in hand, and that has lasted. */
function isQuiet(lane: Lane, now: number, { stalledAfterMs }: ProgressBounds): boolean {
  return lane.oldestAt === null && lane.position < lane.end && now - lane.advancedAt > stalledAfterMs / 2;
}

async function holdsRecords(log: Log, { topic, partition, position, end }: Lane): Promise<boolean> {
  for await (const records of log.read(topic, partition, position, end)) {
    if (records.length > 0) return true;
  }
  return false;
}

function lagOf({ topic, partition, position, end, ends, oldestAt }: Lane, now: number): PartitionLag {
  const records = Math.max(0, end - position);
  if (records === 0) return { topic, partition, records, ms: 0 };
  const seenAt = ends[0]?.at ?? now;
  return { topic, partition, records, ms: Math.max(0, now - Math.min(seenAt, oldestAt ?? now)) };
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function seconds(ms: number): string {
  return `${Math.floor(ms / 1_000)} s`;
}
