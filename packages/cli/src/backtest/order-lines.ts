/** Lines to orders: those with one order id and customer are one order, wherever they stand in the file. */
import { fromUnits } from "@tidemark/core";
import { getAt, setAt } from "./nested.ts";

interface OrderLine {
  readonly line: number;
  readonly customer: string | null;
  readonly company: string | null;
  /** ms since the epoch. */
  readonly time: number;
  /** Null: an order of its own. */
  readonly order: string | null;
  /** In units of 1/10,000; null where no total is mapped. */
  readonly units: number | null;
  /** In the order mapped; null or undefined where the line has none. */
  readonly properties: readonly unknown[];
  readonly item: Readonly<Record<string, unknown>> | null;
}

export interface Order {
  readonly customer: string | null;
  readonly company: string | null;
  /** Of the earliest line. */
  readonly time: number;
  /** The first line of it in the file. */
  readonly row: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface OrderBook {
  add(line: OrderLine): void;
  /** As they came in the file. */
  orders(): Iterable<Order>;
}

interface OpenOrder {
  readonly id: string | null;
  readonly customer: string | null;
  readonly company: string | null;
  time: number;
  readonly row: number;
  units: number | null;
  readonly properties: Record<string, unknown>;
  readonly items: Readonly<Record<string, unknown>>[] | null;
  /** Another order of that id, of another customer. */
  next: OpenOrder | null;
}

/** `paths` are those of the lines' properties. */
export function orderBook(paths: readonly (readonly string[])[]): OrderBook {
  const all: OpenOrder[] = [];
  const byId = new Map<string, OpenOrder>();

  const openOrder = (line: OrderLine): OpenOrder => {
    const { order, customer, company } = line;
    const first = order === null ? undefined : byId.get(order);
    for (let known: OpenOrder | null = first ?? null; known !== null; known = known.next)
      if (known.customer === customer && known.company === company) return known;
    const opened: OpenOrder = {
      id: order,
      customer,
      company,
      time: line.time,
      row: line.line,
      units: null,
      properties: {},
      items: line.item === null ? null : [],
      next: null,
    };
    all.push(opened);
    if (first !== undefined) {
      opened.next = first.next;
      first.next = opened;
    } else if (order !== null) byId.set(order, opened);
    return opened;
  };

  return {
    add(line) {
      const order = openOrder(line);
      order.time = Math.min(order.time, line.time);
      if (line.units !== null) order.units = (order.units ?? 0) + line.units;
      if (line.item !== null) order.items?.push(line.item);
      for (const [index, path] of paths.entries()) {
        const value = line.properties[index];
        if (value !== undefined && value !== null && getAt(order.properties, path) === undefined)
          setAt(order.properties, path, value);
      }
    },
    *orders() {
      for (const { id, customer, company, time, row, units, properties, items } of all) {
        if (id !== null) properties.orderId = id;
        if (units !== null) properties.total = fromUnits(units);
        if (items !== null) properties.items = items;
        yield { customer, company, time, row, properties };
      }
    },
  };
}
