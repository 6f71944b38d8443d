/** A user's own file of order lines, from its bytes to orders. */
import { zoneCalendar } from "@tidemark/core";
import { type AmountReader, commaAmounts, pointAmounts } from "./amount.ts";
import { type ColumnIndexes, type Field, findColumns, type MappedColumn, type Mapping } from "./mapping.ts";
import { type FileOrder, type OrderLine, orderBook } from "./order-lines.ts";
import { type BrokenRow, readRows } from "./rows.ts";
import { knownTimes, type TimeReader, timesAs } from "./time-format.ts";

export interface OrdersFile {
  readonly file: string;
  readonly mapping: Mapping;
  /** IANA zone of times without an offset. */
  readonly zone: string;
  readonly hasHeader: boolean;
  /** A customer that stands for nobody, such as `0` for guests; an empty cell always does. */
  readonly guest?: string;
}

export interface OrdersRead {
  readonly orders: readonly FileOrder[];
  /** Rows that were read and are part of an order. */
  readonly lines: number;
  readonly unattributedLines: number;
  readonly unreadable: number;
  /** What was wrong, line by line; the first `maxNotes` of them. */
  readonly notes: readonly BrokenRow[];
}

/** The file cannot be used as it is mapped. */
export class OrdersFileError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.name = "OrdersFileError";
    this.faults = faults;
  }
}

export const maxNotes = 10_000;

interface Readers {
  readonly time: TimeReader;
  readonly total: AmountReader;
  readonly quantity: AmountReader;
  readonly price: AmountReader;
}

/**
 * Reads the whole file; `onLines` hears how many rows were seen, now and then. Rejects with `OrdersFileError` where
 * columns are not there, a format is wrong, or no row at all could be read.
 */
export async function readOrdersFile(
  source: OrdersFile,
  onLines: (lines: number) => void = () => {},
): Promise<OrdersRead> {
  const readers = readersOf(source);
  const book = orderBook();
  const notes: BrokenRow[] = [];
  const note = (line: number, fault: string): void => {
    if (notes.length < maxNotes) notes.push({ line, fault });
  };
  let unreadable = 0;
  let lines = 0;
  let seen = 0;
  let unattributedLines = 0;
  let columns: { readonly indexes: ColumnIndexes; readonly width: number | null } | undefined;
  const broken = (row: BrokenRow): void => {
    unreadable += 1;
    note(row.line, row.fault);
  };
  for await (const row of readRows(source.file, broken)) {
    if (columns === undefined) {
      const found = findColumns(source.mapping, source.hasHeader ? row.cells : null);
      if (found.faults.length > 0) throw new OrdersFileError(found.faults);
      const isByName = Object.values(source.mapping).some(({ column }) => !column.startsWith("#"));
      columns = { indexes: found.indexes, width: source.hasHeader && isByName ? row.cells.length : null };
      if (source.hasHeader) continue;
    }
    seen += 1;
    if (seen % 50_000 === 0) onLines(seen);
    const read = readLine(row.line, row.cells, columns, readers, source.guest);
    if ("faults" in read) {
      broken({ line: row.line, fault: read.faults.join("; ") });
      continue;
    }
    lines += 1;
    if (read.customer === null) unattributedLines += 1;
    const odd = book.add(read);
    if (odd !== undefined) note(row.line, odd);
  }
  if (lines === 0) throw new OrdersFileError([nothingRead(source.file, notes)]);
  return { orders: book.orders(), lines, unattributedLines, unreadable, notes };
}

function nothingRead(file: string, notes: readonly BrokenRow[]): string {
  const [first] = notes;
  return first === undefined
    ? `${file} holds no rows`
    : `no row of ${file} can be read; line ${first.line}: ${first.fault}`;
}

function readersOf({ mapping, zone }: OrdersFile): Readers {
  const calendar = zoneCalendar(zone);
  if (calendar === undefined) throw new OrdersFileError([`"${zone}" is no zone that is known here`]);
  const format = mapping.time?.format;
  const time = format === undefined ? knownTimes(calendar) : timesAs(format, calendar);
  if ("fault" in time) throw new OrdersFileError([`--map: time: ${time.fault}`]);
  const amounts = (column: MappedColumn | undefined): AmountReader =>
    column?.format === "comma" ? commaAmounts : pointAmounts;
  return {
    time,
    total: amounts(mapping.total),
    quantity: amounts(mapping.quantity),
    price: amounts(mapping.price),
  };
}

/** A row to a line, or all that is wrong with it. */
function readLine(
  line: number,
  cells: readonly string[],
  columns: { readonly indexes: ColumnIndexes; readonly width: number | null },
  readers: Readers,
  guest: string | undefined,
): OrderLine | { readonly faults: readonly string[] } {
  if (columns.width !== null && cells.length !== columns.width)
    return { faults: [`has ${cells.length} cells where the header has ${columns.width}`] };
  const faults: string[] = [];
  const text = (field: Field): string | null => {
    const index = columns.indexes[field];
    return index === undefined ? null : cells.at(index)?.trim() || null;
  };
  const read = (
    field: "time" | "total" | "quantity" | "price",
    reader: (text: string) => number | { readonly fault: string },
  ): number | null => {
    if (columns.indexes[field] === undefined) return null;
    const given = text(field);
    const value = given === null ? { fault: "is empty" } : reader(given);
    if (typeof value === "number") return value;
    faults.push(`${field}: ${value.fault}`);
    return null;
  };
  const time = read("time", readers.time);
  const total = read("total", readers.total);
  const quantity = read("quantity", readers.quantity);
  const price = read("price", readers.price);
  const order = text("order");
  if (columns.indexes.order !== undefined && order === null) faults.push("order: is empty");
  if (faults.length > 0 || time === null) return { faults };
  const customer = text("customer");
  return {
    line,
    customer: customer === guest ? null : customer,
    time,
    order,
    total,
    quantity,
    price,
    sku: text("sku"),
    category: text("category"),
    channel: text("channel"),
    country: text("country"),
    currency: text("currency"),
  };
}
