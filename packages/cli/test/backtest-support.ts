/** A folder of files, the command run on them, and what it says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { readBacktestOptions } from "../src/backtest/arguments.ts";
import { runBacktest } from "../src/backtest/backtest.ts";
import { outcomeJson, outcomeTable } from "../src/backtest/report.ts";

export interface Ran {
  readonly json: {
    readonly asOf: string;
    readonly customers: number;
    readonly companies?: number;
    readonly events: number;
    readonly segments: Readonly<Record<string, number>>;
    readonly classifications: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
  /** What was said meanwhile. */
  readonly said: readonly string[];
  /** Without the header. */
  readonly members: readonly string[][];
  readonly metrics: readonly string[][];
  readonly history: readonly string[][];
  readonly table: readonly string[];
}

/**
 * `files` by name; what `options` say is looked for among them. `definitions.yaml` is taken where nothing else is said.
 * Rejects with the faults, one a line, where the command is refused.
 */
export async function runOn(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: Readonly<Record<string, string | boolean>>,
): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), "backtest-"));
  try {
    return await runIn(folder, files, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runIn(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  options: Readonly<Record<string, string | boolean>>,
): Promise<Ran> {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const results = { members: "members.csv", metrics: "metrics.csv", history: "history.csv" };
  const read = readBacktestOptions({ definitions: "definitions.yaml", ...results, ...options }, folder);
  if ("faults" in read) throw new Error(read.faults.join("\n"));
  const said: string[] = [];
  const progress = { say: (line: string) => void said.push(line), bars: () => {}, clear: () => {} };
  const outcome = await runBacktest(read.options, progress);
  const rows = (name: string): string[][] =>
    parse(readFileSync(join(folder, name)), { from: 2, relax_column_count: false });
  return {
    json: JSON.parse(outcomeJson(outcome)),
    said,
    members: rows(results.members),
    metrics: rows(results.metrics),
    history: rows(results.history),
    table: outcomeTable(outcome).split("\n"),
  };
}
