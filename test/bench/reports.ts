/**
 * `npm run bench -- --reports`: how long each report takes, and what an event and a change take on disk. Rows are made
 * in ClickHouse itself; nothing else runs. One line of JSON.
 *   --events N, --changes N   how many (20,000,000 and 5,000,000)
 *   --customers N             of so many (1,000,000)
 *   --rounds N                each report so often; the median is told (5)
 *   --keep                    the rows stay for the next run
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Warehouse } from "@tidemark/runtime";
import { planClickhouse } from "../../infra/src/clickhouse.ts";
import { freePortNumbers } from "../../infra/src/index.ts";
import { startPart } from "../../infra/src/part.ts";
import { createClickHouseWarehouse } from "../../packages/clickhouse/src/index.ts";
import { type ReportName, reportNames } from "../../services/api/src/reports/catalogue.ts";
import { createReports } from "../../services/api/src/reports/reports.ts";
import { migrate, readMigrations } from "../../services/warehouse/src/migrations.ts";
import { changesOfMonthSql, definitionsSql, eventsOfMonthSql, months } from "./report-rows.ts";

const year = { from: "2025-01-01", to: "2025-12-31" };
const outcomes = {
  ...{ definition: "segment-1", category: "in", days: 30, from: "2024-04-01", to: "2024-06-30" },
  ...{ asOf: "2025-12-31T00:00:00Z", holdout: "value-tier", holdoutCategory: "vip" },
};

/** What each is asked with. */
const questions: Readonly<Record<ReportName, Readonly<Record<string, unknown>>>> = {
  sizes: year,
  flow: year,
  migration: { ...year, definition: "value-tier" },
  matrix: { from: "2024-12-31", to: "2025-12-31", definition: "value-tier" },
  exits: { from: "2025-10-01", to: "2025-12-31" },
  cohorts: { until: "2025-12-31" },
  rfm: { asOf: "2026-01-01T00:00:00Z" },
  "rfm-customers": { asOf: "2026-01-01T00:00:00Z" },
  funnel: { ...year, stages: ["value-tier/occasional", "value-tier/regular", "segment-1"], days: 90 },
  outcomes,
  lift: outcomes,
  overlap: {},
  review: { day: "2025-12-31", days: 30 },
};

export async function measureReports(parameters: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      reports: { type: "boolean" },
      events: { type: "string", default: "20000000" },
      changes: { type: "string", default: "5000000" },
      customers: { type: "string", default: "1000000" },
      rounds: { type: "string", default: "5" },
      keep: { type: "boolean", default: false },
    },
  });
  const say = (message: string): void => void process.stderr.write(`${message}\n`);
  const folder = join(fileURLToPath(new URL("../..", import.meta.url)), ".tidemark", "bench-reports");
  const isKept = values.keep && existsSync(folder);
  if (!isKept) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [port = 0] = await freePortNumbers(1);
  const part = await startPart(planClickhouse(folder, port));
  process.once("SIGINT", () => void part.stop().then(() => process.exit(130)));
  try {
    const warehouse = await createClickHouseWarehouse({ url: part.url, database: "bench" });
    const size = {
      events: Number(values.events),
      changes: Number(values.changes),
      customers: Number(values.customers),
    };
    if (!isKept) await fill(warehouse, size, say);
    await mergesAreOver(warehouse);
    const bytes = await bytesOnDisk(warehouse);
    const reports = await timeReports(warehouse, Number(values.rounds), say);
    await warehouse.close();
    const line = {
      ...size,
      load: loadavg().map((one) => Math.round(one * 10) / 10),
      bytes,
      reportMs: reports,
    };
    process.stdout.write(`${JSON.stringify({ reports: line })}\n`);
  } finally {
    await part.stop();
    if (!values.keep) rmSync(folder, { recursive: true, force: true });
  }
  return 0;
}

interface Size {
  readonly events: number;
  readonly changes: number;
  readonly customers: number;
}

export async function fill(warehouse: Warehouse, size: Size, say: (message: string) => void): Promise<void> {
  await migrate(warehouse, await readMigrations());
  await warehouse.execute(definitionsSql);
  for (let month = 0; month < months; month += 1) {
    await warehouse.execute(eventsOfMonthSql(month, Math.ceil(size.events / months), size.customers));
    await warehouse.execute(changesOfMonthSql(month, size.changes, size.customers));
    say(`month ${month + 1} of ${months}`);
  }
}

/** What was inserted is merged as it would be while events come in. */
export async function mergesAreOver(warehouse: Warehouse): Promise<void> {
  for (let quiet = 0; quiet < 3; ) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const [row] = await warehouse.query<{ running: number }>("SELECT count() AS running FROM system.merges");
    quiet = row?.running === 0 ? quiet + 1 : 0;
  }
}

/** Bytes a row, of a table and what is beside it for reports. */
async function bytesOnDisk(warehouse: Warehouse): Promise<Readonly<Record<string, number>>> {
  const rows = await warehouse.query<{ table: string; bytes: number; rows: number }>(
    "SELECT table, sum(bytes_on_disk) AS bytes, sum(rows) AS rows FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table",
  );
  const of = (names: readonly string[]) =>
    rows.filter(({ table }) => names.includes(table)).reduce((sum, { bytes }) => sum + bytes, 0);
  const count = (name: string) => rows.find(({ table }) => table === name)?.rows ?? 1;
  const round = (value: number) => Math.round(value * 10) / 10;
  const narrow = ["order_events", "outcome_events", "attribute_writes", "sampled_events"];
  const steps = ["segment_steps", "segment_flow"];
  return {
    event: round(of(["customer_events"]) / count("customer_events")),
    eventWithReports: round(of(["customer_events", ...narrow]) / count("customer_events")),
    change: round(of(["segment_changes"]) / count("segment_changes")),
    changeWithReports: round(of(["segment_changes", ...steps]) / count("segment_changes")),
  };
}

/** The median of the rounds, in ms, behind one round that is not counted. */
async function timeReports(
  warehouse: Warehouse,
  rounds: number,
  say: (message: string) => void,
): Promise<Readonly<Record<string, number>>> {
  const reports = createReports({
    openWarehouse: async () => warehouse,
    clickHouse: (step) => step(),
    clock: { now: () => Date.UTC(2026, 0, 1) },
  });
  const medians: Record<string, number> = {};
  for (const name of reportNames) {
    const taken: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const begun = performance.now();
      const { rows } = await reports.read(name, questions[name], { limit: 1_000, after: 0 });
      if (rows.length === 0) throw new Error(`${name} has no rows`);
      if (round > 0) taken.push(performance.now() - begun);
    }
    medians[name] = Math.round(taken.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0);
    say(`${name}: ${medians[name]} ms`);
  }
  return medians;
}
