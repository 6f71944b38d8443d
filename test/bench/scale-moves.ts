/**
 * Instances of a service are stopped, started and killed under a steady load: how long each partition stands still, and
 * whether anything was lost or came twice.
 */
import { type CustomerEvent, type Fence, type SegmentChange, topicNames } from "@tidemark/contracts";
import type { LogRecord } from "@tidemark/runtime";
import { freePortNumbers } from "../../infra/src/index.ts";
import type { Bench } from "./bench.ts";
import { canonicalEvents, pageViews, type ScaleLoad, startScaleLoad } from "./scale-load.ts";
import { type Pauses, pausesOf, type Window } from "./scale-pauses.ts";
import { serviceEnvironment } from "./segments-alone.ts";
import { type ServiceProcess, startService } from "./service.ts";

export const movableServices = ["interactions", "segments", "warehouse", "automations"] as const;
export type MovableService = (typeof movableServices)[number];

export const sessionTimeoutMs = 6_000;
const instances = 3;
const recordsPerSecond = 320;
/** How long the effect of what is done is watched. */
const watchMs = { quiet: 5_000, stop: 6_000, start: 2_000, kill: sessionTimeoutMs + 7_000 } as const;
const pollMs = 25;

type Move = keyof typeof watchMs;

export interface MoveFigures {
  readonly service: MovableService;
  readonly client: Bench["client"];
  /** Pauses of the partitions: while nothing was done, and after each kind of move. */
  readonly pauses: Readonly<Record<Move, Pauses>>;
  readonly lost: number;
  readonly repeated: number;
}

export async function measureMoves(
  bench: Bench,
  service: MovableService,
  rounds: number,
): Promise<MoveFigures> {
  const label = `${service}-${process.pid}`;
  const { topic, partitions, recordOf } = fedBy(bench, service, label);
  let count = 0;
  const ports = await freePortNumbers(instances + 2 * rounds);
  const start = (): ServiceProcess => {
    const port = ports[count] ?? 0;
    count += 1;
    return startService(
      service,
      { ...environmentOf(bench), HTTP_PORT: String(port) },
      bench.folder,
      `${service}-${count}`,
    );
  };
  const segments =
    service === "automations"
      ? [startService("segments", environmentOf(bench), bench.folder, "segments-of-automations")]
      : [];
  const from = await endsOf(bench);
  let running = Array.from({ length: instances }, start);
  await Promise.all(running.map((instance) => instance.ready()));
  const positions = watchPositions(bench, service);
  const load = startScaleLoad(bench, topic, partitions, recordsPerSecond, recordOf);
  await untilAllMove(bench, service, from);
  await sleep(5_000);

  const windows: { readonly move: Move; readonly window: Window }[] = [];
  const watch = async (move: Move, act: () => Promise<void>): Promise<void> => {
    bench.say(`${service}: ${move}`);
    const at = Date.now();
    await Promise.all([act(), sleep(watchMs[move])]);
    windows.push({ move, window: { from: at, to: Date.now() } });
  };
  const replaceFirst = async (): Promise<void> => {
    const fresh = start();
    running = [...running.slice(1), fresh];
    await fresh.ready();
    // It is ready with its partitions; what follows is theirs.
    await sleep(watchMs.start);
  };
  for (let round = 0; round < rounds; round += 1) {
    await watch("quiet", async () => {});
    await watch("stop", async () => running[0]?.stop());
    await watch("start", replaceFirst);
    await watch("kill", async () => running[0]?.kill());
    await watch("start", replaceFirst);
  }
  await load.stop();
  const found = await settled(bench, service, from, load);
  const polled = await positions.stop();
  await Promise.all([...running, ...segments].map((process) => process.stop()));
  const marks = found.marks ?? polled;
  const pauses = Object.fromEntries(
    (Object.keys(watchMs) as Move[]).map((move) => [
      move,
      worstOf(windows.filter((one) => one.move === move).map(({ window }) => pausesOf(marks, window))),
    ]),
  ) as Record<Move, Pauses>;
  return { service, client: bench.client, pauses, lost: found.lost, repeated: found.repeated };
}

function environmentOf(bench: Bench): Readonly<Record<string, string>> {
  const names = ["INTAKE", "SEGMENTS", "WAREHOUSE", "AUTOMATIONS"];
  const timeouts = names.map((name) => [`${name}_SESSION_TIMEOUT_MS`, String(sessionTimeoutMs)]);
  return { ...serviceEnvironment(bench), LOG_LEVEL: "info", ...Object.fromEntries(timeouts) };
}

/** What a service reads, and what is put there. */
function fedBy(bench: Bench, service: MovableService, label: string) {
  const { partitions } = bench;
  return service === "interactions"
    ? { topic: topicNames.interactions, partitions: sourcePartitions, recordOf: pageViews(label) }
    : { topic: topicNames.customerEvents, partitions, recordOf: canonicalEvents(bench, label) };
}

const sourcePartitions = 8;

/** Where a service's progress is seen. */
const outputOf: Readonly<Record<MovableService, string>> = {
  interactions: topicNames.customerEvents,
  segments: topicNames.segmentChanges,
  warehouse: topicNames.customerEvents,
  automations: topicNames.segmentChanges,
};

interface Ends {
  readonly [topic: string]: readonly number[];
}

async function endsOf({ log }: Bench): Promise<Ends> {
  const topics = [topicNames.customerEvents, topicNames.segmentChanges, topicNames.interactions];
  return Object.fromEntries(
    await Promise.all(topics.map(async (topic) => [topic, await log.endOffsets(topic)] as const)),
  );
}

async function untilAllMove(bench: Bench, service: MovableService, from: Ends): Promise<void> {
  const topic = outputOf[service];
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
    const ends = await bench.log.endOffsets(topic);
    if (service === "warehouse" || service === "automations") {
      const positions = await committedOf(bench, service);
      if (positions.every((position, partition) => position > (from[topic]?.[partition] ?? 0))) return;
    } else if (ends.every((end, partition) => end > (from[topic]?.[partition] ?? 0))) return;
  }
  throw new Error(`${service} did not begin within a minute`);
}

async function committedOf(
  { log, partitions }: Bench,
  service: "warehouse" | "automations",
): Promise<readonly number[]> {
  const committed = await log.committed(`tidemark-${service}`, outputOf[service]);
  return Array.from({ length: partitions }, (_, partition) => committed[partition]?.offset ?? 0);
}

/** Notes when the committed position of each partition advanced, where nothing else tells. */
function watchPositions(bench: Bench, service: MovableService) {
  const marks: number[][] = Array.from({ length: bench.partitions }, () => []);
  if (service !== "warehouse" && service !== "automations") return { stop: async () => marks };
  const last: number[] = [];
  let stopped = false;
  const running = (async () => {
    while (!stopped) {
      const positions = await committedOf(bench, service).catch(() => []);
      const now = Date.now();
      positions.forEach((position, partition) => {
        if (position > (last[partition] ?? 0)) marks[partition]?.push(now);
        last[partition] = position;
      });
      await sleep(pollMs);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await running;
      return marks;
    },
  };
}

interface Found {
  /** Append times by partition, where they tell. */
  readonly marks?: readonly (readonly number[])[];
  readonly lost: number;
  readonly repeated: number;
}

/** Waits until all that was sent is through, and looks at what came of it. */
async function settled(bench: Bench, service: MovableService, from: Ends, load: ScaleLoad): Promise<Found> {
  if (service === "interactions") return settledIntake(bench, from, load.sent());
  if (service === "segments") {
    await bench.drained();
    return changesSince(bench, from, load.sent());
  }
  if (service === "automations") await bench.drained();
  const ends = (await endsOf(bench))[outputOf[service]] ?? [];
  for (const deadline = Date.now() + 60_000; ; await sleep(100)) {
    const positions = await committedOf(bench, service);
    const missing = ends.reduce((sum, end, at) => sum + Math.max(0, end - (positions[at] ?? 0)), 0);
    if (missing === 0) return { lost: 0, repeated: 0 };
    if (Date.now() > deadline) return { lost: missing, repeated: 0 };
  }
}

/** Each source record once as an event: one that came again has the same source position, which `segments` drops. */
async function settledIntake(bench: Bench, from: Ends, sent: number): Promise<Found> {
  for (const deadline = Date.now() + 60_000; ; await sleep(250)) {
    const marks: number[][] = Array.from({ length: sourcePartitions }, () => []);
    const seen = new Set<string>();
    for await (const record of recordsOf(bench, topicNames.customerEvents, from)) {
      const { type, value } = await bench.codec.decode(record.value as Buffer);
      if (type !== "tidemark.log.CustomerEvent") continue;
      const { sourcePartition, sourceOffset } = value as CustomerEvent;
      const position = `${sourcePartition}/${sourceOffset}`;
      if (seen.has(position)) continue;
      seen.add(position);
      marks[sourcePartition]?.push(record.timestamp);
    }
    for (const own of marks) own.sort((a, b) => a - b);
    if (seen.size >= sent || Date.now() > deadline) return { marks, lost: sent - seen.size, repeated: 0 };
  }
}

/** Follows `segment-changes` as a consumer does. */
async function changesSince(bench: Bench, from: Ends, sent: number): Promise<Found> {
  const marks: number[][] = Array.from({ length: bench.partitions }, () => []);
  const lines = Array.from({ length: bench.partitions }, () => ({ epoch: 0, sequence: 0 }));
  const told = new Map<string, number>();
  let gaps = 0;
  for await (const record of recordsOf(bench, topicNames.segmentChanges, from)) {
    const line = lines[record.partition];
    if (line === undefined) continue;
    const { type, value } = await bench.codec.decode(record.value as Buffer);
    if (type === "tidemark.changes.Fence") line.epoch = Math.max(line.epoch, (value as Fence).epoch);
    if (type !== "tidemark.changes.SegmentChange") continue;
    const change = value as SegmentChange;
    if (change.epoch < line.epoch || change.sequence <= line.sequence) continue;
    if (line.sequence > 0) gaps += change.sequence - line.sequence - 1;
    line.sequence = change.sequence;
    marks[record.partition]?.push(record.timestamp);
    if (change.definition === "latest-page" && change.to === "sale")
      told.set(change.subject, (told.get(change.subject) ?? 0) + 1);
  }
  const repeated = [...told.values()].reduce((sum, times) => sum + times - 1, 0);
  return { marks, lost: gaps + Math.max(0, sent - told.size), repeated };
}

async function* recordsOf({ log }: Bench, topic: string, from: Ends): AsyncGenerator<LogRecord> {
  const ends = await log.endOffsets(topic);
  for (const [partition, end] of ends.entries()) {
    for await (const records of log.read(topic, partition, from[topic]?.[partition] ?? 0, end))
      yield* records;
  }
}

function worstOf(pauses: readonly Pauses[]): Pauses {
  return {
    longestMs: Math.max(...pauses.map(({ longestMs }) => longestMs)),
    medianMs: Math.max(...pauses.map(({ medianMs }) => medianMs)),
  };
}

const sleep = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));
