/** What a broker keeps: topics, what groups committed, and who is a member of which group. */
import {
  type Clock,
  type CommitPosition,
  LogError,
  type LogRecord,
  type OutgoingRecord,
  recordBytes,
  type TopicPartition,
  type TopicSpecification,
} from "@tidemark/runtime";

/** The broker's default limit of one batch, in bytes. */
const maxMessageBytes = 1_048_588;

/** The broker's default limit of the text kept with a commit, in bytes. */
const maxMetadataBytes = 4_096;

export interface MemoryPartition {
  /** First offset held. */
  start: number;
  /** The record at index i has the offset `start` + i. */
  readonly records: LogRecord[];
  /** Called at every append, and when a reader is to look around. */
  readonly listeners: Set<() => void>;
}

/** A member as the broker sees it: `assign` hands it all its partitions anew. */
export interface BrokerMember {
  readonly topics: readonly string[];
  assign(partitions: readonly TopicPartition[]): void;
}

interface Group {
  readonly members: BrokerMember[];
  readonly committed: Map<string, { readonly offset: number; readonly metadata: string }>;
}

export interface MemoryBroker {
  createTopic(specification: TopicSpecification): void;
  /** Rejects with a `LogError` where there is none. */
  partitions(topic: string): readonly MemoryPartition[];
  partition(topic: string, partition: number): MemoryPartition;
  /** Answers the first record's offset. */
  append(topic: string, partition: number, records: readonly OutgoingRecord[]): number;
  join(group: string, member: BrokerMember): void;
  leave(group: string, member: BrokerMember): void;
  commit(group: string, positions: readonly CommitPosition[]): void;
  committed(group: string, place: TopicPartition): { offset: number; metadata: string } | null;
}

export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

export function end({ start, records }: MemoryPartition): number {
  return start + records.length;
}

export function createMemoryBroker(clock: Clock): MemoryBroker {
  const topics = new Map<string, readonly MemoryPartition[]>();
  const groups = new Map<string, Group>();

  const groupOf = (name: string): Group => {
    const known = groups.get(name) ?? { members: [], committed: new Map() };
    groups.set(name, known);
    return known;
  };

  const partitions = (topic: string): readonly MemoryPartition[] => {
    const known = topics.get(topic);
    if (known === undefined) throw new LogError("retry", `there is no topic ${topic}`);
    return known;
  };

  const partition = (topic: string, number: number): MemoryPartition => {
    const all = partitions(topic);
    const known = all[number];
    if (known === undefined) {
      throw new LogError("fatal", `there is no partition ${number} in ${topic}: it has ${all.length}`);
    }
    return known;
  };

  /** Spreads each topic's partitions over the members that want it, in the order in which they joined. */
  const rebalance = ({ members }: Group): void => {
    const shares = new Map<BrokerMember, TopicPartition[]>(members.map((member) => [member, []]));
    for (const [topic, all] of topics) {
      const interested = members.filter((member) => member.topics.includes(topic));
      for (let number = 0; number < all.length; number += 1) {
        const member = interested[number % interested.length];
        if (member) shares.get(member)?.push({ topic, partition: number });
      }
    }
    for (const [member, share] of shares) member.assign(share);
  };

  return {
    partitions,
    partition,
    createTopic({ name, partitions: count }) {
      const known = topics.get(name);
      if (known?.length === count) return;
      if (known) {
        throw new LogError("fatal", `topic ${name} has ${known.length} partitions, ${count} were expected`);
      }
      topics.set(
        name,
        Array.from({ length: count }, () => ({ start: 0, records: [], listeners: new Set<() => void>() })),
      );
      for (const group of groups.values()) {
        if (group.members.some((member) => member.topics.includes(name))) rebalance(group);
      }
    },
    append(topic, number, records) {
      const target = partition(topic, number);
      const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0);
      if (records.length === 0) throw new LogError("fatal", `nothing to append to ${topic}/${number}`);
      if (bytes > maxMessageBytes) {
        throw new LogError("fatal", `${bytes} bytes are more than ${topic}/${number} takes in one batch`);
      }
      const baseOffset = end(target);
      const timestamp = clock.now();
      records.forEach((record, at) => {
        target.records.push({
          topic,
          partition: number,
          offset: baseOffset + at,
          timestamp,
          ...copy(record),
        });
      });
      for (const listener of [...target.listeners]) listener();
      return baseOffset;
    },
    join(name, member) {
      const group = groupOf(name);
      group.members.push(member);
      rebalance(group);
    },
    leave(name, member) {
      const group = groupOf(name);
      const at = group.members.indexOf(member);
      if (at < 0) return;
      group.members.splice(at, 1);
      rebalance(group);
    },
    commit(name, positions) {
      for (const position of positions) {
        partition(position.topic, position.partition);
        if (Buffer.byteLength(position.metadata) > maxMetadataBytes) {
          throw new LogError(
            "fatal",
            `the metadata for ${partitionKey(position)} is longer than the broker keeps`,
          );
        }
      }
      const { committed } = groupOf(name);
      for (const { offset, metadata, ...place } of positions) {
        committed.set(partitionKey(place), { offset, metadata });
      }
    },
    committed: (name, place) => groups.get(name)?.committed.get(partitionKey(place)) ?? null,
  };
}

function copy({ key, value, headers = [] }: OutgoingRecord): Pick<LogRecord, "key" | "value" | "headers"> {
  return {
    key: key && Buffer.from(key),
    value: value && Buffer.from(value),
    headers: headers.map(([name, content]) => [name, Buffer.from(content)] as const),
  };
}
