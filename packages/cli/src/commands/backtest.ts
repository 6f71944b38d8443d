/** Definitions on files, with no server. */
import process from "node:process";
import { systemClock } from "@tidemark/runtime";
import { readBacktestOptions } from "../backtest/arguments.ts";
import { BacktestFaults, runBacktest } from "../backtest/backtest.ts";
import { outcomeJson, outcomeTable } from "../backtest/report.ts";
import { showProgress } from "../progress/progress.ts";

/** Answers what is to be printed, or what is wrong with what was asked; what goes on meanwhile is on standard error. */
export async function backtest(
  values: Readonly<Record<string, unknown>>,
  folder: string,
): Promise<{ readonly faults: readonly string[] } | { readonly text: string }> {
  const read = readBacktestOptions(values, folder);
  if ("faults" in read) return read;
  try {
    const outcome = await runBacktest(read.options, showProgress(process.stderr, systemClock.now));
    return { text: read.options.isJson ? outcomeJson(outcome) : outcomeTable(outcome) };
  } catch (error) {
    if (error instanceof BacktestFaults) return { faults: error.faults };
    throw error;
  }
}
