/**
 * Definitions: checked as a whole, written to the registry in one batch, and brought to every partition. Writes are
 * made one after the other; a version is the offset in the registry plus one.
 */
import type { Codec } from "@tidemark/contracts";
import type { Definition } from "@tidemark/core";
import {
  type Clock,
  createDefinitionRegistry,
  type DefinitionRegistry,
  type DefinitionSets,
  type Log,
  type Logger,
  maxBatchBytes,
  type OutgoingRecord,
  recordBytes,
  type StateStore,
  sameMeaning,
} from "@tidemark/runtime";
import { type Catalogue, catalogueOf, type Kind, nameOf, type Registered } from "./catalogue.ts";
import { createEventPresence } from "./event-presence.ts";
import { createPartitionLog } from "./partition-log.ts";
import { refuse } from "./problem.ts";
import { type Change, type Proposed, propose, referrersOf } from "./proposal.ts";
import { bringMissing, readPartitions, versionOf } from "./reconcile.ts";
import { type Filling, fillingOf, type Kept, keptOf, type Status, statusOf } from "./status.ts";
import type { TextDocument } from "./text-document.ts";
import type { Upstream } from "./upstream.ts";

export interface DefinitionsPorts {
  readonly log: Log;
  readonly codec: Codec;
  readonly store: Pick<StateStore, "load">;
  readonly sets: DefinitionSets;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For reading, and for writing: what a failure means differs. */
  readonly kafka: Upstream;
  readonly kafkaWrites: Upstream;
}

export interface DefinitionsOptions {
  readonly topics: { readonly segmentDefinitions: string; readonly customerEvents: string };
  readonly maxDefinitions: number;
}

export interface Listed extends Status {
  readonly definition: Registered;
  readonly document: unknown;
  readonly name: string;
}

export interface Written extends Listed {
  readonly change: Change;
}

/** A kind and an id that a lone document must have. */
interface Address {
  readonly kind: Kind;
  readonly id: string;
}

interface Resolved {
  readonly proposed: readonly Proposed[];
  /** All that there would be, these first. */
  readonly definitions: readonly Definition[];
}

interface Checked {
  readonly proposed: readonly Proposed[];
  /** Whether events exist: what changes would have to be filled. */
  readonly eventsExist: boolean;
}

export interface Definitions {
  list(kind?: Kind): readonly Listed[];
  /** Refuses where there is none. */
  get(address: Address): Listed;
  /** These in the midst of all others, as if they were written. Refuses with every fault. */
  resolve(documents: readonly TextDocument[]): Promise<Resolved>;
  /** What writing these would do. Refuses with every fault. */
  check(documents: readonly TextDocument[], address?: Address): Promise<Checked>;
  /** Writes all or nothing. */
  write(documents: readonly TextDocument[], address?: Address): Promise<readonly Written[]>;
  /** Refuses where others refer to it. Answers in how many partitions that is not known yet. */
  remove(address: Address): Promise<number>;
  /** Reads what was written since, by others too. Rejects where Kafka is away. */
  refresh(): Promise<void>;
  /** Looks at what the partitions keep, and brings them what they lack. Rejects where Redis or Kafka is away. */
  reconcile(): Promise<void>;
  /** Those that have no fault. */
  parsed(): readonly Definition[];
  /** Whether any is being filled, as far as is known. */
  isFilling(): boolean;
}

const recordType = "tidemark.definitions.DefinitionRecord";

/** `partitions` are those of `customer-events`. */
export function createDefinitions(
  ports: DefinitionsPorts,
  { topics, maxDefinitions }: DefinitionsOptions,
  partitions: number,
): Definitions {
  const { log, codec, store, sets, clock, logger, kafka, kafkaWrites } = ports;
  const registry = openRegistry(ports, topics.segmentDefinitions);
  const presence = createEventPresence(log, codec, topics.customerEvents);
  const partitionLog = createPartitionLog(log, codec, topics.customerEvents, partitions);
  const catalogue = remembered(registry);
  let kept: readonly Kept[] = [];
  const filling = rememberedFilling(catalogue, () => kept, partitions);
  let turn = Promise.resolve();

  /** One after the other. Who waits too long is sent away. */
  const inTurn = async <Result>(step: () => Promise<Result>): Promise<Result> => {
    const before = turn;
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    turn = before.then(() => over);
    try {
      await kafka(() => before);
      return await step();
    } finally {
      end();
    }
  };

  const listed = (definition: Registered): Listed => {
    const name = nameOf(definition);
    const current = catalogue();
    return {
      definition,
      document: current.documents.get(name),
      name: current.parsed.get(name)?.name ?? definition.id,
      ...statusOf(current, filling(), partitionLog, name),
    };
  };

  const get = ({ kind, id }: Address): Listed => {
    const definition = catalogue().definitions.get(nameOf({ kind, id }));
    return definition ? listed(definition) : refuse("not-found", `There is no ${kind} with the id ${id}.`);
  };

  const resolve = async (documents: readonly TextDocument[], address?: Address): Promise<Resolved> => {
    await kafka(() => registry.refresh());
    const proposal = propose(catalogue(), documents, address);
    const { faults } = proposal;
    return faults ? refuse("wrong-definitions", sentenceOf(faults.length), { faults }) : proposal;
  };

  const check = async (documents: readonly TextDocument[], address?: Address): Promise<Checked> => {
    const { proposed } = await resolve(documents, address);
    const created = proposed.filter(({ change }) => change === "created").length;
    const total = catalogue().definitions.size + created;
    if (total > maxDefinitions)
      return refuse("too-many-definitions", `There would be ${total} definitions; ${maxDefinitions} may be.`);
    const changes = proposed.filter(({ change }) => change !== "unchanged");
    const eventsExist = changes.length > 0 && (await kafka(() => presence.eventsExist()));
    return { proposed, eventsExist };
  };

  /** One batch, so that all of it is there or nothing. */
  const append = async (records: readonly OutgoingRecord[]): Promise<void> => {
    const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0);
    if (bytes > maxBatchBytes)
      refuse("too-large", `Together they take ${bytes} bytes; ${maxBatchBytes} may be written at once.`);
    await kafkaWrites(() => log.append(topics.segmentDefinitions, 0, records));
  };

  /** What fails here is made good by the next reconciliation. */
  const spread = async (names: readonly string[]): Promise<void> => {
    const versions = names.flatMap((name) => {
      const definition = registry.definitions().get(name);
      return definition ? [versionOf(definition)] : [];
    });
    const all = Array.from({ length: partitions }, (_, partition) =>
      kafkaWrites(() => partitionLog.bring(partition, versions)),
    );
    const failed = (await Promise.allSettled(all)).filter(({ status }) => status === "rejected").length;
    if (failed > 0) logger.warn({ names, failed }, "definitions did not get to all partitions yet");
  };

  return {
    list: (kind) =>
      [...catalogue().definitions.values()]
        .filter((definition) => kind === undefined || definition.kind === kind)
        .map(listed),
    get,
    resolve,
    check,
    write: (documents, address) =>
      inTurn(async () => {
        const { proposed, eventsExist } = await check(documents, address);
        const changes = proposed.filter(({ change }) => change !== "unchanged");
        if (changes.length > 0) {
          const writtenAt = clock.now();
          await append(
            changes.map(({ kind, id, document }) => {
              const name = nameOf({ kind, id });
              const before = registry.definitions().get(name);
              // What is only called or shown otherwise has the members it had.
              const fills = sameMeaning(before?.document ?? null, document)
                ? before?.filling === true && filling().own.has(name)
                : eventsExist && kind !== "automation";
              const record = { kind, id, document, writtenAt, filling: fills };
              return { key: Buffer.from(name), value: codec.encode(recordType, record) };
            }),
          );
          await kafkaWrites(() => registry.refresh());
          await spread(changes.map(nameOf));
        }
        return proposed.map(({ kind, id, change }) => ({ ...get({ kind, id }), change }));
      }),
    remove: (address) =>
      inTurn(async () => {
        await kafka(() => registry.refresh());
        get(address);
        const name = nameOf(address);
        const referrers = referrersOf(catalogue(), name);
        if (referrers.length > 0) refuse("in-use", inUse(name, referrers), { referrers });
        await append([{ key: Buffer.from(name), value: null }]);
        await kafkaWrites(() => registry.refresh());
        await spread([name]);
        return partitionLog.missing(name, registry.definitions().get(name)?.version ?? 0);
      }),
    refresh: () => registry.refresh(),
    parsed: () => [...catalogue().parsed.values()],
    isFilling: () => filling().own.size > 0,
    reconcile: async () => {
      const found = await readPartitions({ store, registry, sets, partitionLog });
      kept = found.map(({ set, swept }) => keptOf(set, swept));
      await inTurn(async () => {
        await kafka(() => registry.refresh());
        await kafkaWrites(() => bringMissing({ store, registry, sets, partitionLog }, found));
      });
    },
  };
}

function openRegistry({ log, codec, logger }: DefinitionsPorts, topic: string): DefinitionRegistry {
  return createDefinitionRegistry(
    {
      log,
      codec,
      onUnreadable: ({ offset }, error) =>
        logger.error({ err: error, topic, offset }, "a definition does not decode and is left out"),
    },
    topic,
  );
}

/** The catalogue as of the registry's last reading. */
function remembered(registry: DefinitionRegistry): () => Catalogue {
  let known = catalogueOf(registry.definitions());
  let knownAt = registry.position();
  return () => {
    if (registry.position() !== knownAt) {
      knownAt = registry.position();
      known = catalogueOf(registry.definitions());
    }
    return known;
  };
}

/** Worked out once for what is known. */
function rememberedFilling(
  catalogue: () => Catalogue,
  kept: () => readonly Kept[],
  partitions: number,
): () => Filling {
  let of: readonly [Catalogue, readonly Kept[]] | undefined;
  let known: Filling | undefined;
  return () => {
    const now = [catalogue(), kept()] as const;
    if (known === undefined || of?.[0] !== now[0] || of[1] !== now[1])
      known = fillingOf(now[0], now[1], partitions);
    of = now;
    return known;
  };
}

function sentenceOf(faults: number): string {
  const many = faults === 1 ? "There is 1 fault" : `There are ${faults} faults`;
  return `${many}; nothing was written.`;
}

function inUse(name: string, referrers: readonly { readonly definition: string }[]): string {
  const names = [...new Set(referrers.map(({ definition }) => definition))];
  return `${names.join(", ")} ${names.length === 1 ? "refers" : "refer"} to ${name}.`;
}
