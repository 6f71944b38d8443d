/** `npm start`, from nothing to a screen full of segments, and back. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { topicNames } from "@tidemark/contracts";
import { ApplyError, applyFiles, pendingDefinitions } from "../commands/apply.ts";
import { readSuperstore } from "../demo/superstore.ts";
import { openLoads } from "../drain/open-loads.ts";
import { readPipeline } from "../drain/pipeline.ts";
import { waitUntilDrained } from "../drain/wait.ts";
import { judge } from "../judge/index.ts";
import { decideLoad, describeSource } from "../load/decide-load.ts";
import { describeRead, loadDemo, loadFileOrders, readFileOrders } from "../load/load.ts";
import {
  type LoadMark,
  type LoadSource,
  readLoadMark,
  removeLoadMark,
  writeLoadMark,
} from "../load/load-mark.ts";
import type { OrdersRead } from "../orders-file/orders-file.ts";
import { root } from "../run/home.ts";
import type { StopRequest } from "../run/stop-request.ts";
import { showInstantsIn } from "../screen/change-line.ts";
import { report } from "../screen/report.ts";
import { recordsIn, summarise } from "../screen/summary.ts";
import type { OrdersOptions, StartOptions } from "./arguments.ts";
import { goLive } from "./live.ts";
import { database, openProduct, type Product, type ProductPorts } from "./product.ts";

const packFiles = ["packs/demo/demo.yaml", "packs/rfm/rfm.yaml"];
const standardSeed = 1;
const changesShown = 10;
const pendingPollMs = 200;
const pendingTimeoutMs = 60_000;

export interface StartPorts extends ProductPorts {
  readonly stop: StopRequest;
  /** The screen at the end, and the one line of `--check`. */
  readonly print: (text: string) => void;
  /** Characters in a line of the screen. */
  readonly width: number;
}

/** Answers the exit code. Rejects with `StopRequested` when it was stopped before the load was over. */
export async function runStart(ports: StartPorts, options: StartOptions): Promise<number> {
  const beganAt = ports.clock.elapsedMs();
  const orders = await readOrders(ports, options);
  if (options.isFresh) removeLoadMark(ports.home);
  const product = await openProduct(ports, options.isFresh);
  let isLeftUp = false;
  try {
    // Whatever is under way, a stop or a service that was given up ends the wait.
    const { code, live } = await Promise.race([
      run(product, ports, options, orders, beganAt),
      ports.stop.requested,
      product.supervisor.failed,
    ]);
    isLeftUp = options.isKept;
    if (live !== undefined) await Promise.race([live(), product.supervisor.failed]);
    return code;
  } finally {
    ports.progress.clear();
    if (isLeftUp) await product.letGo();
    else {
      ports.progress.say("Stopping");
      await product.stop();
    }
  }
}

interface Outcome {
  readonly code: number;
  /** What goes on until somebody stops it, which is how it is meant to end. */
  readonly live?: () => Promise<void>;
}

async function run(
  product: Product,
  ports: StartPorts,
  options: StartOptions,
  orders: OrdersRead | null,
  beganAt: number,
): Promise<Outcome> {
  const { progress, clock, stop } = ports;
  const { mark, told } = await fill(product, ports, options, orders);
  const zone = mark?.zone ?? options.zone ?? "UTC";
  const { pipeline, webhooks } = product.services(zone);
  for (const plan of pipeline) product.supervisor.start(plan);
  await product.supervisor.ready();
  progress.say("Every service is ready");
  const asOf = await waitUntilDrained(() => readPipeline(pipelinePorts(product, ports)), clock, progress);
  if (options.isCheck) return { code: await check(product, ports, { asOf, zone, beganAt }) };
  const showInstant = showInstantsIn(zone);
  const summary = await summarise(product.log, product.warehouse, changesShown);
  const { places, apiUrl } = product;
  ports.print(
    report(summary, {
      places,
      services: pipeline,
      apiUrl,
      webhooksUrl: `http://127.0.0.1:${webhooks.port}`,
      clickhouseUrl: product.env.CLICKHOUSE_URL ?? "",
      database,
      logFolder: ports.home.logs,
      showInstant,
      width: ports.width,
      loaded: told,
    }),
  );
  if (options.isKept) {
    progress.say("Everything stays up in the background; npm stop stops it");
    return { code: 0 };
  }
  const source = mark?.source;
  const demo = source?.kind === "demo" ? { store: await readSuperstore(), seed: source.seed } : null;
  progress.say(
    demo === null
      ? "Changes as they come; Ctrl-C stops everything"
      : "Live events trickle in; changes as they come; Ctrl-C stops everything",
  );
  return {
    code: 0,
    live: () => goLive({ ...product, clock, progress, showInstant }, demo, stop.isRequested),
  };
}

/** Definitions first, then the events, so that the definitions see all of them. */
async function fill(
  product: Product,
  ports: StartPorts,
  options: StartOptions,
  orders: OrdersRead | null,
): Promise<{ readonly mark: LoadMark | undefined; readonly told: readonly string[] }> {
  const { home, clock, progress } = ports;
  const { log, codec, supervisor } = product;
  const decision = decideLoad(
    { file: fileSource(options.orders), seed: options.seed, zone: options.zone },
    {
      mark: readLoadMark(home),
      records: await sourceRecords(product),
      now: clock.now(),
      seed: standardSeed,
      zone: "UTC",
    },
  );
  if (decision.action === "refuse") throw new Error(decision.reason);
  const mark = decision.action === "foreign" ? undefined : decision.mark;
  const services = product.services(mark?.zone ?? options.zone ?? "UTC");
  supervisor.start(services.api);
  supervisor.start(services.webhooks);
  await supervisor.ready();
  if (mark === undefined) return { mark, told: ["The topics held events already; nothing was loaded"] };
  if (decision.action === "keep") return { mark, told: [`Kept: ${describeSource(mark.source)}`] };
  await applyPacks(product, ports);
  writeLoadMark(home, mark);
  const loadPorts = { log, codec, clock, progress };
  if (mark.source.kind === "demo") {
    progress.say(`Loading ${describeSource(mark.source)} (--seed ${mark.source.seed} gives the same again)`);
    await loadDemo(loadPorts, await readSuperstore(), mark.source);
  } else {
    // The file was read before anything was started, unless the mark said that it is loaded.
    if (orders === null)
      throw new Error(`${describeSource(mark.source)} were loaded, but the topics are empty; add --fresh`);
    progress.say(`Loading ${describeSource(mark.source)}`);
    await loadFileOrders(loadPorts, orders.orders);
  }
  const complete = { ...mark, isComplete: true };
  writeLoadMark(home, complete);
  return {
    mark: complete,
    told: [`Loaded: ${describeSource(mark.source)}`, ...(orders === null ? [] : describeRead(orders))],
  };
}

/** Resolves once every partition has them, so that no event comes before its definitions. */
async function applyPacks({ apiUrl }: Product, { clock, progress }: StartPorts): Promise<void> {
  const names = packFiles.join(" and ");
  try {
    const applied = await applyFiles(
      apiUrl,
      packFiles.map((file) => join(root, file)),
    );
    for (let waitedMs = 0; (await pendingDefinitions(apiUrl)).length > 0; waitedMs += pendingPollMs) {
      if (waitedMs > pendingTimeoutMs) throw new Error("The definitions do not reach every partition");
      await clock.sleep(pendingPollMs);
    }
    progress.say(`Applied ${applied.length} definitions of ${names}`);
  } catch (error) {
    if (!(error instanceof ApplyError)) throw error;
    throw new Error(`The definitions of ${names} were refused:\n${error.message}`);
  }
}

async function check(
  product: Product,
  { clock, progress, print }: StartPorts,
  { asOf, zone, beganAt }: { readonly asOf: number; readonly zone: string; readonly beganAt: number },
): Promise<number> {
  const deadLetters = await recordsIn(product.log, topicNames.deadLetters);
  if (deadLetters > 0)
    progress.say(
      `${deadLetters} dead letters: npm run -s tidemark -- dead-letters list (after a start with --keep)`,
    );
  progress.say(`Drained; judging what there is as of ${new Date(asOf).toISOString()}`);
  const verdict = await judge({ env: product.env, asOf, zone, onProgress: progress.say });
  for (const detail of verdict.details) progress.say(detail);
  const { events, changes, lost, duplicates, unattributed, segments } = verdict;
  const ms = Math.round(clock.elapsedMs() - beganAt);
  print(`${JSON.stringify({ events, changes, lost, duplicates, unattributed, segments, ms })}\n`);
  return lost > 0 || duplicates > 0 ? 1 : 0;
}

/** Before anything is started: a file that cannot be used is known at once. */
async function readOrders(ports: StartPorts, options: StartOptions): Promise<OrdersRead | null> {
  if (options.orders === null) return null;
  const mark = options.isFresh ? undefined : readLoadMark(ports.home);
  if (mark?.isComplete) return null;
  const { file, mapping, hasHeader, guest } = options.orders;
  const zone = options.zone ?? mark?.zone ?? "UTC";
  return readFileOrders(
    { file, mapping, hasHeader, zone, ...(guest === null ? {} : { guest }) },
    ports.progress,
    ports.home.logs,
  );
}

function fileSource(orders: OrdersOptions | null): Extract<LoadSource, { readonly kind: "file" }> | null {
  if (orders === null) return null;
  const { file, map, hasHeader, guest } = orders;
  const { size, mtimeMs } = statSync(file);
  return { kind: "file", file, bytes: size, modifiedAt: mtimeMs, map, hasHeader, guest };
}

async function sourceRecords({ log }: Product): Promise<number> {
  const topics = [topicNames.orders, topicNames.interactions, topicNames.lifecycle];
  const ends = await Promise.all(topics.map((topic) => log.endOffsets(topic)));
  return ends.flat().reduce((sum, end) => sum + end, 0);
}

function pipelinePorts({ log, store, warehouse }: Product, { clock }: StartPorts) {
  return { log, store, now: clock.now, openLoads: () => openLoads(warehouse) };
}
