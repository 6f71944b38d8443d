/** `npm run chaos`: faults on the real stack during a steady load, and what they cost. */

import { join } from "node:path";
import process from "node:process";
import { systemClock } from "@tidemark/runtime";
import type { SourceEvents } from "../../packages/cli/src/demo/events.ts";
import { demoHistory } from "../../packages/cli/src/demo/history.ts";
import { type Random, randomStream } from "../../packages/cli/src/demo/random.ts";
import { readSuperstore } from "../../packages/cli/src/demo/superstore.ts";
import { openLoads } from "../../packages/cli/src/drain/open-loads.ts";
import { readPipeline } from "../../packages/cli/src/drain/pipeline.ts";
import { waitUntilDrained } from "../../packages/cli/src/drain/wait.ts";
import { judge } from "../../packages/cli/src/judge/index.ts";
import { loadDemo } from "../../packages/cli/src/load/load.ts";
import { root } from "../../packages/cli/src/run/home.ts";
import { drawFaults, type Fault } from "./faults.ts";
import { openSteadyLoad, type SteadyLoad } from "./load.ts";
import { type ChaosRun, readChaosRun } from "./options.ts";
import { createOracle, type Oracle } from "./oracle.ts";
import { type ChaosProduct, openChaosProduct } from "./product.ts";
import { caughtUp, sleep } from "./settled.ts";
import { isClean, type Row, tableOf } from "./table.ts";

const partitions = 8;
const eventsPerSecond = 40;
/** The load goes on so long before a fault. */
const calmMs = 1_000;
const packs = ["packs/demo/demo.yaml", "packs/rfm/rfm.yaml"].map((file) => join(root, file));
const quiet = { say: () => {}, bars: () => {}, clear: () => {} };
const say = (message: string): void => void process.stderr.write(`${message}\n`);

interface Scene {
  readonly product: ChaosProduct;
  readonly past: SourceEvents;
  readonly load: SteadyLoad;
  readonly oracle: Oracle;
}

let stopRequested = false;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    stopRequested = true;
    say("Stopping after this fault");
  });

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const read = readChaosRun(words, () => Math.floor(Math.random() * 1e9) + 1);
  if ("print" in read) {
    process.stdout.write(`${read.print}\n`);
    return 0;
  }
  if ("faults" in read) {
    say(read.faults.join("\n"));
    return 2;
  }
  say(`seed ${read.run.seed}`);
  const rows: Row[] = [];
  for (const client of read.run.clients) if (!stopRequested) await runWith(client, read.run, rows);
  process.stdout.write(`${tableOf(rows)}\n`);
  const total = (of: "times" | "lost" | "repeated"): number => rows.reduce((sum, row) => sum + row[of], 0);
  const worst = rows.reduce((most, { seconds }) => Math.max(most, seconds), 0);
  process.stdout.write(
    `seed ${read.run.seed}: ${total("times")} faults, ${total("lost")} lost, ${total("repeated")} repeated, caught up after ${Number.isFinite(worst) ? `${worst.toFixed(1)} s` : "never"} at worst\n`,
  );
  return rows.every(isClean) && !stopRequested ? 0 : 1;
}

async function runWith(client: string, run: ChaosRun, rows: Row[]): Promise<void> {
  const row = (fault: string): Row => {
    const known = rows.find((one) => one.fault === fault && one.client === client);
    if (known) return known;
    const fresh = { fault, client, times: 0, lost: 0, repeated: 0, again: 0, seconds: 0 };
    rows.push(fresh);
    return fresh;
  };
  const rest: Strike[] = [];
  for (let round = 1; round <= run.rounds; round += 1) {
    const choice = randomStream(run.seed, `${client}/${round}`);
    for (const fault of run.isNamed ? run.faults : drawFaults(run.faults, choice))
      rest.push({ fault, random: randomStream(run.seed, `${client}/${fault.name}/${round}`) });
  }
  while (rest.length > 0 && !stopRequested) await runOnOne(client, run.seed, rest, row);
}

/** Takes strikes off the list on one product, until a fault leaves it wrong: the next begins on a new one. */
async function runOnOne(
  client: string,
  seed: number,
  rest: Strike[],
  row: (fault: string) => Row,
): Promise<void> {
  say(`Starting the stack and the services on ${client}`);
  const product = await openChaosProduct({ client, partitions, definitions: packs, say: () => {} });
  try {
    const scene = await setTheScene(product, seed);
    const before = await settle(scene, say);
    if (before.lost + before.repeated > 0)
      throw new Error(`wrong before any fault: ${before.details.join("; ")}`);
    for (let next = rest.shift(); next !== undefined; next = stopRequested ? undefined : rest.shift()) {
      if (!(await strike(scene, next, row(next.fault.name)))) return;
    }
    await judgeAll(scene, row("all of it, judged"));
  } finally {
    await product.close();
  }
}

async function setTheScene(product: ChaosProduct, seed: number): Promise<Scene> {
  const store = await readSuperstore();
  const moment = { seed, now: Date.now() };
  await loadDemo(
    { log: product.log, codec: product.codec, clock: systemClock, progress: quiet },
    store,
    moment,
  );
  await product.startPipeline();
  await drained(product);
  const load = await openSteadyLoad(product, store, seed, eventsPerSecond);
  return { product, past: demoHistory(store, moment), load, oracle: createOracle(product) };
}

interface Strike {
  readonly fault: Fault;
  readonly random: Random;
}

/** Answers whether nothing is wrong afterwards. */
async function strike(scene: Scene, { fault, random }: Strike, row: Row): Promise<boolean> {
  const { product, load } = scene;
  row.times += 1;
  try {
    load.resume();
    await sleep(calmMs);
    await Promise.race([fault.strike(product, random), product.supervisor.failed]);
    const endedAt = performance.now();
    await Promise.race([caughtUp(product), product.supervisor.failed]);
    const seconds = (performance.now() - endedAt) / 1000;
    row.seconds = Math.max(row.seconds, seconds);
    const found = await settle(scene, say);
    row.lost += found.lost;
    row.repeated += found.repeated;
    row.again += found.again;
    say(
      `${fault.name} on ${row.client}: ${found.lost} lost, ${found.repeated} repeated, ${seconds.toFixed(1)} s`,
    );
    return found.lost + found.repeated === 0;
  } catch (error) {
    row.seconds = Number.POSITIVE_INFINITY;
    say(
      `${fault.name} on ${row.client}: not survived: ${error instanceof Error ? error.message : String(error)}`,
    );
    await load.pause().catch(() => undefined);
    return false;
  }
}

/** The load stops, everything comes to rest, and the oracle looks. */
async function settle({ product, load, oracle, past }: Scene, tell: (line: string) => void) {
  await load.pause();
  const asOf = await drained(product);
  const found = await oracle.look(together(past, load.sent), asOf);
  for (const detail of found.details) tell(`  ${detail}`);
  return found;
}

async function judgeAll({ product, load, past }: Scene, row: Row): Promise<void> {
  row.times += 1;
  const asOf = await drained(product);
  const verdict = await judge({ env: product.env, asOf, zone: "UTC" });
  for (const detail of verdict.details.slice(0, 20)) say(`  ${detail}`);
  const sent = together(past, load.sent);
  say(
    `judged: ${verdict.events} events, ${verdict.changes} changes, of ${sent.orders.length + sent.interactions.length + sent.lifecycle.length} source events`,
  );
  row.lost += verdict.lost;
  row.repeated += verdict.duplicates;
}

function together(past: SourceEvents, live: SourceEvents): SourceEvents {
  return {
    orders: [...past.orders, ...live.orders],
    interactions: [...past.interactions, ...live.interactions],
    lifecycle: [...past.lifecycle, ...live.lifecycle],
  };
}

function drained({ log, store, warehouse }: ChaosProduct): Promise<number> {
  const ports = { log, store, now: Date.now, openLoads: () => openLoads(warehouse) };
  return waitUntilDrained(() => readPipeline(ports), systemClock, quiet);
}
