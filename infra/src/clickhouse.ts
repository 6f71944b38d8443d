import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PartPlan } from "./part.ts";

/** ClickHouse's engine behind its HTTP protocol (`clickhouse/`), as a process of its own. */
export function planClickhouse(folder: string, port: number): PartPlan {
  mkdirSync(folder, { recursive: true });
  return {
    name: "clickhouse",
    url: `http://127.0.0.1:${port}`,
    folder,
    command: process.execPath,
    arguments: [
      fileURLToPath(new URL("./clickhouse/main.ts", import.meta.url)),
      join(folder, "data"),
      String(port),
    ],
    // Each running query holds one thread of the pool; the engine's own zone is as in the official image.
    environment: { UV_THREADPOOL_SIZE: "16", TZ: "UTC" },
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/ping`)).ok,
  };
}
