/** `npm run bench -- --scale`: what several instances of a service do for each other, and what their moves cost. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { freePorts, type NativeStack, startStack } from "../../infra/src/index.ts";
import { type Bench, openBench } from "./bench.ts";
import { type MovableService, type MoveFigures, measureMoves } from "./scale-moves.ts";

export interface ScaleOptions {
  readonly folder: string;
  readonly partitions: number;
  readonly clients: readonly Bench["client"][];
  readonly services: readonly MovableService[];
  readonly rounds: number;
  readonly say: (message: string) => void;
}

export interface ScaleFigures {
  readonly moves: Readonly<Record<string, readonly MoveFigures[]>>;
}

export async function measureScale(options: ScaleOptions): Promise<ScaleFigures> {
  const moves: Record<string, MoveFigures[]> = {};
  for (const client of options.clients) {
    moves[client] = [];
    for (const service of options.services)
      await onFreshStack(options, client, async (bench) => {
        moves[client]?.push(await measureMoves(bench, service, options.rounds));
      });
  }
  return { moves };
}

export async function onFreshStack(
  { folder, partitions, say }: Pick<ScaleOptions, "folder" | "partitions" | "say">,
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
