/**
 * `npm run bench`: what core costs alone, what `segments` and the whole path carry, how soon a change is out, what a
 * customer costs in Redis. One line of JSON on standard output; progress on standard error. Not a test: these figures
 * depend on the machine.
 *   --events N --customers N --latency-seconds N, for a shorter run
 *   --core, for what needs no stack: core alone
 *   --backtest, for a file of so many order lines and nothing else: --lines N
 *   --wave, for memberships that end by time and nothing else: see wave.ts
 *   --scale, for several instances and nothing else: see scale.ts
 *   --overload, for more than it can carry and nothing else: see overload.ts
 *   --reports, for reports in ClickHouse and nothing else: see reports.ts
 *   --preview, for previews of definitions and nothing else: see preview.ts
 *   --archive, for the way from the topic to ClickHouse and nothing else: see archive.ts
 *   --sweep, for definitions that are filled from history and nothing else: see sweep.ts
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { freePorts, startStack } from "../../infra/src/index.ts";
import { measureArchive } from "./archive.ts";
import { measureBacktest } from "./backtest.ts";
import { openBench } from "./bench.ts";
import { measureCore } from "./core-alone.ts";
import { measureLatency } from "./latency.ts";
import { measureOverload } from "./overload.ts";
import { measurePath } from "./path.ts";
import { measurePreviews } from "./preview.ts";
import { measureRedis } from "./redis-bytes.ts";
import { measureReports } from "./reports.ts";
import { measureScale } from "./scale.ts";
import { measureSegments } from "./segments-alone.ts";
import { measureSweep } from "./sweep.ts";
import { measureWaves } from "./wave.ts";

if (process.argv.includes("--wave")) process.exit(await measureWaves(process.argv.slice(2)));

if (process.argv.includes("--scale")) process.exit(await measureScale(process.argv.slice(2)));

if (process.argv.includes("--overload")) process.exit(await measureOverload(process.argv.slice(2)));
if (process.argv.includes("--reports")) process.exit(await measureReports(process.argv.slice(2)));
if (process.argv.includes("--preview")) process.exit(await measurePreviews(process.argv.slice(2)));
if (process.argv.includes("--archive")) process.exit(await measureArchive(process.argv.slice(2)));
if (process.argv.includes("--sweep")) process.exit(await measureSweep(process.argv.slice(2)));

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "2000000" },
    customers: { type: "string", default: "200000" },
    partitions: { type: "string", default: "32" },
    "latency-seconds": { type: "string", default: "60" },
    client: { type: "string", default: "platformatic" },
    core: { type: "boolean", default: false },
    backtest: { type: "boolean", default: false },
    lines: { type: "string", default: "1000000" },
  },
});
const say = (message: string): void => void process.stderr.write(`${message}\n`);
if (values.backtest) {
  const backtest = await measureBacktest(Number(values.lines), say);
  process.stdout.write(`${JSON.stringify({ backtest })}\n`);
  process.exit(0);
}
const core = measureCore(say);
if (values.core) {
  process.stdout.write(`${JSON.stringify({ core })}\n`);
  process.exit(0);
}

const folder = join(fileURLToPath(new URL("../..", import.meta.url)), ".tidemark", "bench");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const stack = await startStack({ dataDir: folder, ports: await freePorts(), fresh: true, onProgress: say });
process.once("SIGINT", () => void stack.stop().then(() => process.exit(130)));
try {
  const bench = await openBench({
    env: stack.env,
    folder,
    partitions: Number(values.partitions),
    client: values.client === "kafkajs" ? "kafkajs" : "platformatic",
    say,
  });
  const shape = { customers: Number(values.customers), events: Number(values.events) };
  const segments = await measureSegments(bench, shape);
  const redis = await measureRedis(bench, shape.customers);
  const path = await measurePath(bench, Math.floor(shape.events / 8), shape.customers);
  const latency = await measureLatency(bench, Number(values["latency-seconds"]));
  await bench.close();
  process.stdout.write(
    `${JSON.stringify({ ...shape, partitions: Number(values.partitions), client: values.client, core, segments, path, latency, redis })}\n`,
  );
} finally {
  await stack.stop();
}
process.exit(0);
