/** Definitions on files, with no server. */
import process from "node:process";
import { systemClock } from "@tidemark/runtime";
import { readBacktestOptions } from "../backtest/arguments.ts";
import { runBacktest } from "../backtest/backtest.ts";
import { outcomeJson, outcomeTable } from "../backtest/report.ts";
import { showProgress } from "../progress/progress.ts";

/** What `--help` says beside the options. */
export const backtestDetails = `Files are CSV (commas, semicolons, tabs, bars or runs of blanks), NDJSON or Parquet; gzip of the first two. A map
says which column holds what, as NAME=COLUMN,NAME=COLUMN,...

  --map            customer (or company, or both), time; order: lines with one order id of one customer are one order,
                   at the time of the earliest, without it each row is one; total: a column, or what it is made of,
                   such as Quantity*UnitPrice; items.NAME: of the line's item (sku, category, quantity and price
                   without items. before them); any other name is a property of order.placed
  --map-events     customer or company, time, event (a column, or one name for all: event='page.viewed'); any other
                   name is a property. Without a map: customer, time, event or name, and properties (JSON) or all others
  --map-customers  id; time, else before everything else; any other name is an attribute; * is all other columns

A column's name stands in "double quotes" where it holds a comma. Behind an @ stands how it is read: a date's format
(birthDate=BirthDate@M/d/yyyy), epoch, epoch-ms, comma (a decimal comma), number, text. A file with --no-header has
columns 1, 2, 3; #3 and #-1 count in any file. Times without a zone are in --zone, and so is a date given as --as-of: it
is its midnight there. Dates of attributes stay dates.

The table says for each segment and category: members at --as-of; how often one was entered and left up to then; the
median time inside over all stays, those that have not ended counted up to --as-of. Cut points of quantiles, top and
bottom are those of all customers of the files at --as-of. docs/backtest.md says more.

  npm run -s tidemark -- backtest --definitions packs/rfm --as-of 2011-12-10 --members members.csv \\
    --orders online_retail.csv.gz --guests 0 \\
    --map customer=CustomerID,time=InvoiceDate,order=InvoiceNo,total=Quantity*UnitPrice,country=Country`;

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
