/**
 * `npm run bench -- --archive`: how many events a second `warehouse` takes from the topic into ClickHouse, with all
 * materialized views, and what an event costs. The topic is filled before; nothing else runs. One line of JSON.
 *   --events N --customers N --partitions N   (2,000,000 of 200,000 on 32)
 *   --setting NAME=VALUE   of the service, as often as needed
 *   --profile DIR          its CPU profile goes there
 *   --service FOLDER       the root of another version of the product, to compare with
 */
import { mkdirSync, rmSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { createCodec, subjectKey, topicDescriptions, topicNames } from "@tidemark/contracts";
import { createLog } from "@tidemark/kafka";
import type { Log, OutgoingRecord, Warehouse } from "@tidemark/runtime";
import { freePorts, startStack } from "../../infra/src/index.ts";
import { createClickHouseWarehouse } from "../../packages/clickhouse/src/index.ts";
import { quietLogger } from "./bench.ts";
import { processUsage } from "./process-usage.ts";
import { mergesAreOver } from "./reports.ts";
import { startService } from "./service.ts";

const dayMs = 86_400_000;
const batchRecords = 1_000;
const pollMs = 100;
const giveUpSeconds = 1_800;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const round = (value: number): number => Math.round(value * 100) / 100;

export async function measureArchive(parameters: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      archive: { type: "boolean" },
      events: { type: "string", default: "2000000" },
      customers: { type: "string", default: "200000" },
      partitions: { type: "string", default: "32" },
      setting: { type: "string", multiple: true, default: [] },
      profile: { type: "string" },
      service: { type: "string" },
    },
  });
  const say = (message: string): void => void process.stderr.write(`${message}\n`);
  const folder = join(fileURLToPath(new URL("../..", import.meta.url)), ".tidemark", "bench-archive");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const partitions = Number(values.partitions);
  const size = { events: Number(values.events), customers: Number(values.customers), partitions };
  const stack = await startStack({ dataDir: folder, ports: await freePorts(), fresh: true, onProgress: say });
  process.once("SIGINT", () => void stack.stop().then(() => process.exit(130)));
  try {
    const { env } = stack;
    const log = await createLog({
      client: "platformatic",
      brokers: (env.KAFKA_BROKERS ?? "").split(","),
      clientId: "bench",
      logger: quietLogger,
    });
    await log.ensureTopics(topicDescriptions(partitions).map((topic) => ({ ...topic, replicas: 1 })));
    await produce(log, env.SCHEMA_REGISTRY_URL ?? "", size);
    say(`${size.events} events are on the topic`);
    const settings = Object.fromEntries(
      values.setting.map((one) => [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)]),
    );
    const profile = values.profile === undefined ? [] : [`--cpu-prof`, `--cpu-prof-dir=${values.profile}`];
    const service = startService(
      "warehouse",
      {
        ...env,
        CUSTOMER_EVENTS_PARTITIONS: String(partitions),
        NODE_OPTIONS: profile.join(" "),
        ...settings,
      },
      folder,
      "warehouse",
      values.service,
    );
    const pids = {
      warehouse: service.pid,
      clickhouse: stack.part("clickhouse").pid(),
      kafka: stack.part("kafka").pid(),
    };
    const taken = await untilArchived(log, size.events, pids, say);
    await service.stop();
    const warehouse = await createClickHouseWarehouse({
      url: env.CLICKHOUSE_URL ?? "",
      database: "tidemark",
    });
    await mergesAreOver(warehouse);
    const archived = await figuresOfTables(warehouse);
    await warehouse.close();
    await log.close();
    const line = { ...size, ...taken, ...archived, load: loadavg().map((one) => round(one)) };
    process.stdout.write(`${JSON.stringify({ archive: line })}\n`);
  } finally {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return 0;
}

interface Size {
  readonly events: number;
  readonly customers: number;
  readonly partitions: number;
}

/** Of 100 events 10 are orders, 1 refunds one, 4 are scores, 5 costs, 5 profiles; the others are looked at only. */
function eventOf(number: number, customers: number, now: number) {
  const kind = number % 100;
  const about = kind === 10 ? number - 1 - (((number / 100) % 10) | 0) : number;
  const customer = (Math.imul(about, 2_654_435_761) >>> 0) % customers;
  const dice = (Math.imul(number, 1_597_334_677) >>> 8) % 20_000;
  const order = (action: "placed" | "refunded", refund: number | null) => ({
    orderId: `o-${about}`,
    ...{ action, version: null, refund },
  });
  const orders = { sourceId: "orders", attributes: null };
  const other = { sourceId: "interactions", attributes: null, order: null };
  const of = (name: string, properties: object, more: object) => ({
    name,
    properties: JSON.stringify(properties),
    ...more,
  });
  const shape =
    kind < 10
      ? of(
          "order.placed",
          {
            total: dice / 100,
            currency: "EUR",
            channel: ["web", "store", "app"][dice % 3],
            items: [
              {
                sku: `s-${dice % 5_000}`,
                category: ["books", "toys", "garden", "food"][dice % 4],
                quantity: 1 + (dice % 3),
                price: dice / 200,
              },
            ],
          },
          { ...orders, order: order("placed", null) },
        )
      : kind === 10
        ? of("order.refunded", {}, { ...orders, order: order("refunded", 1) })
        : kind < 15
          ? of("feedback.given", { score: dice % 11 }, other)
          : kind < 20
            ? of(
                "campaign.cost",
                { campaign: `c-${dice % 24}`, cost: (dice % 200) / 100, currency: "EUR" },
                other,
              )
            : kind < 25
              ? of(
                  "profile.updated",
                  {},
                  {
                    sourceId: "lifecycle",
                    order: null,
                    attributes: JSON.stringify({
                      registeredAt: `202${dice % 6}-0${1 + (dice % 9)}-01`,
                      source: ["ads", "organic", "direct"][dice % 3],
                    }),
                  },
                )
              : kind < 35
                ? of("cart.updated", { total: dice / 100, items: 1 + (dice % 5) }, other)
                : kind < 45
                  ? of("email.opened", { campaign: `c-${dice % 24}` }, other)
                  : of(
                      "page.viewed",
                      { path: `/${["sale", "books", "toys", "garden", "food"][dice % 5]}` },
                      other,
                    );
  const subject = `c-${String(customer).padStart(7, "0")}`;
  return {
    subject,
    subjectKind: "customer",
    occurredAt: now - 30 * dayMs + Math.floor((number % 2_592_000) * 999.5),
    eventId: null,
    ...shape,
  };
}

async function produce(
  log: Log,
  registryUrl: string,
  { events, customers, partitions }: Size,
): Promise<void> {
  const codec = await createCodec({ url: registryUrl });
  await codec.prepare(topicNames.customerEvents, ["tidemark.log.CustomerEvent"]);
  const now = Date.now();
  const buffers: OutgoingRecord[][] = Array.from({ length: partitions }, () => []);
  const sent = new Array<number>(partitions).fill(0);
  const tails: Promise<unknown>[] = buffers.map(() => Promise.resolve());
  const flush = async (partition: number): Promise<void> => {
    const records = buffers[partition] ?? [];
    buffers[partition] = [];
    await tails[partition];
    if (records.length > 0) tails[partition] = log.append(topicNames.customerEvents, partition, records);
  };
  for (let number = 0; number < events; number += 1) {
    const event = eventOf(number, customers, now);
    const key = Buffer.from(subjectKey("customer", event.subject));
    const partition = log.partitionFor(key, partitions);
    const sourceOffset = sent[partition] ?? 0;
    const value = codec.encode("tidemark.log.CustomerEvent", {
      ...event,
      ...{ sourcePartition: partition, sourceOffset, ordinal: 0, count: 1 },
    });
    sent[partition] = sourceOffset + 1;
    buffers[partition]?.push({ key, value });
    if ((buffers[partition]?.length ?? 0) >= batchRecords) await flush(partition);
  }
  for (let partition = 0; partition < partitions; partition += 1) await flush(partition);
  await Promise.all(tails);
}

/** From the first block that is committed to the last, processor time a process in microseconds an event. */
async function untilArchived(
  log: Log,
  events: number,
  pids: Readonly<Record<string, number>>,
  say: (message: string) => void,
): Promise<object> {
  const used = () =>
    Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, processUsage(pid).cpuUs]));
  let first:
    | { readonly at: number; readonly done: number; readonly cpu: Readonly<Record<string, number>> }
    | undefined;
  let peakBytes = 0;
  for (const begun = performance.now(); ; await sleep(pollMs)) {
    const committed = await log.committed("tidemark-warehouse", topicNames.customerEvents);
    const done = committed.reduce((sum, one) => sum + (one?.offset ?? 0), 0);
    const now = performance.now();
    const cpu = used();
    peakBytes = Math.max(peakBytes, processUsage(pids.warehouse ?? 0).residentBytes);
    if (first === undefined && done > 0) first = { at: now, done, cpu };
    if (first !== undefined && done >= events) {
      const seconds = (now - first.at) / 1_000;
      const taken = done - first.done;
      const cpuUsPerEvent = Object.fromEntries(
        Object.keys(pids).map((name) => [name, round(((cpu[name] ?? 0) - (first?.cpu[name] ?? 0)) / taken)]),
      );
      return {
        seconds: round(seconds),
        eventsPerSecond: Math.round(taken / seconds),
        cpuUsPerEvent,
        warehousePeakBytes: peakBytes,
      };
    }
    if ((now - begun) / 1_000 > giveUpSeconds) throw new Error(`given up with ${done} archived`);
    if (Math.floor((now - begun) / pollMs) % 50 === 0) say(`${done} archived`);
  }
}

/** Each event once, in blocks of how many, with what is beside them; what merges wrote again. */
async function figuresOfTables(warehouse: Warehouse): Promise<object> {
  const [events] = await warehouse.query<{ rows: number; distinct: number }>(
    "SELECT count() AS rows, uniqExact(kafka_partition, offset) AS distinct FROM customer_events",
  );
  const [parts] = await warehouse.query<{ bytes: number }>(
    "SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND database = currentDatabase() AND table IN ('customer_events', 'order_events', 'outcome_events', 'attribute_writes', 'sampled_events')",
  );
  return {
    rows: events?.rows,
    distinctRows: events?.distinct,
    bytesPerEvent: round((parts?.bytes ?? 0) / (events?.rows ?? 1)),
  };
}
