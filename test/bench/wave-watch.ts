/** Reads segment-changes as a consumer does: who left, at which instant, in which order; how late live changes are. */
import { type SegmentChange, topicNames } from "@tidemark/contracts";
import type { Bench } from "./bench.ts";
import { type Members, memberId } from "./wave-members.ts";

export interface WaveWatch {
  /** Members that left, each counted once. */
  left(): number;
  /** When the last of them was seen to leave, `performance.now()`. */
  lastLeftAt(): number;
  /** Exits seen more than once, at another instant than foretold, or before one that was due earlier in its partition. */
  faults(): { readonly repeated: number; readonly wrongInstant: number; readonly outOfOrder: number };
  /** From the instant of an exit to its sight here, in ms. */
  readonly latenessMs: number[];
  /** Exits seen, by second since the first. */
  readonly leftBySecond: number[];
  /** When each live event was sent, by customer; taken out as its change is seen. */
  readonly sentAt: Map<string, number>;
  /** Members that had a live event are 1: it may let them leave before their turn. */
  readonly touched: Uint8Array;
  /** From the sending of a live event to the sight of its change: [sent at, took], in ms. */
  readonly live: (readonly [sentAt: number, tookMs: number])[];
  stop(): Promise<void>;
}

export async function watchWave(bench: Bench, members: Members): Promise<WaveWatch> {
  const { log, codec } = bench;
  const seen = new Uint8Array(members.count);
  const touched = new Uint8Array(members.count);
  const latest = new Map<number, number>();
  const prefix = memberId(members.name, 0).slice(0, -1);
  const latenessMs: number[] = [];
  const leftBySecond: number[] = [];
  const sentAt = new Map<string, number>();
  const live: (readonly [number, number])[] = [];
  let left = 0;
  let firstLeftAt = 0;
  let lastLeftAt = 0;
  let repeated = 0;
  let wrongInstant = 0;
  let outOfOrder = 0;

  const exit = (change: SegmentChange, partition: number, at: number): void => {
    const member = Number(change.subject.slice(prefix.length));
    if (seen[member] !== 0) {
      repeated += 1;
      return;
    }
    seen[member] = 1;
    left += 1;
    lastLeftAt = at;
    firstLeftAt ||= at;
    const second = Math.floor((at - firstLeftAt) / 1000);
    leftBySecond[second] = (leftBySecond[second] ?? 0) + 1;
    latenessMs.push(Date.now() - change.effectiveAt);
    if (change.effectiveAt !== members.endOf(member)) wrongInstant += 1;
    if (touched[member] !== 0) return;
    if (change.effectiveAt < (latest.get(partition) ?? 0)) outOfOrder += 1;
    latest.set(partition, change.effectiveAt);
  };

  const assigned = Promise.withResolvers<void>();
  const consumption = await log.consume({
    group: `bench-${members.name}-${process.pid}`,
    topics: [topicNames.segmentChanges],
    maxBatchRecords: 5_000,
    sessionTimeoutMs: 30_000,
    onAssigned: async (gained) => {
      const ends = await log.endOffsets(topicNames.segmentChanges);
      assigned.resolve();
      return gained.map((place) => ({ ...place, offset: ends[place.partition] ?? 0 }));
    },
    onRevoked: async () => {},
    onBatch: async ({ partition }, records) => {
      const at = performance.now();
      for (const record of records) {
        if (record.value === null) continue;
        const decoded = codec.decodeSync(record.value) ?? (await codec.decode(record.value));
        if (decoded.type !== "tidemark.changes.SegmentChange") continue;
        const change = decoded.value as SegmentChange;
        if (change.definition === "seen-lately" && change.to === "in") {
          const sent = sentAt.get(change.subject);
          if (sent === undefined) continue;
          sentAt.delete(change.subject);
          live.push([sent, at - sent]);
        } else if (
          change.definition === "active-today" &&
          change.to === "out" &&
          change.subject.startsWith(prefix)
        )
          exit(change, partition, at);
      }
    },
  });
  // What is sent from now on is seen.
  await assigned.promise;
  return {
    left: () => left,
    lastLeftAt: () => lastLeftAt,
    faults: () => ({ repeated, wrongInstant, outOfOrder }),
    latenessMs,
    leftBySecond,
    sentAt,
    touched,
    live,
    stop: () => consumption.stop(),
  };
}
