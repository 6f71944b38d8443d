/** The files of a backtest, to what happened to each customer and company. */
import { statSync } from "node:fs";
import { basename } from "node:path";
import { openTable } from "../table/open-table.ts";
import { TableError } from "../table/table.ts";
import type { BacktestOptions } from "./arguments.ts";
import type { Binding } from "./binding.ts";
import { bindEvents, readEvents } from "./read-events.ts";
import { bindOrders, readOrders } from "./read-orders.ts";
import { bindProfiles, readProfiles } from "./read-profiles.ts";
import { type FileFaults, fileFaults } from "./row-faults.ts";
import { type EventBook, eventBook, type HeldEvent } from "./subject-events.ts";

export interface LoadedEvents {
  readonly book: EventBook;
  /** Events after the instant asked for. */
  readonly later: number;
  readonly files: readonly FileFaults[];
}

/** A file whose columns are known, ready to be read into the book. */
export interface PreparedFile {
  readonly faults: FileFaults;
  read(into: EventSink, onBytes: (bytes: number) => void): Promise<void>;
}

/** Takes events; those of no time come before all others. */
type EventSink = (
  customer: string | null,
  company: string | null,
  event: Omit<HeldEvent, "time"> & { readonly time: number | null },
) => void;

/** At one instant attributes count before orders, orders before other events. */
const fileNumbers = { customers: 0, companies: 1, orders: 2, events: 3 } as const;

/** Opens every file and binds its map; all that is wrong with any of them goes to `faults`. */
export async function prepareFiles(
  options: BacktestOptions,
  faults: string[],
): Promise<readonly PreparedFile[]> {
  const prepared: PreparedFile[] = [];
  const open = async (
    given: { readonly file: string } | null,
    option: string,
    prepare: (binding: Binding, faults: FileFaults) => PreparedFile["read"],
  ): Promise<void> => {
    if (given === null) return;
    const { file } = given;
    try {
      const table = await openTable(file, options);
      const binding = {
        option,
        file: basename(file),
        table,
        zone: options.zone,
        faults,
        used: new Set<string>(),
      };
      const found = fileFaults(file);
      prepared.push({ faults: found, read: prepare(binding, found) });
    } catch (error) {
      if (!(error instanceof TableError)) throw error;
      faults.push(error.message);
    }
  };
  for (const kind of ["customers", "companies"] as const) {
    const given = options[kind];
    await open(given, `--map-${kind}`, (binding, found) => {
      const bound = bindProfiles(binding, given?.map ?? noMap);
      return (sink, onBytes) =>
        readProfiles(bound, found, onBytes, ({ id, time, row, attributes }) => {
          const event = { time, file: fileNumbers[kind], row, name: null, properties: {}, attributes };
          sink(kind === "customers" ? id : null, kind === "companies" ? id : null, event);
        });
    });
  }
  await open(options.orders, "--map", (binding, found) => {
    const bound = bindOrders(binding, options.orders?.map ?? noMap, options.guests);
    return async (sink, onBytes) => {
      const name = "order.placed";
      for (const { customer, company, time, row, properties } of await readOrders(bound, found, onBytes))
        sink(customer, company, { time, file: fileNumbers.orders, row, name, properties, attributes: null });
    };
  });
  await open(options.events, "--map-events", (binding, found) => {
    const bound = bindEvents(binding, options.events?.map ?? null, options.guests);
    return (sink, onBytes) =>
      readEvents(bound, found, onBytes, ({ customer, company, time, row, name, properties }) =>
        sink(customer, company, { time, file: fileNumbers.events, row, name, properties, attributes: null }),
      );
  });
  return prepared;
}

const noMap = { entries: [], hasRest: false, faults: [] };

/** Reads the files; `onBytes` hears how far each has come. Events after `asOf` (ms) are counted and left out. */
export async function loadEvents(
  files: readonly PreparedFile[],
  asOf: number,
  onBytes: (file: string, done: number, total: number) => void,
): Promise<LoadedEvents> {
  const book = eventBook();
  let later = 0;
  // Their instant is known once all others are.
  const timeless: Parameters<EventSink>[] = [];
  for (const { faults, read } of files) {
    const total = statSync(faults.file).size;
    const sink: EventSink = (customer, company, event) => {
      const { time } = event;
      if (time === null) timeless.push([customer, company, event]);
      else if (time > asOf) later += 1;
      else book.add(customer, company, { ...event, time });
    };
    await read(sink, (done) => onBytes(faults.file, done, total));
  }
  const first = Math.min(book.earliest - 1, asOf);
  for (const [customer, company, event] of timeless) book.add(customer, company, { ...event, time: first });
  return { book, later, files: files.map(({ faults }) => faults) };
}
