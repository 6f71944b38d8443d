/** The file of orders, from its rows to events. */
import { bindSubject, type SubjectRead } from "./bind-subject.ts";
import { type Binding, bindIdentifier, bindInstant, bindNumber, bindValue, type Read } from "./binding.ts";
import { type ColumnMap, type MapEntry, splitFormat } from "./column-map.ts";
import { setAt } from "./nested.ts";
import { type Order, orderBook } from "./order-lines.ts";
import { readRows } from "./read-rows.ts";
import type { FileFaults } from "./row-faults.ts";

/** What of an item is named without `items.` before it, as with `npm start -- --orders`. */
const itemNames: readonly string[] = ["sku", "category", "quantity", "price"];
const none: readonly unknown[] = [];
const amounts: readonly string[] = ["items.quantity", "items.price"];
const roles: readonly string[] = ["customer", "company", "time", "order", "total"];

interface PropertyRead {
  readonly path: readonly string[];
  readonly read: Read<unknown>;
}

interface BoundOrders {
  readonly binding: Binding;
  readonly subject: SubjectRead;
  readonly time: Read<number>;
  readonly order: Read<string> | null;
  readonly total: Read<number> | null;
  readonly properties: readonly PropertyRead[];
  readonly items: readonly PropertyRead[];
}

/** Tells in `binding.faults` what is wrong with the map. */
export function bindOrders(binding: Binding, map: ColumnMap, guests: string | null): BoundOrders {
  const entries = map.entries.map((entry) => ({ ...entry, name: fullName(entry.name) }));
  const entryOf = (name: string): MapEntry | undefined => entries.find((entry) => entry.name === name);
  if (map.hasRest)
    binding.faults.push(`${binding.option}: * is for events and customers; expected NAME=COLUMN`);
  const time = entryOf("time");
  if (time === undefined) binding.faults.push(`${binding.option}: time=COLUMN is missing`);
  const order = entryOf("order");
  const total = entryOf("total") ?? totalOfItems(entryOf("items.quantity"), entryOf("items.price"));
  const others = entries.filter(({ name }) => !roles.includes(name));
  const bound = (entry: MapEntry, name: string): PropertyRead => ({
    path: name.split("."),
    read: bindValue(binding, entry, amounts.includes(entry.name) ? "number" : null),
  });
  return {
    binding,
    subject: bindSubject(binding, entries, guests),
    time: time === undefined ? () => undefined : bindInstant(binding, time),
    order: order === undefined ? null : bindIdentifier(binding, order, true),
    total: total === undefined ? null : bindNumber(binding, total),
    properties: others.filter((entry) => !isOfItem(entry)).map((entry) => bound(entry, entry.name)),
    items: others.filter(isOfItem).map((entry) => bound(entry, entry.name.slice("items.".length))),
  };
}

function fullName(name: string): string {
  return itemNames.includes(name) ? `items.${name}` : name;
}

/** The properties that orders have by this map, as definitions name them. */
export function mappedNames(entries: readonly MapEntry[]): readonly string[] {
  const names = entries.map(({ name }) => fullName(name)).filter((name) => name !== "order");
  return amounts.every((name) => names.includes(name)) ? [...names, "total"] : names;
}

/** Adds up the lines. Orders come as their first lines do in the file. */
export async function readOrders(
  { binding, subject, time, order, total, properties, items }: BoundOrders,
  faults: FileFaults,
  onBytes: (bytes: number) => void,
): Promise<Iterable<Order>> {
  const book = orderBook(properties.map(({ path }) => path));
  await readRows(binding, faults, onBytes, ({ line, cells }, onRow, onValue) => {
    const who = subject(cells, onRow);
    const at = time(cells, onRow);
    const id = order === null ? null : order(cells, onRow);
    const units = total === null ? null : total(cells, onRow);
    if (who === undefined || at === undefined || id === undefined || units === undefined) return false;
    if (who.customer === null && who.company === null) {
      faults.guests += 1;
      return false;
    }
    book.add({
      line,
      customer: who.customer,
      company: who.company,
      time: at,
      order: id,
      units,
      properties: properties.length === 0 ? none : properties.map(({ read }) => read(cells, onValue)),
      item: items.length === 0 ? null : itemOf(items, cells, onValue),
    });
    return true;
  });
  return book.orders();
}

function itemOf(
  items: readonly PropertyRead[],
  cells: readonly unknown[],
  onValue: (fault: string) => void,
): Record<string, unknown> {
  const item: Record<string, unknown> = {};
  for (const { path, read } of items) {
    const value = read(cells, onValue);
    if (value !== undefined) setAt(item, path, value);
  }
  return item;
}

function isOfItem({ name }: MapEntry): boolean {
  return name.startsWith("items.");
}

/** Where no total is mapped, but what it is made of. */
function totalOfItems(quantity: MapEntry | undefined, price: MapEntry | undefined): MapEntry | undefined {
  if (quantity === undefined || price === undefined) return undefined;
  const [one, other] = [quantity, price].map(({ source }) => splitFormat(source.text));
  const format = one?.format ?? other?.format;
  const text = `"${one?.column}"*"${other?.column}"${format ? `@${format}` : ""}`;
  return { name: "total", source: { type: "columns", text } };
}
