/** Definitions against files of events, with no server: who is in what, and how it came to be so. */
import { basename } from "node:path";
import { buildPlan } from "@tidemark/core";
import type { Progress } from "../progress/progress.ts";
import type { BacktestOptions } from "./arguments.ts";
import { readDefinitionFiles } from "./definition-files.ts";
import { loadEvents, prepareFiles } from "./load-events.ts";
import { populationCuts } from "./population.ts";
import type { Outcome } from "./report.ts";
import { type FileFaults, maxShown } from "./row-faults.ts";
import { newTally } from "./tally.ts";
import { writeResults } from "./write-results.ts";

/** The definitions, the maps or the files cannot be used as they are; every fault on a line. */
export class BacktestFaults extends Error {}

/** Rejects with `BacktestFaults` before anything is read, with another error where no row at all can be read. */
export async function runBacktest(options: BacktestOptions, progress: Progress): Promise<Outcome> {
  const { definitions, faults: wrong, passedOver } = readDefinitionFiles(options.definitions);
  const faults = [...wrong];
  const files = await prepareFiles(options, faults);
  if (faults.length > 0) throw new BacktestFaults(faults.join("\n"));
  for (const file of passedOver) progress.say(`${file} holds no definitions and is passed over`);

  const bars = new Map<string, { readonly name: string; readonly done: number; readonly total: number }>();
  const show = (name: string, done: number, total: number): void => {
    bars.set(name, { name, done, total });
    progress.bars([...bars.values()]);
  };
  const {
    book,
    later,
    files: read,
  } = await loadEvents(files, options.asOf, (file, done, total) =>
    show(`${basename(file)}, bytes`, done, total),
  );
  progress.clear();
  for (const line of read.flatMap(describeFaults)) progress.say(line);
  if (later > 0) progress.say(`${figure(later)} events after --as-of are left out`);
  if (read.every(({ readable, guests }) => readable + guests === 0)) throw new Error("No row can be read");

  const inputs = definitions.map((definition) => ({ definition, version: 1, filling: false }));
  const zone = options.zone.name;
  const bare = buildPlan(inputs, { zone, forecasts: false });
  bars.clear();
  const cuts = populationCuts(bare, inputs, book.subjects, options.asOf, (done, total) =>
    show("population", done, total),
  );
  const plan = bare.cutRequests.length === 0 ? bare : buildPlan(inputs, { zone, cuts, forecasts: false });
  const tally = newTally(definitions);
  writeResults(plan, book.subjects, options, tally, (kind, done, total) =>
    show(kind === "customer" ? "customers" : "companies", done, total),
  );
  progress.clear();
  const { customer, company } = book.subjects;
  return {
    asOf: options.asOf,
    customers: customer.size,
    companies: namesCompanies(options) ? company.size : null,
    events: book.count,
    groups: tally.groups,
  };
}

function namesCompanies({ orders, events, companies }: BacktestOptions): boolean {
  const maps = [orders, events].flatMap((file) => file?.map?.entries ?? []);
  return companies !== null || maps.some(({ name }) => name === "company");
}

function describeFaults({ file, unreadable, values, guests, shown }: FileFaults): readonly string[] {
  const name = basename(file);
  const told: string[] = [];
  if (guests > 0) told.push(`${name}: ${figure(guests)} rows of guests are left out`);
  if (unreadable > 0) told.push(`${name}: ${figure(unreadable)} rows cannot be read`);
  if (values > 0) told.push(`${name}: ${figure(values)} values cannot be read`);
  for (const { line, fault } of shown) told.push(`  ${name}:${line}: ${fault}`);
  const more = unreadable + values - shown.length;
  if (shown.length === maxShown && more > 0) told.push(`  ... and ${figure(more)} more`);
  return told;
}

const figure = (count: number): string => count.toLocaleString("en-US");
