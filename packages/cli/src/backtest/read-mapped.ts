/** Files read by the mapping that intake uses: each row is a record, as a source would have sent it. */
import { toUnits, type ZoneCalendar } from "@tidemark/core";
import {
  instantOfReading,
  isoDates,
  type MappedEvent,
  type MappedRecord,
  type Mapping,
  orderEventNames,
  readAmount,
  recordMapper,
  type SourceName,
} from "@tidemark/intake";
import type { Row, Table } from "../table/table.ts";
import { identifier, isFault } from "./cell-values.ts";
import type { OrderRecord } from "./order-changes.ts";
import { readRows } from "./read-rows.ts";
import type { FileFaults } from "./row-faults.ts";

type Fields = Readonly<Record<string, unknown>>;

/** An event in a source's own shape, and what all shapes share of it. */
export interface SourceEvent {
  /** Null is nobody. */
  readonly customer: string | null;
  readonly company: string | null;
  /** ms since the epoch. */
  readonly time: number;
  readonly row: number;
  readonly fields: Fields;
}

export interface MappedFile {
  readonly table: Table;
  readonly mapping: Mapping;
  readonly source: SourceName;
  readonly zone: ZoneCalendar;
  readonly guests: string | null;
}

/** Looks at an event; answers what takes it in, or undefined after having told what is wrong with it. */
export type TakeEvent = (event: SourceEvent, onFault: (fault: string) => void) => (() => void) | undefined;

/** A row of which any event is at fault is refused as a whole. */
export async function readMapped(
  { table, mapping, source, zone, guests }: MappedFile,
  faults: FileFaults,
  onBytes: (bytes: number) => void,
  take: TakeEvent,
): Promise<void> {
  const map = recordMapper(mapping, { source, zone });
  const recordOf = table.others([]);
  await readRows({ table }, faults, onBytes, (row, onRow) => {
    const record = filled(recordOf(row));
    const mapped = map(record);
    if (mapped.outcome === "ignored") return true;
    let isWhole = mapped.outcome !== "refused";
    const onFault = (fault: string): void => {
      isWhole = false;
      onRow(fault);
    };
    if (mapped.outcome === "refused") for (const fault of mapped.faults) onFault(faultText(fault));
    const guestsBefore = faults.guests;
    const takes: (() => void)[] = [];
    for (const { event, faults: wrong } of eventsOf(mapped, record)) {
      for (const { from, ...fault } of wrong)
        onFault(faultText({ ...fault, path: `${fault.path} from ${from}` }));
      // What the mapping could not set is not missed again.
      const noted = wrong.map(({ path }) => path);
      const read = sourceEvent(event, row, zone, guests, (field, fault) => {
        if (!noted.includes(field)) onFault(`${field}: ${fault}`);
      });
      if (read === "guest") faults.guests += 1;
      const taking = read === "guest" || read === undefined ? undefined : take(read, onFault);
      if (taking !== undefined) takes.push(taking);
    }
    if (!isWhole) return false;
    for (const taking of takes) taking();
    return takes.length > 0 || faults.guests === guestsBefore;
  });
}

function eventsOf(mapped: MappedRecord, record: Fields): readonly Pick<MappedEvent, "event" | "faults">[] {
  if (mapped.outcome === "mapped") return mapped.events;
  return mapped.outcome === "passed" ? [{ event: { ...record }, faults: [] }] : [];
}

/** An empty cell is null, not an empty text: it unsets an attribute. */
function filled(record: Fields): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, cell] of Object.entries(record)) {
    const value = typeof cell === "string" ? cell.trim() : cell;
    if (value !== undefined) kept[name] = value === "" ? null : value;
  }
  return kept;
}

function sourceEvent(
  fields: Fields,
  { line }: Row,
  zone: ZoneCalendar,
  guests: string | null,
  onFault: (field: string, fault: string) => void,
): SourceEvent | "guest" | undefined {
  const subject = (name: string): string | null => {
    const id = identifier(fields[name]);
    if (isFault(id)) onFault(name, id.fault);
    return isFault(id) ? null : (id ?? null);
  };
  const [customer, company] = [subject("customerId"), subject("companyId")];
  const time = instantOf(fields.occurredAt, zone);
  if (time === undefined) onFault("occurredAt", `found ${show(fields.occurredAt)}, expected ms or ISO 8601`);
  if (customer === null && company === null) onFault("customerId", "is empty");
  if (time === undefined) return undefined;
  const isGuest = guests !== null && customer === guests;
  if (isGuest && company === null) return "guest";
  return { customer: isGuest ? null : customer, company, time, row: line, fields };
}

function instantOf(value: unknown, zone: ZoneCalendar): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? Math.floor(value) : undefined;
  if (typeof value !== "string") return undefined;
  const reading = isoDates(value);
  return "fault" in reading ? undefined : instantOfReading(reading, zone);
}

/** Undefined where it is none; `onFault` was told why. */
export function orderRecord(
  { time, row, fields }: SourceEvent,
  onFault: (fault: string) => void,
): OrderRecord | undefined {
  const { properties, items } = fields;
  const type = fields.type ?? "order.placed";
  const orderId = identifier(fields.orderId);
  if (orderId === undefined || isFault(orderId)) onFault("orderId: is empty");
  const isKnown = orderEventNames.some((name) => name === type);
  if (!isKnown) onFault(`type: found ${show(type)}, expected one of ${orderEventNames.join(", ")}`);
  const amount = (name: string): number | null => {
    const value = fields[name] ?? null;
    const read = readAmount(value);
    if (read === null && value !== null) onFault(`${name}: found ${show(value)}, expected a number`);
    return read === null ? null : toUnits(read);
  };
  const lines = Array.isArray(items) ? items.map(itemOf) : [];
  const [total, refund] = [amount("total") ?? totalOf(lines), amount("refund")];
  if (typeof orderId !== "string" || !isKnown) return undefined;
  const own = ["currency", "channel", "country"].flatMap((name) => {
    const value = fields[name] ?? null;
    return value === null ? [] : [[name, value] as const];
  });
  return {
    action: String(type).slice("order.".length) as OrderRecord["action"],
    orderId,
    time,
    row,
    version: versionIn(fields.version),
    total,
    refund,
    properties: { ...objectOf(properties), ...Object.fromEntries(own) },
    items: lines,
  };
}

function versionIn(value: unknown): number | null {
  const isWhole = typeof value === "number" || (typeof value === "string" && /^\d{1,15}$/.test(value));
  return isWhole ? Number(value) : null;
}

function itemOf(item: unknown): Fields {
  const { quantity, price, ...rest } = objectOf(item);
  const amounts = { quantity: readAmount(quantity) ?? 1, price: readAmount(price) };
  return amounts.price === null ? { ...rest, quantity: amounts.quantity } : { ...rest, ...amounts };
}

/** Quantity times price of all items, in units; null where there are none or one has no price. */
function totalOf(items: readonly Fields[]): number | null {
  if (items.length === 0) return null;
  let total = 0;
  for (const { quantity, price } of items) {
    if (typeof quantity !== "number" || typeof price !== "number") return null;
    total += toUnits(quantity * price);
  }
  return total;
}

export function objectOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The name of an event that is no order. Undefined where it has none; `onFault` was told. */
export function nameOf({ fields }: SourceEvent, onFault: (fault: string) => void): string | undefined {
  const name = identifier(fields.name);
  if (typeof name === "string") return name;
  onFault("name: is empty");
  return undefined;
}

function faultText({ path, found, expected }: { path: string; found: string; expected: string }): string {
  return `${path === "" ? "" : `${path}: `}found ${found}, expected ${expected}`;
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
