/** Definitions on files, with no server. */
import process from "node:process";
import { systemClock } from "@tidemark/runtime";
import { backtestOptions, readBacktestOptions } from "../backtest/arguments.ts";
import { runBacktest } from "../backtest/backtest.ts";
import { outcomeJson, outcomeTable } from "../backtest/report.ts";
import { showProgress } from "../progress/progress.ts";

export { backtestOptions };

export const backtestDetails = `--map NAME=COLUMN,... Roles are customer, company, time, order and total.`;

/** Answers what is to be printed; what goes on meanwhile is on standard error. */
export async function backtest(
  values: Readonly<Record<string, unknown>>,
  folder: string,
): Promise<{ readonly faults: readonly string[] } | { readonly text: string }> {
  const read = readBacktestOptions(values, folder);
  if ("faults" in read) return read;
  const outcome = await runBacktest(read.options, showProgress(process.stderr, systemClock.now));
  return { text: read.options.isJson ? outcomeJson(outcome) : outcomeTable(outcome) };
}
