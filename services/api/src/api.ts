/**
 * The service: it answers from the first moment, opens what it needs in the background, and looks after it: what is
 * away is told on `/ready` and by each request that needs it, and is used again once it is back.
 */
import type { AddressInfo } from "node:net";
import type { Codec } from "@tidemark/contracts";
import {
  type Clock,
  type DefinitionSets,
  type Log,
  type Logger,
  type Patience,
  patiently,
  type Registry,
  type RetryDelays,
  type RunningService,
  type StateStore,
  type Warehouse,
} from "@tidemark/runtime";
import { type Audit, createAudit } from "./audit/audit.ts";
import { auditMetrics } from "./audit/metrics.ts";
import { type Customers, createCustomers } from "./customers.ts";
import { cutsFromArchive } from "./cuts/from-archive.ts";
import { cutSchedule } from "./cuts/schedule.ts";
import { type Cuts, createCuts } from "./cuts.ts";
import { createDefinitions, type Definitions } from "./definitions.ts";
import { createIdentity, type Identity } from "./identity.ts";
import { createPreview, type Preview, type PreviewBounds } from "./preview/preview.ts";
import { refuse } from "./problem.ts";
import { createReports, type Reports } from "./reports/reports.ts";
import { buildServer } from "./server.ts";
import { upstream } from "./upstream.ts";

export interface ApiPorts {
  readonly openLog: () => Promise<Log>;
  /** Ready to encode definitions for both topics. */
  readonly openCodec: () => Promise<Codec>;
  readonly openStore: () => Promise<StateStore>;
  /** Asked for receipts of erasures, for reports and for audits: nothing else waits for it. */
  /** With a client that waits so long for an answer, in ms. */
  readonly openWarehouse: (timeoutMs?: number) => Promise<Warehouse>;
  readonly sets: DefinitionSets;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Of steps that fail; as they are unless set otherwise. */
  readonly retry?: RetryDelays;
}

export interface ApiOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly topics: { readonly segmentDefinitions: string; readonly customerEvents: string };
  readonly bodyBytes: number;
  readonly maxDefinitions: number;
  readonly answerMs: number;
  readonly reconcileMs: number;
  /** How often an audit begins, 0 for never; and how long its mark may wait for its answer. In ms. */
  readonly auditMs: number;
  readonly auditWaitMs: number;
  /** How long ClickHouse may take for one question of an audit. */
  readonly auditQueryMs: number;
  /** How often cut points are worked out, in ms; 0 for never. */
  readonly cutsMs: number;
  /** IANA. */
  readonly zone: string;
  readonly preview: Omit<PreviewBounds, "zone">;
}

export interface RunningApi extends RunningService {
  /** Where it listens. */
  readonly url: string;
}

interface Parts {
  readonly definitions: Definitions;
  readonly customers: Customers;
  readonly identity: Identity;
  readonly cuts: Cuts;
  readonly reports: Reports;
  readonly audit: Audit;
  readonly preview: Preview;
  /** Works out cut points where they are due; never rejects. */
  readonly recut: () => Promise<void>;
}

/** How long a report may take, in ms: below what a request may. */
const reportMs = 25_000;

/** How often it is seen whether Kafka and Redis answer, in ms. */
const checkMs = 1_000;

/** Rejects where it cannot listen. */
export async function startApi(ports: ApiPorts, options: ApiOptions): Promise<RunningApi> {
  const { clock, logger } = ports;
  const missing = new Map<string, string>([
    ["start", "It is starting."],
    ["kafka", "Kafka was not reached yet."],
    ["redis", "Redis was not reached yet."],
    ["registry", "The schema registry was not reached yet."],
  ]);
  const closers: (() => Promise<void>)[] = [];
  let parts: Parts | undefined;
  let stopped = false;
  const wanted = () => !stopped;

  /** Repeats until it is there, and says meanwhile that it is not. */
  const open = async <Opened>(
    name: string,
    title: string,
    step: () => Promise<Opened>,
  ): Promise<Opened | undefined> => {
    const failed = () => missing.set(name, `${title} does not answer.`);
    const patience: Patience = { clock, logger, troubles: new Map(), retry: ports.retry, failed };
    const opened = await patiently(patience, `${title} does not answer`, wanted, step);
    if (opened !== undefined) missing.delete(name);
    return opened;
  };

  /** What was opened too late to be used is closed at once. */
  const closing = async <Opened extends { close(): Promise<void> }>(
    step: () => Promise<Opened>,
  ): Promise<Opened> => {
    const opened = await step();
    if (stopped) await opened.close();
    else closers.push(() => opened.close());
    return opened;
  };

  /** Whether it answers now, as a sentence on `/ready`. */
  const see = async (name: string, title: string, step: () => Promise<unknown>): Promise<void> => {
    try {
      await upstream(ports, { name: title, advice: "", answerMs: options.answerMs })(step);
      missing.delete(name);
    } catch {
      missing.set(name, `${title} does not answer.`);
    }
  };

  let openedLog: Log | undefined;
  /** A log that is open need not have reached anybody yet. */
  const reachLog = async () => {
    openedLog ??= await closing(ports.openLog);
    return { log: openedLog, partitions: await openedLog.partitionCount(options.topics.customerEvents) };
  };

  async function run(): Promise<void> {
    const [reached, codec, store] = await Promise.all([
      open("kafka", "Kafka", reachLog),
      open("registry", "The schema registry", ports.openCodec),
      open("redis", "Redis", () => closing(ports.openStore)),
    ]);
    if (reached === undefined || codec === undefined || store === undefined || stopped) return;
    const opened = await open("kafka", "Kafka", () =>
      openParts(ports, options, {
        ...reached,
        codec,
        store,
        openWarehouse: (timeoutMs) => closing(() => ports.openWarehouse(timeoutMs)),
      }),
    );
    if (opened === undefined) return;
    parts = opened;
    missing.delete("start");
    logger.info({ definitions: opened.definitions.list().length }, "definitions read");
    await lookAfter(opened, store);
  }

  async function lookAfter({ definitions, audit, recut }: Parts, store: StateStore): Promise<void> {
    let reconciledAt = Number.NEGATIVE_INFINITY;
    let auditedAt = clock.elapsedMs();
    while (!stopped) {
      await Promise.all([
        see("kafka", "Kafka", definitions.refresh),
        see("redis", "Redis", () => store.earliestTimer(0, "live")),
      ]);
      if (stopped) return;
      const dueMs = definitions.isFilling() ? checkMs : options.reconcileMs;
      if (clock.elapsedMs() - reconciledAt >= dueMs && missing.size === 0) {
        reconciledAt = clock.elapsedMs();
        await definitions
          .reconcile()
          .catch((error) =>
            logger.warn({ err: error }, "definitions could not be brought to all partitions"),
          );
        if (!definitions.isFilling()) void recut();
      }
      if (options.auditMs > 0 && clock.elapsedMs() - auditedAt >= options.auditMs && missing.size === 0) {
        auditedAt = clock.elapsedMs();
        audit.begin();
      }
      await clock.sleep(checkMs);
    }
  }

  const need = (): Parts => {
    if (parts) return parts;
    const reasons = Object.fromEntries(missing);
    return refuse("unavailable", Object.values(reasons).join(" "), { reasons });
  };
  const server = await buildServer(
    {
      definitions: () => need().definitions,
      customers: () => need().customers,
      identity: () => need().identity,
      cuts: () => need().cuts,
      reports: () => need().reports,
      audit: () => need().audit,
      preview: () => need().preview,
      missing: () => Object.fromEntries(missing),
      metrics: ports.metrics,
      clock,
      logger,
    },
    { bodyBytes: options.bodyBytes },
  );
  await server.listen({ host: options.host, port: options.port });
  const { port } = server.server.address() as AddressInfo;
  logger.info({ port }, "listening");

  const ended = Promise.withResolvers<void>();
  run().catch((error) => ended.reject(error));

  return {
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    ready() {
      const [reason] = missing.values();
      return reason === undefined ? { ready: true } : { ready: false, reason };
    },
    async stop() {
      stopped = true;
      await server.close();
      await Promise.all(closers.map((close) => close()));
      ended.resolve();
    },
    ended: ended.promise,
  };
}

interface Reached {
  readonly log: Log;
  /** Of `customer-events`. */
  readonly partitions: number;
  readonly codec: Codec;
  readonly store: StateStore;
  /** With a client that waits so long for an answer, in ms. */
  readonly openWarehouse: (timeoutMs?: number) => Promise<Warehouse>;
}

async function openParts(
  { sets, clock, logger, metrics }: ApiPorts,
  { topics, maxDefinitions, answerMs, auditWaitMs, auditQueryMs, cutsMs, zone, preview }: ApiOptions,
  { log, partitions, codec, store, openWarehouse }: Reached,
): Promise<Parts> {
  const from = (name: string, advice: string) => upstream({ clock, logger }, { name, advice, answerMs });
  const definitions = createDefinitions(
    {
      log,
      codec,
      store,
      sets,
      clock,
      logger,
      kafka: from("Kafka", "Nothing was written; try again."),
      kafkaWrites: from(
        "Kafka",
        "It is not known whether this was written. Try again: writing the same again changes nothing.",
      ),
    },
    { topics, maxDefinitions },
    partitions,
  );
  await definitions.refresh();
  const redis = from("Redis", "Try again.");
  const kafkaWrites = from(
    "Kafka",
    "It is not known whether this was written. Try again: once is as good as twice.",
  );
  const clickHouse = from("ClickHouse", "Try again.");
  const cutsSeen = async () => sets.unpack((await store.load(0)).definitions).cuts;
  const cutsInForce = async () => {
    const sight = await cutsSeen();
    if (sight?.isRescoring === true) throw new Error("New cut points are being gone through.");
    return sight?.values ?? {};
  };
  // Bounded by the question itself: the client waits a little longer.
  const reads = once(() => openWarehouse(preview.queryMs + 5_000));
  const cuts = createCuts(
    {
      ...{ log, codec, store, sets, clock, redis, kafkaWrites },
      definitions: () => definitions.parsed(),
      fromArchive: (requests, at) =>
        upstream(
          { clock, logger },
          { name: "ClickHouse", advice: "Try again.", answerMs: preview.queryMs },
        )(async () =>
          cutsFromArchive(await reads(), definitions.parsed(), requests, at, { zone, ...preview }),
        ),
    },
    { topic: topics.customerEvents, partitions, everyMs: cutsMs },
  );
  return {
    definitions,
    cuts,
    recut: cutSchedule(() => cuts, { everyMs: cutsMs, openWarehouse: reads, clock, logger, metrics }),
    audit: createAudit(
      {
        ...{ log, codec, store, clock, logger },
        openWarehouse: () => openWarehouse(auditQueryMs),
        definitions: () => ({
          parsed: definitions.parsed(),
          waiting: definitions
            .list()
            .flatMap(({ definition: { kind, id }, status }) =>
              status === "active" ? [] : [`${kind}/${id}`],
            ),
        }),
        cuts: cutsInForce,
        observe: auditMetrics(metrics),
      },
      { partitions, zone, waitMs: auditWaitMs },
    ),
    customers: createCustomers({ log, store, sets, clock, redis }, partitions),
    preview: createPreview(
      {
        openWarehouse: reads,
        clickHouse: upstream(
          { clock, logger },
          {
            name: "ClickHouse",
            advice: "Or it takes longer than API_PREVIEW_MS.",
            answerMs: preview.queryMs + 1_000,
          },
        ),
        clock,
        cuts: async () => (await redis(cutsSeen))?.values ?? {},
      },
      { zone, ...preview },
    ),
    reports: createReports({
      openWarehouse,
      clickHouse: upstream(
        { clock, logger },
        { name: "ClickHouse", advice: "Try again.", answerMs: reportMs },
      ),
      clock,
    }),
    identity: createIdentity(
      { log, codec, store, redis, kafkaWrites, clickHouse, openWarehouse },
      { topic: topics.customerEvents, partitions },
    ),
  };
}

/** Opened when it is first asked for, and again where that failed. */
function once<Opened>(open: () => Promise<Opened>): () => Promise<Opened> {
  let opened: Promise<Opened> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}
