/**
 * Who gets which partition in a rebalance. Both clients' leaders divide by it, so members of both can share a group.
 * Laws:
 * G1 each partition of each topic goes to one member that subscribes to it.
 * G2 of a topic, no member has two partitions more than another that subscribes to it.
 * G3 as many partitions as G2 allows stay with the member that holds them: those are not interrupted.
 */
import type { TopicPartition } from "@tidemark/runtime";
import { byTopic, placeName } from "./place.ts";

/** What the protocol calls it. */
export const stickyName = "tidemark-sticky";

/** What a member had when it was told last; carried in its subscription. */
export interface Claim {
  readonly generationId: number;
  readonly partitions: readonly TopicPartition[];
}

export interface Candidate {
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly claim: Claim;
}

const noClaim: Claim = { generationId: -1, partitions: [] };

export function packClaim({ generationId, partitions }: Claim): Buffer {
  const topics = [...byTopic(partitions)].map(([topic, own]) => [
    topic,
    own.map(({ partition }) => partition),
  ]);
  return Buffer.from(JSON.stringify([generationId, topics]));
}

/** A claim that cannot be read is none. */
export function unpackClaim(bytes: Buffer | string | null | undefined): Claim {
  try {
    const [generationId, topics] = JSON.parse(String(bytes)) as [number, readonly [string, number[]][]];
    if (!Number.isInteger(generationId)) return noClaim;
    return {
      generationId,
      partitions: topics.flatMap(([topic, own]) => own.map((partition) => ({ topic, partition }))),
    };
  } catch {
    return noClaim;
  }
}

/** The partitions of each member, by its id. `partitionCounts` is asked for each topic to be divided. */
export function assignSticky(
  candidates: readonly Candidate[],
  topics: readonly string[],
  partitionCount: (topic: string) => number,
): ReadonlyMap<string, readonly TopicPartition[]> {
  const sorted = [...candidates].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const holders = holdersOf(sorted);
  const assigned = new Map<string, TopicPartition[]>(sorted.map(({ memberId }) => [memberId, []]));
  for (const topic of topics) {
    const members = sorted.filter((member) => member.topics.includes(topic)).map(({ memberId }) => memberId);
    const places = Array.from({ length: partitionCount(topic) }, (_, partition) => ({ topic, partition }));
    for (const [memberId, own] of divide(places, members, holders, (id) => assigned.get(id)?.length ?? 0))
      assigned.get(memberId)?.push(...own);
  }
  return assigned;
}

/** Of two that claim a partition, the one that was told later holds it. */
function holdersOf(candidates: readonly Candidate[]): ReadonlyMap<string, string> {
  const holders = new Map<string, { readonly memberId: string; readonly generationId: number }>();
  for (const { memberId, claim } of candidates) {
    for (const place of claim.partitions) {
      const name = placeName(place);
      if ((holders.get(name)?.generationId ?? -1) < claim.generationId)
        holders.set(name, { memberId, generationId: claim.generationId });
    }
  }
  return new Map([...holders].map(([name, { memberId }]) => [name, memberId]));
}

function divide(
  places: readonly TopicPartition[],
  members: readonly string[],
  holders: ReadonlyMap<string, string>,
  /** How many partitions of other topics a member has already. */
  load: (memberId: string) => number,
): ReadonlyMap<string, readonly TopicPartition[]> {
  const kept = new Map<string, TopicPartition[]>(members.map((memberId) => [memberId, []]));
  for (const place of places) kept.get(holders.get(placeName(place)) ?? "")?.push(place);
  const held = (memberId: string): number => kept.get(memberId)?.length ?? 0;
  const least = Math.floor(places.length / Math.max(members.length, 1));
  const extra = places.length - least * members.length;
  // One more for those that hold more than the least already, then for those with the lightest load.
  const ranked = [...members].sort(
    (a, b) => Math.min(held(b), least + 1) - Math.min(held(a), least + 1) || load(a) - load(b),
  );
  const quota = new Map(ranked.map((memberId, rank) => [memberId, least + Number(rank < extra)]));
  const taken = new Set<string>();
  for (const [memberId, own] of kept) {
    own.length = Math.min(own.length, quota.get(memberId) ?? 0);
    for (const place of own) taken.add(placeName(place));
  }
  const free = places.filter((place) => !taken.has(placeName(place)));
  for (const memberId of ranked) {
    const own = kept.get(memberId) ?? [];
    own.push(...free.splice(0, (quota.get(memberId) ?? 0) - own.length));
  }
  return kept;
}
