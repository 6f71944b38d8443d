/**
 * `npm run bench -- --preview`: how long a preview takes, estimated and exact, and how far the estimate is off. Rows are
 * those of `--reports`; nothing else runs. One line of JSON.
 *   --events N, --changes N   how many (20,000,000 and 5,000,000)
 *   --customers N             of so many (1,000,000)
 *   --rounds N                each estimate so often, behind one that is not counted; the median is told (5)
 *   --exact-rounds N          the same of each exact answer (1)
 *   --keep                    the rows stay for the next run
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { systemClock, type Warehouse } from "@tidemark/runtime";
import { planClickhouse } from "../../infra/src/clickhouse.ts";
import { freePortNumbers } from "../../infra/src/index.ts";
import { startPart } from "../../infra/src/part.ts";
import { createClickHouseWarehouse } from "../../packages/clickhouse/src/index.ts";
import { parseDefinitions } from "../../packages/core/src/index.ts";
import { createPreview, type PreviewShown } from "../../services/api/src/preview/preview.ts";
import { settings } from "../../services/api/src/settings.ts";
import { fill, mergesAreOver } from "./reports.ts";

const revenue = { kind: "metric", id: "revenue-1y", sum: "total", of: "order.placed" };
const year = { last: "365 days" };

const documents = [
  { ...revenue, during: year },
  { kind: "segment", id: "recent", when: { since: "last", of: "order.placed", below: "60 days" } },
  { kind: "segment", id: "big-spender", when: { metric: "revenue-1y", atLeast: 300 } },
  {
    ...{ kind: "segment", id: "browsed-then-bought" },
    when: {
      ...{ sequence: ["page.viewed", "cart.updated", "order.placed"], within: "30 days" },
      during: { last: "180 days" },
    },
  },
  {
    ...{ kind: "segment", id: "slipping" },
    when: { all: [{ segment: "big-spender" }, { not: { segment: "recent" } }] },
  },
  {
    ...{ kind: "classification", id: "value-tier", otherwise: "occasional" },
    categories: [
      { id: "vip", when: { metric: "revenue-1y", atLeast: 500 } },
      { id: "regular", when: { metric: "revenue-1y", atLeast: 100 } },
    ],
  },
];
/** What is published in the rows. */
const published = Array.from({ length: 10 }, (_, index) => ({
  ...{ kind: "segment", id: `segment-${index}`, when: { attribute: "vip", is: true } },
}));
const asked = [
  ...["segment/recent", "segment/big-spender", "segment/browsed-then-bought", "segment/slipping"],
  ...["classification/value-tier", "metric/revenue-1y"],
];

export async function measurePreviews(parameters: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      preview: { type: "boolean" },
      events: { type: "string", default: "20000000" },
      changes: { type: "string", default: "5000000" },
      customers: { type: "string", default: "1000000" },
      rounds: { type: "string", default: "5" },
      "exact-rounds": { type: "string", default: "1" },
      keep: { type: "boolean", default: false },
    },
  });
  const say = (message: string): void => void process.stderr.write(`${message}\n`);
  const folder = join(fileURLToPath(new URL("../..", import.meta.url)), ".tidemark", "bench-preview");
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
    const rounds = { estimate: Number(values.rounds), exact: Number(values["exact-rounds"]) };
    const previews = await timePreviews(warehouse, rounds, say);
    await warehouse.close();
    const load = loadavg().map((one) => Math.round(one * 10) / 10);
    process.stdout.write(`${JSON.stringify({ previews: { ...size, load, ...previews } })}\n`);
  } finally {
    await part.stop();
    if (!values.keep) rmSync(folder, { recursive: true, force: true });
  }
  return 0;
}

async function timePreviews(
  warehouse: Warehouse,
  rounds: { readonly estimate: number; readonly exact: number },
  say: (message: string) => void,
) {
  const preview = createPreview(
    {
      openWarehouse: async () => warehouse,
      clickHouse: (step) => step(),
      clock: systemClock,
      cuts: async () => ({}),
    },
    {
      zone: "UTC",
      sampleSubjects: settings.API_PREVIEW_SAMPLE.default,
      threads: settings.API_PREVIEW_THREADS.default,
      memoryBytes: settings.API_PREVIEW_MEMORY_BYTES.default,
      queryMs: settings.API_PREVIEW_MS.default,
      atOnce: settings.API_PREVIEW_AT_ONCE.default,
    },
  );
  const { definitions, faults } = parseDefinitions([...documents, ...published]);
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  const live = definitions.filter(({ id }) => id.startsWith("segment-") || id === "value-tier");
  const found: Record<string, object> = {};
  for (const name of asked) {
    const timed = async (isExact: boolean) => {
      const taken: number[] = [];
      let shown: PreviewShown | undefined;
      const wanted = isExact ? rounds.exact : rounds.estimate;
      for (let round = isExact ? 1 : 0; round <= wanted; round += 1) {
        const begun = performance.now();
        shown = await preview.ask({
          ...{ names: [name], definitions, live, isExact, members: 10, at: Date.UTC(2025, 11, 1) },
        });
        if (round > 0) taken.push(performance.now() - begun);
      }
      const ms = Math.round(taken.sort((a, b) => a - b)[Math.floor(wanted / 2)] ?? 0);
      return { ms, shown };
    };
    const [estimate, exact] = [await timed(false), await timed(true)];
    found[name] = {
      estimateMs: estimate.ms,
      exactMs: exact.ms,
      oneOf: 1 / (estimate.shown?.fraction ?? 1),
      ...errorOf(estimate.shown, exact.shown),
    };
    say(`${name}: ${JSON.stringify(found[name])}`);
  }
  return found;
}

/** Of sizes (or the mean): the exact one, the estimate, how far it is off, and whether its interval has it. */
function errorOf(estimate: PreviewShown | undefined, exact: PreviewShown | undefined): object {
  const numbers = (shown: PreviewShown | undefined) =>
    (shown?.previews ?? []).flatMap(({ size, categories = [], distribution }) => [
      ...(size === undefined ? [] : [{ key: "size", ...size }]),
      ...categories.map((one) => ({ key: one.category, ...one.size })),
      ...(distribution?.mean == null ? [] : [{ key: "mean", ...distribution.mean }]),
    ]);
  const guesses = new Map(numbers(estimate).map(({ key, ...guess }) => [key, guess]));
  const errors = numbers(exact).map(({ key, value }) => {
    const guess = guesses.get(key) ?? { value: 0, low: 0, high: 0 };
    const percent = Math.round((10_000 * (guess.value - value)) / value) / 100;
    return { key, exact: value, ...guess, percent, isInside: guess.low <= value && value <= guess.high };
  });
  return { numbers: errors };
}
