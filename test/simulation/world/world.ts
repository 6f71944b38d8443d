/** Everything outside the processes: broker, store, tables, receivers, the wall clock. */
import { topicDescriptions } from "@tidemark/contracts";
import { createMemoryBroker, createMemoryStateStore, type MemoryBroker } from "@tidemark/testkit";
import { createGroup, type Group } from "./group.ts";
import { createHost, type Host } from "./host.ts";
import { type Random, randomOf } from "./random.ts";
import type { Received } from "./receiver.ts";
import { createScheduler, type Scheduler } from "./scheduler.ts";
import type { SharedStore } from "./state-store.ts";
import { createTables, type Tables } from "./warehouse.ts";
import { createWeather, type Weather } from "./weather.ts";

export interface World {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly weather: Weather;
  readonly broker: MemoryBroker;
  readonly shared: SharedStore;
  readonly tables: Tables;
  readonly received: Received[];
  /** Receivers refuse all that is about this one (`kind:id`); null for nobody. */
  readonly refused: string | null;
  /** Records of `segment-changes` that clients left out. */
  readonly leftOut: { records: number };
  group(name: string): Group;
  groups(): readonly Group[];
  /** Ms since the epoch, as the broker has it. */
  wallClock(): number;
  leap(byMs: number): void;
  newHost(name: string): Host;
}

export interface WorldOptions {
  readonly seed: number;
  readonly partitions: number;
  readonly sourcePartitions: number;
  readonly startsAt: number;
  readonly failing: number;
  readonly refused: string | null;
  readonly onStep?: (at: number, label: string) => void;
}

const sources: readonly string[] = ["orders", "interactions", "lifecycle", "dead-letters"];

export function createWorld(options: WorldOptions): World {
  const random = randomOf(options.seed, 1);
  const scheduler = createScheduler(randomOf(options.seed, 2), options.onStep);
  const weather = createWeather(options.failing);
  const leftOut = { records: 0 };
  let leaptMs = 0;
  const wallClock = (): number => options.startsAt + leaptMs + scheduler.now();
  const broker = createMemoryBroker({
    now: wallClock,
    elapsedMs: scheduler.now,
    after: () => {
      throw new Error("the broker has no timers");
    },
    sleep: () => Promise.reject(new Error("the broker has no timers")),
  });
  for (const { name, partitions, settings } of topicDescriptions(options.partitions))
    broker.createTopic({
      name,
      partitions: sources.includes(name) ? options.sourcePartitions : partitions,
      replicas: 1,
      settings,
    });
  const groups = new Map<string, Group>();
  return {
    scheduler,
    random,
    weather,
    broker,
    shared: { store: createMemoryStateStore(), connection: 0 },
    tables: createTables(),
    received: [],
    refused: options.refused,
    leftOut,
    group(name) {
      const known = groups.get(name) ?? createGroup(name, broker, scheduler, random);
      groups.set(name, known);
      return known;
    },
    groups: () => [...groups.values()],
    wallClock,
    leap(byMs) {
      leaptMs += byMs;
    },
    newHost: (name) => createHost(name, { scheduler, random, weather, wallClock, leftOut }),
  };
}
