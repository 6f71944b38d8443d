/**
 * Orders as a mapping gives them, which may change: placed again in a newer version, updated, refunded, cancelled. As
 * in the stream, an order counts as its newest version less its refunds, and not at all once it is cancelled; a change
 * takes back what the order gave and adds what it gives now, at the order's own time, from the change's time on.
 */
import { type Contribution, type FoldEvent, fromUnits } from "@tidemark/core";
import { contribution, fileNumbers } from "./subject-events.ts";

type Properties = Readonly<Record<string, unknown>>;

export interface OrderRecord {
  readonly action: "placed" | "updated" | "refunded" | "cancelled";
  readonly orderId: string;
  /** ms since the epoch. */
  readonly time: number;
  readonly row: number;
  /** Null where the source has none. */
  readonly version: number | null;
  /** In units of 1/10,000. */
  readonly total: number | null;
  /** In units; null is all of it. */
  readonly refund: number | null;
  /** All but the total and the items. */
  readonly properties: Properties;
  readonly items: readonly unknown[];
}

/** How far behind its order a correction may occur, in ms (90 days). */
const horizonMs = 90 * 86_400_000;

interface Image {
  readonly record: OrderRecord;
  readonly version: number;
  readonly refunded: number;
  readonly isCancelled: boolean;
}

/**
 * What the records about one order of one customer become. Several that place it without a version are its lines.
 * `onLate` hears of corrections beyond the horizon, which are left out.
 */
export function orderEvents(records: readonly OrderRecord[], onLate: () => void): readonly FoldEvent[] {
  const sorted = [...records].sort((a, b) => a.time - b.time || a.row - b.row);
  const placed = sorted.filter(({ action }) => action === "placed");
  const [first] = placed;
  if (first === undefined) return sorted.map((record) => eventOf(record, record.time, [ownOf(record)]));
  const isVersioned = placed.some(({ version }) => version !== null);
  const own = isVersioned ? first : joined(first, placed);
  const newest = isVersioned ? placed.reduce((a, b) => (versionOf(b) > versionOf(a) ? b : a)) : own;
  let image: Image = { record: newest, version: versionOf(newest), refunded: 0, isCancelled: false };
  const changed = newest === own ? [] : difference(first.time, propertiesOf(own), effective(image));
  const events = [eventOf(first, first.time, [ownOf(own), ...changed])];
  for (const record of sorted) {
    if (record.action === "placed") continue;
    if (record.time - first.time > horizonMs) {
      onLate();
      continue;
    }
    const before = image;
    image = corrected(before, record);
    // Older than what is known.
    if (image === before) continue;
    const changes = difference(first.time, effective(before), effective(image));
    events.push(eventOf(record, Math.max(record.time, first.time), [...changes, ownOf(record)]));
  }
  return events;
}

function versionOf({ version, time }: OrderRecord): number {
  return version ?? time;
}

/** The lines of an order: its total is theirs together, its properties those of the first line that has them. */
function joined(first: OrderRecord, lines: readonly OrderRecord[]): OrderRecord {
  if (lines.length === 1) return first;
  const totals = lines.flatMap(({ total }) => (total === null ? [] : [total]));
  const properties = Object.assign({}, ...lines.map((line) => present(line.properties)).reverse());
  return {
    ...first,
    total: totals.length === 0 ? null : totals.reduce((sum, total) => sum + total, 0),
    properties,
    items: lines.flatMap(({ items }) => items),
  };
}

function present(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null));
}

function corrected(image: Image, record: OrderRecord): Image {
  switch (record.action) {
    case "cancelled":
      return { ...image, isCancelled: true };
    case "refunded":
      if (record.refund === null) return { ...image, isCancelled: true };
      return { ...image, refunded: image.refunded + record.refund };
    default:
      return versionOf(record) <= image.version ? image : { ...image, record, version: versionOf(record) };
  }
}

/** What the order counts for; null when it was taken back whole. */
function effective({ record, refunded, isCancelled }: Image): Properties | null {
  if (isCancelled) return null;
  if (refunded === 0) return propertiesOf(record);
  const left = (record.total ?? 0) - refunded;
  return left <= 0 ? null : { ...propertiesOf(record), total: fromUnits(left) };
}

function propertiesOf({ orderId, total, properties, items }: OrderRecord): Properties {
  const own = total === null ? { orderId } : { orderId, total: fromUnits(total) };
  return items.length === 0 ? { ...properties, ...own } : { ...properties, ...own, items };
}

function difference(placedAt: number, old: Properties | null, now: Properties | null): Contribution[] {
  const changes: Contribution[] = [];
  const shared = { name: "order.placed", occurredAt: placedAt, remembered: false } as const;
  if (old !== null) changes.push({ ...shared, sign: -1, properties: old });
  if (now !== null) changes.push({ ...shared, sign: 1, properties: now });
  return changes;
}

function ownOf(record: OrderRecord): Contribution {
  return contribution(`order.${record.action}`, record.time, propertiesOf(record));
}

function eventOf(
  { row }: OrderRecord,
  occurredAt: number,
  contributions: readonly Contribution[],
): FoldEvent {
  return { occurredAt, partition: fileNumbers.orders, offset: row, contributions };
}
