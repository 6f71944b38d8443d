/** Definitions against files of events, with no server: who is in what, and how it came to be so. */
import { basename } from "node:path";
import { buildPlan, type Definition, type Plan } from "@tidemark/core";
import type { Bar, Progress } from "../progress/progress.ts";
import type { BacktestOptions } from "./arguments.ts";
import { readDefinitionFiles } from "./definition-files.ts";
import { type LoadedEvents, loadEvents } from "./load-events.ts";
import { missingReads } from "./missing-reads.ts";
import { populationCuts } from "./population.ts";
import { prepareFiles } from "./prepare-files.ts";
import type { Outcome } from "./report.ts";
import { counted, describeFaults } from "./row-faults.ts";
import type { EventBook } from "./subject-events.ts";
import { newTally } from "./tally.ts";
import { writeResults } from "./write-results.ts";

/** The definitions, the maps or the files cannot be used as they are. */
export class BacktestFaults extends Error {
  /** One sentence each. */
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.faults = faults;
  }
}

/** Rejects with `BacktestFaults` before anything is read, with another error where no row at all can be read. */
export async function runBacktest(options: BacktestOptions, progress: Progress): Promise<Outcome> {
  const { definitions, faults: wrong, passedOver } = readDefinitionFiles(options.definitions);
  const faults = [...wrong];
  const files = await prepareFiles(options, faults);
  if (faults.length > 0) throw new BacktestFaults(faults);
  for (const file of passedOver) progress.say(`${file} holds no definitions and is passed over`);
  tellAll(missingReads(definitions, options), progress);

  const reading = barsOf(progress);
  const loaded = await loadEvents(files, options.asOf, (file, done, total) =>
    reading({ name: `${basename(file)}, bytes`, done, total }),
  );
  progress.clear();
  tell(loaded, progress);

  const { book } = loaded;
  const plan = planFor(definitions, book, options, barsOf(progress));
  const tally = newTally(definitions);
  const folding = barsOf(progress);
  writeResults(plan, book.subjects, options, tally, (kind, done, total) =>
    folding({ name: kind === "customer" ? "customers" : "companies", done, total }),
  );
  progress.clear();
  const { customer, company } = book.subjects;
  return {
    asOf: options.asOf,
    customers: customer.size,
    companies: company.size > 0 ? company.size : null,
    events: book.count,
    groups: tally.groups,
  };
}

/** So many, and how many more. */
const mostTold = 20;

function tellAll(lines: readonly string[], progress: Progress): void {
  for (const line of lines.slice(0, mostTold)) progress.say(line);
  if (lines.length > mostTold) progress.say(`... and ${counted(lines.length - mostTold, "more such note")}`);
}

function tell({ files, later }: LoadedEvents, progress: Progress): void {
  for (const line of files.flatMap(describeFaults)) progress.say(line);
  if (later > 0) progress.say(`${counted(later, "event")} after --as-of left out`);
  if (files.every(({ readable, guests }) => readable + guests === 0)) throw new Error("No row can be read");
}

/** Where definitions ask for cut points, those of this population at the instant asked for, for the whole history. */
function planFor(
  definitions: readonly Definition[],
  book: EventBook,
  { zone, asOf }: BacktestOptions,
  show: (bar: Bar) => void,
): Plan {
  const inputs = definitions.map((definition) => ({ definition, version: 1, filling: false }));
  const options = { zone: zone.name, forecasts: false };
  const plan = buildPlan(inputs, options);
  if (plan.cutRequests.length === 0) return plan;
  const onSubject = (done: number, total: number): void => show({ name: "population", done, total });
  return buildPlan(inputs, {
    ...options,
    cuts: populationCuts(plan, inputs, book.subjects, asOf, onSubject),
  });
}

/** Shows bars below one another, the newest state of each. */
function barsOf(progress: Progress): (bar: Bar) => void {
  const bars = new Map<string, Bar>();
  return (bar) => {
    bars.set(bar.name, bar);
    progress.bars([...bars.values()]);
  };
}
