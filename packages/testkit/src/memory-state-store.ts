import type { Ownership, PartitionProgress, Standing, StateStore, TimerSet } from "@tidemark/runtime";

interface Partition {
  epoch: number;
  token: string;
  position: number;
  sequence: number;
  changesOffset: number;
  meta: Buffer | null;
  definitions: Buffer | null;
  readonly subjects: Map<string, Buffer>;
  readonly orders: Map<string, Buffer>;
  readonly orderOwners: Map<string, string>;
  readonly timers: Record<TimerSet, Map<string, number>>;
}

/** The `StateStore` port in memory, and what tests do to it. */
export interface MemoryStateStore extends StateStore {
  /** As when the connection broke: whoever owned a partition owns it no more. */
  reconnect(): void;
  /** A copy of everything, to come back to. */
  snapshot(): unknown;
  /** Goes back to a snapshot: a store that lost its last second. Epochs go back too. */
  restore(snapshot: unknown): void;
}

export function createMemoryStateStore(): MemoryStateStore {
  let partitions = new Map<number, Partition>();
  let connection = 0;
  const owners = new WeakMap<Ownership, number>();
  const open = (number: number): Partition => {
    const known = partitions.get(number);
    if (known) return known;
    const fresh = emptyPartition();
    partitions.set(number, fresh);
    return fresh;
  };

  const standing = (ownership: Ownership, expected: PartitionProgress): Standing => {
    const { epoch, token, position, sequence } = open(ownership.partition);
    const isOwner = owners.get(ownership) === connection && epoch === ownership.epoch;
    if (!isOwner || token !== ownership.token) return "fenced";
    return position === expected.position && sequence === expected.sequence ? "owned" : "moved";
  };

  return {
    async takeOver(number) {
      const partition = open(number);
      partition.epoch += 1;
      partition.token = `${number}-${partition.epoch}-${connection}`;
      const ownership: Ownership = { partition: number, epoch: partition.epoch, token: partition.token };
      owners.set(ownership, connection);
      return ownership;
    },
    async load(number) {
      const { position, sequence, changesOffset, meta, definitions, token } = open(number);
      return { position, sequence, changesOffset, meta, definitions, owner: token === "" ? null : token };
    },
    async subjects(number, subjects) {
      return subjects.map((subject) => open(number).subjects.get(subject) ?? null);
    },
    async orders(number, keys) {
      return keys.map((key) => open(number).orders.get(key) ?? null);
    },
    async orderKeys(number, subject) {
      return [...open(number).orderOwners]
        .filter(([, owner]) => owner === subject)
        .map(([key]) => key)
        .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    },
    async dueTimers(number, set, upTo, limit) {
      return [...open(number).timers[set]]
        .filter(([, dueAt]) => dueAt <= upTo)
        .map(([subject, dueAt]) => ({ subject, dueAt }))
        .sort((a, b) => a.dueAt - b.dueAt || Buffer.compare(Buffer.from(a.subject), Buffer.from(b.subject)))
        .slice(0, limit);
    },
    async position(number) {
      return open(number).position;
    },
    async countDue(number, set, upTo) {
      return [...open(number).timers[set].values()].filter((dueAt) => dueAt <= upTo).length;
    },
    async earliestTimer(number, set) {
      const dues = [...open(number).timers[set].values()];
      return dues.length === 0 ? null : dues.reduce((a, b) => Math.min(a, b));
    },
    async forget(number) {
      const { epoch } = open(number);
      partitions.set(number, { ...emptyPartition(), epoch: epoch + 1 });
    },
    check: async (ownership, expected) => standing(ownership, expected),
    async commit(ownership, expected, commit) {
      const found = standing(ownership, expected);
      if (found !== "owned") return found;
      const partition = open(ownership.partition);
      partition.position = commit.position;
      partition.sequence = commit.sequence;
      partition.changesOffset = commit.changesOffset;
      partition.meta = commit.meta;
      partition.definitions = commit.definitions ?? partition.definitions;
      for (const { subject, state, timer } of commit.subjects) {
        put(partition.subjects, subject, state);
        for (const set of ["live", "held"] as const) {
          put(partition.timers[set], subject, timer?.set === set ? timer.dueAt : null);
        }
      }
      for (const { key, subject, image } of commit.orders) {
        put(partition.orders, key, image);
        put(partition.orderOwners, key, image && subject);
      }
      return "committed";
    },
    async close() {},
    reconnect() {
      connection += 1;
    },
    snapshot: () => copyOf(partitions),
    restore(snapshot) {
      partitions = copyOf(snapshot as ReadonlyMap<number, Partition>);
    },
  };
}

function emptyPartition(): Partition {
  return {
    epoch: 0,
    token: "",
    position: 0,
    sequence: 0,
    changesOffset: 0,
    meta: null,
    definitions: null,
    subjects: new Map(),
    orders: new Map(),
    orderOwners: new Map(),
    timers: { live: new Map(), held: new Map() },
  };
}

/** Buffers are never written to, so they are shared. */
function copyOf(partitions: ReadonlyMap<number, Partition>): Map<number, Partition> {
  return new Map(
    [...partitions].map(([number, { subjects, orders, orderOwners, timers, ...rest }]) => [
      number,
      {
        ...rest,
        subjects: new Map(subjects),
        orders: new Map(orders),
        orderOwners: new Map(orderOwners),
        timers: { live: new Map(timers.live), held: new Map(timers.held) },
      },
    ]),
  );
}

function put<Value>(map: Map<string, Value>, key: string, value: Value | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}
