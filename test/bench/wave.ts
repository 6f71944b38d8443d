/**
 * `npm run bench -- --wave`: memberships that end because time passes, all at once or many a second, while live events
 * go on. One line of JSON. Members come in as events of customer-events, folded by `segments` as in production.
 *   --customers N                    all memberships end at one instant (the default: 1,000,000)
 *   --due-rate N                     so many end a second, for --seconds; may be a list: 1000,2500,5000
 *   --overdue N                      so many are overdue when `segments` starts; they ended within --spread-seconds
 *   --live N                         live events a second all along
 */
import { mkdirSync, rmSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { freePorts, startStack } from "../../infra/src/index.ts";
import { type Bench, openBench } from "./bench.ts";
import { processUsage } from "./process-usage.ts";
import { serviceEnvironment } from "./segments-alone.ts";
import { type ServiceProcess, startService } from "./service.ts";
import { spread } from "./spread.ts";
import { startLiveEvents } from "./wave-live.ts";
import { bringIn, type Members, waveDefinitions } from "./wave-members.ts";
import { type WaveWatch, watchWave } from "./wave-watch.ts";

const quietSeconds = 30;
/** From the last member brought in to the first membership that ends. */
const settleSeconds = 5;
/** Without one more exit. */
const giveUpSeconds = 120;
const sampleMs = 250;
/** Members that are brought in first, to see how long the others will take. */
const triedMembers = 20_000;

export async function measureWaves(parameters: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      wave: { type: "boolean" },
      customers: { type: "string", default: "1000000" },
      "due-rate": { type: "string" },
      seconds: { type: "string", default: "20" },
      overdue: { type: "string" },
      "spread-seconds": { type: "string", default: "60" },
      live: { type: "string", default: "500" },
      partitions: { type: "string", default: "32" },
      client: { type: "string", default: "platformatic" },
    },
  });
  const say = (message: string): void => void process.stderr.write(`${message}\n`);
  const folder = join(fileURLToPath(new URL("../..", import.meta.url)), ".tidemark", "bench-wave");
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
      definitions: waveDefinitions,
    });
    const live = Number(values.live);
    const print = (figures: object): void => void process.stdout.write(`${JSON.stringify(figures)}\n`);
    if (values.overdue !== undefined)
      print(await measureOverdue(bench, Number(values.overdue), Number(values["spread-seconds"]), live));
    else if (values["due-rate"] !== undefined)
      for (const rate of values["due-rate"].split(",").map(Number))
        print(await measureDueRate(bench, rate, Number(values.seconds), live));
    else print(await measureMidnight(bench, Number(values.customers), live));
    await bench.close();
  } finally {
    await stack.stop();
  }
  return 0;
}

/** All memberships end at one instant. */
async function measureMidnight(bench: Bench, customers: number, live: number): Promise<object> {
  const segments = startService("segments", serviceEnvironment(bench), bench.folder);
  const midnight = await afterBringingIn(bench, customers, quietSeconds);
  const members: Members = { name: "wave", count: customers, endOf: () => midnight };
  await bringInBefore(bench, members, midnight - quietSeconds * 1000);
  const watch = await watchWave(bench, members);
  const events = startLiveEvents(bench, members, live, watch);
  bench.say(`quiet until midnight, in ${Math.round((midnight - Date.now()) / 1000)} s`);
  await sleep(midnight - Date.now());
  const usage = watchUsage(segments);
  const seconds = await untilAllLeft(watch, members, usage.begun);
  const used = usage.end(watch.left());
  await sleep(2_000);
  await events.stop();
  const liveMissing = await unanswered(watch);
  await watch.stop();
  await segments.stop();
  const quiet = spread(
    watch.live
      .filter(([at]) => at < usage.begun - 1_000 && at > usage.begun - (quietSeconds - 5) * 1_000)
      .map(took),
  );
  const during = spread(watch.live.filter(([at]) => at >= usage.begun && at <= watch.lastLeftAt()).map(took));
  return {
    wave: "midnight",
    customers,
    livePerSecond: live,
    liveMissing,
    seconds,
    liveMs: { quiet, during, p99Times: round(during.p99 / quiet.p99) },
    exits: { ...watch.faults(), missing: customers - watch.left() },
    leftBySecond: watch.leftBySecond,
    segments: used,
    loadAverage: loadavg()[0],
  };
}

/** So many memberships end each second. */
async function measureDueRate(bench: Bench, rate: number, seconds: number, live: number): Promise<object> {
  const customers = rate * seconds;
  const segments = startService("segments", serviceEnvironment(bench), bench.folder);
  const first = await afterBringingIn(bench, customers, settleSeconds);
  const members: Members = {
    name: `due-${rate}`,
    count: customers,
    endOf: (member) => first + Math.floor((member * 1000) / rate),
  };
  await bringInBefore(bench, members, first - settleSeconds * 1000);
  const watch = await watchWave(bench, members);
  const events = startLiveEvents(bench, members, live, watch);
  await sleep(first - Date.now());
  const usage = watchUsage(segments);
  await untilAllLeft(watch, members, usage.begun);
  const used = usage.end(watch.left());
  await events.stop();
  const liveMissing = await unanswered(watch);
  await watch.stop();
  await segments.stop();
  return {
    wave: "due-rate",
    duePerSecond: rate,
    livePerSecond: live,
    liveMissing,
    latenessMs: spread(watch.latenessMs),
    liveMs: spread(watch.live.filter(([at]) => at >= usage.begun).map(took)),
    exits: { ...watch.faults(), missing: customers - watch.left() },
    segments: used,
    loadAverage: loadavg()[0],
  };
}

/** `segments` was away while the memberships ended. */
async function measureOverdue(
  bench: Bench,
  customers: number,
  spreadSeconds: number,
  live: number,
): Promise<object> {
  const before = startService("segments", serviceEnvironment(bench), bench.folder);
  const first = await afterBringingIn(bench, customers, settleSeconds);
  const members: Members = {
    name: "overdue",
    count: customers,
    endOf: (member) => first + Math.floor((member * spreadSeconds * 1000) / customers),
  };
  await bringInBefore(bench, members, first - settleSeconds * 1000);
  await before.stop();
  bench.say(
    `stopped; the last is overdue in ${Math.round((members.endOf(customers - 1) - Date.now()) / 1000)} s`,
  );
  await sleep(members.endOf(customers - 1) + 1 - Date.now());
  const watch = await watchWave(bench, members);
  await sleep(3_000);
  const segments = startService("segments", serviceEnvironment(bench), bench.folder);
  const usage = watchUsage(segments);
  const events = startLiveEvents(bench, members, live, watch);
  const seconds = await untilAllLeft(watch, members, usage.begun);
  const used = usage.end(watch.left());
  await events.stop();
  const liveMissing = await unanswered(watch);
  await watch.stop();
  await segments.stop();
  const perFiveSeconds = inFives(watch.leftBySecond);
  return {
    wave: "overdue",
    customers,
    livePerSecond: live,
    liveMissing,
    seconds,
    leftPerFiveSeconds: perFiveSeconds,
    liveMs: spread(watch.live.filter(([at]) => at > usage.begun + 10_000).map(took)),
    exits: { ...watch.faults(), missing: customers - watch.left() },
    segments: used,
    loadAverage: loadavg()[0],
  };
}

/** Brings a few in, and answers an instant, in ms, by which the others will be in, and `spareSeconds` after that. */
async function afterBringingIn(bench: Bench, customers: number, spareSeconds: number): Promise<number> {
  const count = Math.min(triedMembers, customers);
  const name = `tried-${Date.now()}`;
  // Twice: the first time the process starts and warms up.
  const later = Date.now() + 10 * 3_600_000;
  await bringIn(bench, { name, count, endOf: () => later });
  const startedAt = performance.now();
  await bringIn(bench, { name: `${name}-again`, count, endOf: () => later });
  const seconds = ((performance.now() - startedAt) / 1000) * (customers / count) * 1.5 + 5;
  bench.say(`${customers} members come in within ${Math.ceil(seconds)} s`);
  return Date.now() + Math.ceil(seconds + spareSeconds) * 1000;
}

async function bringInBefore(bench: Bench, members: Members, before: number): Promise<void> {
  const startedAt = performance.now();
  await bringIn(bench, members);
  bench.say(
    `${members.count} members came in within ${Math.round((performance.now() - startedAt) / 1000)} s`,
  );
  if (Date.now() > before) throw new Error("they came in later than their memberships were to end");
}

/** Answers after how many seconds the last of them was seen to leave. */
async function untilAllLeft(watch: WaveWatch, members: Members, begun: number): Promise<number> {
  const isLate = (): boolean =>
    performance.now() - Math.max(begun, watch.lastLeftAt()) > giveUpSeconds * 1000;
  while (watch.left() < members.count && !isLate()) await sleep(50);
  return round((watch.lastLeftAt() - begun) / 1000);
}

/** Waits for the changes of all live events, for a minute; answers how many there are none of. */
async function unanswered(watch: WaveWatch): Promise<number> {
  for (const deadline = performance.now() + 60_000; watch.sentAt.size > 0; await sleep(50))
    if (performance.now() > deadline) break;
  return watch.sentAt.size;
}

interface UsageWatch {
  /** `performance.now()`. */
  readonly begun: number;
  end(exits: number): object;
}

function watchUsage(service: ServiceProcess): UsageWatch {
  const before = processUsage(service.pid);
  const begun = performance.now();
  let most = before.residentBytes;
  const timer = setInterval(() => {
    last = processUsage(service.pid);
    most = Math.max(most, last.residentBytes);
  }, sampleMs);
  let last = before;
  return {
    begun,
    end(exits) {
      clearInterval(timer);
      return {
        residentMiB: { before: mebibytes(before.residentBytes), most: mebibytes(most) },
        cpuUsPerExit: round((last.cpuUs - before.cpuUs) / Math.max(1, exits)),
      };
    },
  };
}

function inFives(bySecond: readonly number[]): readonly number[] {
  const fives: number[] = [];
  for (let second = 0; second < bySecond.length; second += 1) {
    const at = Math.floor(second / 5);
    fives[at] = (fives[at] ?? 0) + (bySecond[second] ?? 0);
  }
  return fives;
}

const took = ([, tookMs]: readonly [number, number]): number => tookMs;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
const round = (value: number): number => Math.round(value * 10) / 10;
const mebibytes = (bytes: number): number => Math.round(bytes / 1_048_576);
