/** The `StateStore` port of one process over the one store of the world. */
import type { StateStore } from "@tidemark/runtime";
import type { MemoryStateStore } from "@tidemark/testkit";
import type { Host } from "./host.ts";

export interface SharedStore {
  readonly store: MemoryStateStore;
  /** Counts how often connections broke. */
  connection: number;
}

const failure = (_kind: string, message: string): Error => new Error(message);

export function createHostStore(host: Host, shared: SharedStore): StateStore {
  const { store } = shared;
  /** `effect` is asked at one instant: the store in memory answers at once. */
  const call = async <Result>(
    label: string,
    effect: () => Promise<Result>,
    write?: "once" | "repeats",
  ): Promise<Result> => {
    const { connection } = shared;
    const isConnected = () => shared.connection === connection;
    const kind = write === undefined ? {} : { write };
    const answer = await host.call("store", label, effect, { failure, isConnected, ...kind });
    return answer;
  };
  return {
    takeOver: (partition) => call(`takes over ${partition}`, () => store.takeOver(partition), "repeats"),
    load: (partition) => call(`loads ${partition}`, () => store.load(partition)),
    position: (partition) => call(`asks the position of ${partition}`, () => store.position(partition)),
    subjects: (partition, subjects) =>
      call(`loads subjects of ${partition}`, () => store.subjects(partition, subjects)),
    orders: (partition, keys) => call(`loads orders of ${partition}`, () => store.orders(partition, keys)),
    orderKeys: (partition, subject) =>
      call(`asks orders of a subject in ${partition}`, () => store.orderKeys(partition, subject)),
    forget: (partition) => call(`forgets ${partition}`, () => store.forget(partition), "repeats"),
    dueTimers: (partition, set, upTo, limit) =>
      call(`asks timers of ${partition}`, () => store.dueTimers(partition, set, upTo, limit)),
    countDue: (partition, set, upTo) =>
      call(`counts timers of ${partition}`, () => store.countDue(partition, set, upTo)),
    earliestTimer: (partition, set) =>
      call(`asks the next timer of ${partition}`, () => store.earliestTimer(partition, set)),
    check: (ownership, expected) =>
      call(`checks ${ownership.partition}`, () => store.check(ownership, expected)),
    commit: (ownership, expected, commit) =>
      call(
        `commits ${ownership.partition} at ${commit.position}`,
        () => store.commit(ownership, expected, commit),
        "repeats",
      ),
    close: async () => undefined,
  };
}
