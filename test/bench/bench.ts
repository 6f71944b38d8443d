/** What all measurements share: the stack's clients, topics with definitions in them, and where the fold stands. */
import { type Codec, createCodec, topicDescriptions, topicNames } from "@tidemark/contracts";
import { createLog } from "@tidemark/kafka";
import { createRedisStateStore } from "@tidemark/redis";
import type { Log, Logger, OutgoingRecord, StateStore } from "@tidemark/runtime";
import { benchDefinitions } from "./definitions.ts";

export interface BenchOptions {
  readonly env: Readonly<Record<string, string>>;
  /** For logs of services. */
  readonly folder: string;
  readonly partitions: number;
  readonly client: "platformatic" | "kafkajs";
  readonly say: (message: string) => void;
  /** Beside those that all measurements have. */
  readonly definitions?: readonly object[];
}

export interface Bench extends BenchOptions {
  readonly log: Log;
  readonly store: StateStore;
  readonly codec: Codec;
  partitionOf(key: string): number;
  /** Records folded so far, over all partitions. */
  position(): Promise<number>;
  /** Resolves when everything in customer-events is folded and no timer is due. Answers the position. */
  drained(): Promise<number>;
  close(): Promise<void>;
}

const quiet = () => {};
export const quietLogger = {
  trace: quiet,
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
  fatal: quiet,
} as unknown as Logger;

export async function openBench(options: BenchOptions): Promise<Bench> {
  const { env, partitions, client } = options;
  const codec = await createCodec({ url: env.SCHEMA_REGISTRY_URL ?? "" });
  const log = await createLog({
    client,
    brokers: (env.KAFKA_BROKERS ?? "").split(","),
    clientId: "bench",
    logger: quietLogger,
  });
  const store = await createRedisStateStore({ url: env.REDIS_URL ?? "" });
  await log.ensureTopics(topicDescriptions(partitions).map((topic) => ({ ...topic, replicas: 1 })));
  await codec.prepare(topicNames.customerEvents, [
    "tidemark.log.CustomerEvent",
    "tidemark.log.DefinitionVersion",
    "tidemark.log.LoadBegin",
    "tidemark.log.LoadEnd",
  ]);
  const all = Array.from({ length: partitions }, (_, partition) => partition);
  const loaded = () => Promise.all(all.map((partition) => store.load(partition)));
  const position = async () => (await loaded()).reduce((sum, state) => sum + state.position, 0);
  const isIdle = async (): Promise<boolean> => {
    const ends = await log.endOffsets(topicNames.customerEvents);
    if ((await loaded()).some((state, partition) => state.position < (ends[partition] ?? 0))) return false;
    const due = await Promise.all(
      all.flatMap((partition) =>
        (["live", "held"] as const).map((set) => store.earliestTimer(partition, set)),
      ),
    );
    return due.every((at) => at === null || at > Date.now());
  };
  await Promise.all(
    all.map((partition) =>
      log.append(topicNames.customerEvents, partition, definitionRecords(codec, options.definitions)),
    ),
  );
  return {
    ...options,
    log,
    store,
    codec,
    position,
    partitionOf: (key) => log.partitionFor(Buffer.from(key), partitions),
    async drained() {
      while (!(await isIdle())) await new Promise((resolve) => setTimeout(resolve, 100));
      return position();
    },
    async close() {
      await log.close();
      await store.close();
    },
  };
}

function definitionRecords(codec: Codec, more: readonly object[] = []): OutgoingRecord[] {
  return [...benchDefinitions(), ...more].map((document, at) => {
    const { kind, id } = document as { readonly kind: string; readonly id: string };
    const version = { kind, id, version: at + 1, filling: false, document: JSON.stringify(document) };
    return { key: null, value: codec.encode("tidemark.log.DefinitionVersion", version) };
  });
}
