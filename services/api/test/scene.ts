import {
  type CustomerEvent,
  createLocalCodec,
  type DefinitionVersion,
  subjectKey,
  topicNames,
} from "@tidemark/contracts";
import { emptyCustomer, foldEvent, packCustomer, type SubjectKind } from "@tidemark/core";
import {
  type Clock,
  type DefinitionEntry,
  definitionSets,
  emptyMeta,
  type Log,
  type Logger,
  packMeta,
  Registry,
  type SweepProgress,
  systemClock,
  type Warehouse,
} from "@tidemark/runtime";
import {
  createMemoryLog,
  createMemoryStateStore,
  type MemoryLog,
  type MemoryStateStore,
} from "@tidemark/testkit";
import { createCustomers } from "../src/customers.ts";
import { cutsFromArchive } from "../src/cuts/from-archive.ts";
import { createCuts } from "../src/cuts.ts";
import { createDefinitions } from "../src/definitions.ts";
import { createIdentity } from "../src/identity.ts";
import { createPreview } from "../src/preview/preview.ts";
import { createReports } from "../src/reports/reports.ts";
import { buildServer } from "../src/server.ts";
import { upstream } from "../src/upstream.ts";

export const noon = Date.UTC(2026, 4, 1, 12);
export const day = 86_400_000;
const partitions = 4;
const quiet = () => {};
export const logger = { info: quiet, warn: quiet, error: quiet } as unknown as Logger;

export interface SceneOptions {
  readonly maxDefinitions?: number;
  readonly bodyBytes?: number;
  readonly answerMs?: number;
  /** What previews are asked of; without it ClickHouse is away for them. */
  readonly warehouse?: Warehouse;
  /** In place of the log in memory, which is handed in. */
  readonly log?: (log: Log) => Log;
  /** Another process over the same broker and store. */
  readonly over?: { readonly log: MemoryLog; readonly store: MemoryStateStore };
}

/** Few customers are all looked at. */
export const previewBounds = {
  ...{ sampleSubjects: 1_000, threads: 1, memoryBytes: 2 ** 30, queryMs: 60_000, atOnce: 2 },
};

/** The interface over a broker and a store in memory; nothing listens. */
export async function scene(options: SceneOptions = {}) {
  const log = options.over?.log ?? createMemoryLog();
  await log.ensureTopics([
    { name: topicNames.customerEvents, partitions, replicas: 1, settings: {} },
    { name: topicNames.segmentDefinitions, partitions: 1, replicas: 1, settings: {} },
  ]);
  const codec = createLocalCodec();
  await codec.prepare("any", [
    "tidemark.definitions.DefinitionRecord",
    "tidemark.log.DefinitionVersion",
    "tidemark.log.CustomerEvent",
    "tidemark.log.LoadBegin",
    "tidemark.log.Erasure",
    "tidemark.log.MergeRequest",
    "tidemark.log.Cuts",
  ]);
  const store = options.over?.store ?? createMemoryStateStore();
  const sets = definitionSets("UTC");
  const clock: Clock = { ...systemClock, now: () => noon };
  const from = (name: string, advice: string) =>
    upstream({ clock: systemClock, logger }, { name, advice, answerMs: options.answerMs ?? 200 });
  const away = { redis: false, clickHouse: false };
  const reached = options.log?.(log) ?? log;
  const watchedStore = {
    load: (partition: number) => (away.redis ? Promise.reject(new Error("closed")) : store.load(partition)),
    subjects: (partition: number, keys: readonly string[]) => store.subjects(partition, keys),
  };
  const definitions = createDefinitions(
    {
      log: reached,
      codec,
      store: watchedStore,
      sets,
      clock,
      logger,
      kafka: from("Kafka", "Nothing was written; try again."),
      kafkaWrites: from("Kafka", "It is not known whether this was written."),
    },
    { topics: topicNames, maxDefinitions: options.maxDefinitions ?? 100 },
    partitions,
  );
  await definitions.refresh();
  const redis = from("Redis", "Try again.");
  const customers = createCustomers({ log, store: watchedStore, sets, clock, redis }, partitions);
  const receipts: object[] = [];
  const warehouse = { query: async () => receipts } as unknown as Warehouse;
  const identity = createIdentity(
    {
      log: reached,
      codec,
      store: watchedStore,
      redis,
      kafkaWrites: from("Kafka", "It is not known whether this was written."),
      clickHouse: from("ClickHouse", "Try again."),
      openWarehouse: async () => (away.clickHouse ? Promise.reject(new Error("closed")) : warehouse),
    },
    { topic: topicNames.customerEvents, partitions },
  );
  const cuts = createCuts(
    {
      ...{ log: reached, codec, store: watchedStore, sets, clock, redis },
      kafkaWrites: from("Kafka", "It is not known whether this was written."),
      definitions: () => definitions.parsed(),
      fromArchive: async (requests, at) =>
        cutsFromArchive(
          options.warehouse ?? (await Promise.reject(new Error("closed"))),
          ...([definitions.parsed(), requests, at, { zone: "UTC", ...previewBounds }] as const),
        ),
    },
    { topic: topicNames.customerEvents, partitions, everyMs: day },
  );
  const asked: { sql: string; parameters: Readonly<Record<string, unknown>> }[] = [];
  const reports = createReports({
    clock,
    clickHouse: from("ClickHouse", "Try again."),
    openWarehouse: async () =>
      away.clickHouse
        ? Promise.reject(new Error("closed"))
        : ({
            async query(sql: string, parameters = {}) {
              asked.push({ sql, parameters });
              return receipts;
            },
          } as unknown as Warehouse),
  });
  const preview = createPreview(
    {
      clock,
      clickHouse: upstream(
        { clock: systemClock, logger },
        { name: "ClickHouse", advice: "Try again.", answerMs: 60_000 },
      ),
      openWarehouse: async () => options.warehouse ?? Promise.reject(new Error("closed")),
      cuts: async () => sets.unpack((await store.load(0)).definitions).cuts?.values ?? {},
    },
    { zone: "UTC", ...previewBounds },
  );
  const missing: Record<string, string> = {};
  const metrics = new Registry();
  const server = await buildServer(
    {
      definitions: () => definitions,
      customers: () => customers,
      identity: () => identity,
      cuts: () => cuts,
      reports: () => reports,
      // Its own test asks the real tables.
      audit: () => ({ begin: () => ({ state: "none" }), show: () => ({ state: "none" }) }),
      preview: () => preview,
      missing: () => missing,
      metrics,
      clock,
      logger,
    },
    { bodyBytes: options.bodyBytes ?? 100_000 },
  );

  const versionsIn = async (partition: number): Promise<DefinitionVersion[]> => {
    const versions = [];
    for (const { value } of log.records(topicNames.customerEvents, partition)) {
      const decoded = await codec.decode(value as Buffer);
      if (decoded.type === "tidemark.log.DefinitionVersion")
        versions.push(decoded.value as DefinitionVersion);
    }
    return versions;
  };

  /** What `segments` would keep once it has folded the definitions of a partition; as a rule it has events where others do. */
  const fold = async (partition: number, upTo = Number.POSITIVE_INFINITY, hasEvents?: boolean) => {
    let set = sets.unpack(null);
    for (const version of (await versionsIn(partition)).slice(0, upTo))
      set = sets.apply(set, [version], hasEvents ?? version.filling);
    const ownership = await store.takeOver(partition);
    const { position, sequence, changesOffset } = await store.load(partition);
    await store.commit(
      ownership,
      { position, sequence, changesOffset },
      {
        position: position + 1,
        sequence,
        changesOffset,
        meta: Buffer.from("{}"),
        definitions: sets.pack(set),
        subjects: [],
        orders: [],
      },
    );
    return set;
  };

  /** What `segments` would keep once a sweep of a partition has come so far. */
  const sweep = async (partition: number, swept: SweepProgress, isOver: boolean) => {
    const { position, sequence, changesOffset, definitions: bytes } = await store.load(partition);
    const before = sets.unpack(bytes);
    const named = before.definitions.flatMap(({ kind, id, version, filling }) =>
      filling ? [{ kind, id, version }] : [],
    );
    const generation = Math.max(...named.map(({ version }) => version));
    const begin = {
      type: "sweep",
      offset: position,
      sweep: { id: "s1", generation, definitions: named },
    } as const;
    const end = { type: "sweep-end", end: { sweep: "s1", begunAt: -1 } } as const;
    const set = sets.fold(before, isOver ? [begin, end] : [begin], true);
    await store.commit(
      await store.takeOver(partition),
      { position, sequence, changesOffset },
      {
        position: position + 1,
        sequence,
        changesOffset,
        meta: packMeta({ ...emptyMeta(), hasEvents: true, swept }),
        definitions: sets.pack(set),
        subjects: [],
        orders: [],
      },
    );
  };

  /** What `segments` would keep once the first partition has folded cut points. */
  const foldCuts = async (
    version: number,
    values: Readonly<Record<string, readonly number[]>>,
    partition = 0,
  ) => {
    const cuts = { version, cuts: values as Record<string, number[]> };
    await foldCutEntry(partition, (offset) => ({ type: "cuts", offset, appendedAt: version, cuts }));
  };
  /** The customers near them were gone through. */
  const foldRescoreEnd = async (version: number, partition: number) =>
    foldCutEntry(partition, () => ({ type: "rescore-end", end: { version } }));
  const foldCutEntry = async (partition: number, entryAt: (offset: number) => DefinitionEntry) => {
    const { position, sequence, changesOffset, definitions: bytes, meta } = await store.load(partition);
    const entry = entryAt(position);
    await store.commit(
      await store.takeOver(partition),
      { position, sequence, changesOffset },
      {
        ...{ position: position + 1, sequence, changesOffset, subjects: [], orders: [] },
        meta: meta ?? Buffer.from("{}"),
        definitions: sets.pack(sets.fold(sets.unpack(bytes), [entry], true)),
      },
    );
  };

  return {
    log,
    store,
    sweep,
    foldCuts,
    foldRescoreEnd,
    definitions,
    server,
    metrics,
    missing,
    away,
    receipts,
    asked,
    codec,
    partitions,
    versionsIn,
    fold,
    yaml: (method: "PUT" | "POST", url: string, payload: string) =>
      server.inject({ method, url, payload, headers: { "content-type": "application/yaml" } }),
    json: (method: "PUT" | "POST", url: string, payload: unknown) =>
      server.inject({
        method,
        url,
        payload: JSON.stringify(payload),
        headers: { "content-type": "application/json" },
      }),
    get: (url: string) => server.inject({ method: "GET", url }),
    remove: (url: string) => server.inject({ method: "DELETE", url }),
    /** An event somewhere, behind something that is none. */
    async eventExists() {
      const begin = codec.encode("tidemark.log.LoadBegin", { sourceId: "orders", sourcePartition: 0 });
      await log.append(topicNames.customerEvents, 2, [{ key: null, value: begin }]);
      const event: CustomerEvent = {
        subject: "ann",
        subjectKind: "customer",
        name: "page.viewed",
        occurredAt: noon,
        eventId: null,
        sourceId: "interactions",
        sourcePartition: 0,
        sourceOffset: 0,
        ordinal: 0,
        count: 1,
        attributes: null,
        properties: "{}",
        order: null,
      };
      const value = codec.encode("tidemark.log.CustomerEvent", event);
      await log.append(topicNames.customerEvents, 2, [{ key: null, value }]);
    },
    /** Puts entries into the store as `segments` would, and moves the partition on by one record. */
    async put(
      partition: number,
      subjects: readonly { readonly subject: string; readonly state: Buffer | null }[],
    ) {
      const ownership = await store.takeOver(partition);
      const { position, sequence, changesOffset } = await store.load(partition);
      await store.commit(
        ownership,
        { position, sequence, changesOffset },
        {
          ...{ position: position + 1, sequence, changesOffset, meta: Buffer.from("{}"), orders: [] },
          subjects: subjects.map((one) => ({ ...one, timer: null })),
        },
      );
    },
    /** A subject whose events were folded by the definitions that its partition has. */
    async subject(
      kind: SubjectKind,
      id: string,
      events: readonly {
        readonly name: string;
        readonly at: number;
        readonly properties?: object;
        readonly attributes?: Record<string, unknown>;
      }[],
    ) {
      const key = subjectKey(kind, id);
      const partition = log.partitionFor(Buffer.from(key), partitions);
      const { plan } = await fold(partition);
      const state = emptyCustomer(kind, id);
      events.forEach(({ name, at, properties = {}, attributes }, offset) => {
        foldEvent(plan, state, {
          occurredAt: at,
          partition,
          offset,
          ...(attributes ? { attributes } : {}),
          contributions: [
            {
              name,
              occurredAt: at,
              sign: 1,
              properties: properties as Record<string, unknown>,
              remembered: true,
            },
          ],
        });
      });
      const ownership = await store.takeOver(partition);
      const { position, sequence, changesOffset } = await store.load(partition);
      const bytes = Buffer.from(packCustomer(plan, state));
      await store.commit(
        ownership,
        { position, sequence, changesOffset },
        {
          position: position + 1,
          sequence,
          changesOffset,
          meta: Buffer.from("{}"),
          subjects: [{ subject: key, state: bytes, timer: null }],
          orders: [],
        },
      );
    },
  };
}
