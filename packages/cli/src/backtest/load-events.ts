/** The files of a backtest, to what happened to each customer and company. */
import { statSync } from "node:fs";
import type { FoldEvent } from "@tidemark/core";
import type { FileFaults } from "./row-faults.ts";
import { type EventBook, eventBook } from "./subject-events.ts";

export interface LoadedEvents {
  readonly book: EventBook;
  /** Events after the instant asked for. */
  readonly later: number;
  readonly files: readonly FileFaults[];
}

/** A file whose columns are known, ready to be read. */
export interface PreparedFile {
  readonly faults: FileFaults;
  read(into: EventSink, onBytes: (bytes: number) => void): Promise<void>;
}

/** Takes events; those whose time is null come 1 ms before all others, or a year before the end where there are none. */
type EventSink = (
  customer: string | null,
  company: string | null,
  event: Omit<FoldEvent, "occurredAt"> & { readonly occurredAt: number | null },
) => void;

const yearMs = 366 * 86_400_000;

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
  const sink: EventSink = (customer, company, event) => {
    const { occurredAt } = event;
    if (occurredAt === null) timeless.push([customer, company, event]);
    else if (occurredAt > asOf) later += 1;
    else book.add(customer, company, { ...event, occurredAt });
  };
  for (const { faults, read } of files) {
    const total = statSync(faults.file).size;
    await read(sink, (done) => onBytes(faults.file, done, total));
  }
  const occurredAt = book.count === 0 ? asOf - yearMs : book.earliest - 1;
  for (const [customer, company, event] of timeless) book.add(customer, company, { ...event, occurredAt });
  return { book, later, files: files.map(({ faults }) => faults) };
}
