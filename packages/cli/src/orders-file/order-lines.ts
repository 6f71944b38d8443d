/** Lines to orders: those with one order id are one order, at the time of the first of them. */
import { fromUnits, toUnits } from "@tidemark/core";

/** A row of a file, read. Amounts of money in the file's currency. */
export interface OrderLine {
  readonly line: number;
  readonly customer: string | null;
  /** ms since the epoch. */
  readonly time: number;
  /** null: an order of its own. */
  readonly order: string | null;
  readonly total: number | null;
  readonly quantity: number | null;
  readonly price: number | null;
  readonly sku: string | null;
  readonly category: string | null;
  readonly channel: string | null;
  readonly country: string | null;
  readonly currency: string | null;
}

interface FileOrderItem {
  readonly sku: string | null;
  readonly category: string | null;
  readonly quantity: number;
  readonly price: number | null;
}

export interface FileOrder {
  readonly id: string;
  readonly customer: string | null;
  readonly time: number;
  readonly total: number;
  readonly items: readonly FileOrderItem[];
  readonly channel: string | null;
  readonly country: string | null;
  readonly currency: string | null;
}

interface OpenOrder {
  readonly id: string;
  customer: string | null;
  readonly time: number;
  /** In units of 1/10,000. */
  units: number;
  readonly items: FileOrderItem[];
  channel: string | null;
  country: string | null;
  currency: string | null;
}

export interface OrderBook {
  /** Answers what is odd about the line, if anything: it is taken all the same. */
  add(line: OrderLine): string | undefined;
  /** By time; orders of one instant as they came. */
  orders(): readonly FileOrder[];
}

/** Memory grows with the lines kept, not with the file: equal texts are kept once. */
export function orderBook(): OrderBook {
  const open = new Map<string, OpenOrder>();
  const texts = new Map<string, string>();
  const once = (text: string | null): string | null => {
    if (text === null) return null;
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, text);
    return text;
  };

  return {
    add(line) {
      const id = line.order ?? `line-${line.line}`;
      let order = open.get(id);
      if (order === undefined) {
        order = {
          id,
          customer: once(line.customer),
          time: line.time,
          units: 0,
          items: [],
          ...placeOf(line, once),
        };
        open.set(id, order);
      }
      order.units += lineUnits(line);
      order.channel ??= once(line.channel);
      order.country ??= once(line.country);
      order.currency ??= once(line.currency);
      order.items.push({
        sku: once(line.sku),
        category: once(line.category),
        quantity: line.quantity ?? 1,
        price: line.price ?? (line.quantity === null ? line.total : null),
      });
      const before = order.customer;
      order.customer ??= once(line.customer);
      return before !== null && line.customer !== null && before !== line.customer
        ? `order ${id} belongs to customer ${before} by an earlier line, here to ${line.customer}; the earlier holds`
        : undefined;
    },
    orders: () =>
      [...open.values()]
        .sort((a, b) => a.time - b.time)
        .map(({ units, ...order }) => ({ ...order, total: fromUnits(units) })),
  };
}

function lineUnits({ total, quantity, price }: OrderLine): number {
  return toUnits(total ?? (quantity ?? 0) * (price ?? 0));
}

function placeOf(line: OrderLine, once: (text: string | null) => string | null) {
  return { channel: once(line.channel), country: once(line.country), currency: once(line.currency) };
}
