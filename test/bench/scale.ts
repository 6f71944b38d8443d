/**
 * `npm run bench -- --scale`: what several instances of a service do for each other, and what their moves cost. Each
 * measurement has a stack of its own.
 *   --services segments,interactions,warehouse,automations  whose instances are moved
 *   --clients platformatic,kafkajs
 *   --rounds N  of moves
 *   --instances 1,2,4  of `segments`, for the throughput; --events N --customers N
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { freePorts, type NativeStack, startStack } from "../../infra/src/index.ts";
import { type Bench, openBench } from "./bench.ts";
import { type MoveFigures, measureMoves, movableServices, sessionTimeoutMs } from "./scale-moves.ts";
import { measureThroughput, type ThroughputFigures } from "./scale-throughput.ts";

interface Place {
  readonly folder: string;
  readonly partitions: number;
  readonly say: (message: string) => void;
}

/** Prints one line of JSON; answers the exit code: 1 where something was lost or came twice. */
export async function measureScale(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      scale: { type: "boolean" },
      services: { type: "string", default: movableServices.join(",") },
      clients: { type: "string", default: "platformatic,kafkajs" },
      rounds: { type: "string", default: "2" },
      instances: { type: "string", default: "1,2,4" },
      partitions: { type: "string", default: "32" },
      events: { type: "string", default: "400000" },
      customers: { type: "string", default: "40000" },
    },
  });
  const list = (text: string): readonly string[] => text.split(",").filter(Boolean);
  const place: Place = {
    folder: join(fileURLToPath(new URL("../..", import.meta.url)), ".tidemark", "scale"),
    partitions: Number(values.partitions),
    say: (message) => void process.stderr.write(`${message}\n`),
  };
  const clients = list(values.clients).map((name) => (name === "kafkajs" ? "kafkajs" : "platformatic"));
  const services = movableServices.filter((name) => list(values.services).includes(name));
  const shape = { events: Number(values.events), customers: Number(values.customers) };

  const moves: MoveFigures[] = [];
  for (const client of clients)
    for (const service of services)
      await onFreshStack(place, client, async (bench) => {
        const figures = await measureMoves(bench, service, Number(values.rounds));
        place.say(JSON.stringify(figures));
        moves.push(figures);
      });
  const throughput: ThroughputFigures[] = [];
  for (const instances of list(values.instances).map(Number))
    await onFreshStack(place, "platformatic", async (bench, stack) => {
      const figures = await measureThroughput(bench, stack, instances, shape);
      place.say(JSON.stringify(figures));
      throughput.push(figures);
    });
  const { partitions } = place;
  process.stdout.write(`${JSON.stringify({ partitions, sessionTimeoutMs, moves, ...shape, throughput })}\n`);
  return moves.every(({ lost, repeated }) => lost + repeated === 0) ? 0 : 1;
}

async function onFreshStack(
  { folder, partitions, say }: Place,
  client: Bench["client"],
  measure: (bench: Bench, stack: NativeStack) => Promise<void>,
): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const stack = await startStack({ dataDir: join(folder, "stack"), ports: await freePorts(), fresh: true });
  try {
    const bench = await openBench({ env: stack.env, folder, partitions, client, say });
    await measure(bench, stack);
    await bench.close();
  } finally {
    await stack.stop();
  }
}
