/**
 * All that is known of one subject, kept as lists to be scanned: what happened and is remembered, what counts now
 * that orders were corrected, and every patch of its attributes.
 */
import { isObject, type Json } from "../language/json.ts";
import type { Selector } from "../language/selector.ts";
import type { CustomerEvent } from "../records.ts";
import { joinedOrder, type KnownChange, standingOrder } from "./order.ts";

export interface Occurrence {
  readonly name: string;
  readonly at: number;
  /** Place in the log; of events at one instant it decides which is later. */
  readonly partition: number;
  readonly offset: number;
  readonly properties: Json;
}

interface Patch {
  readonly at: number;
  readonly partition: number;
  readonly offset: number;
  readonly attributes: Json;
}

/** What one selector takes. All lists ascend in (at, partition, offset). */
export interface Series {
  readonly selector: Selector;
  /** As it happened: nothing is taken back. */
  readonly remembered: Occurrence[];
  /** Orders as they stand, and all other events. */
  readonly counted: Occurrence[];
  /** Every distinct instant at which anything was ever counted. */
  readonly instants: number[];
  /** What was worked out of the lists; emptied when they change. */
  readonly derived: Map<string, unknown>;
}

export interface History {
  readonly series: ReadonlyMap<string, Series>;
  readonly seriesByEvent: ReadonlyMap<string, readonly Series[]>;
  readonly patches: Patch[];
  /** The patches applied in order of time. */
  attributes: Json;
  readonly orders: Map<string, { readonly known: KnownChange[]; counted: Occurrence | null }>;
}

/** What an event added: occurrences to look out for, and its patch. */
export interface Added {
  readonly occurrences: readonly Occurrence[];
  readonly patch: Patch | null;
}

export function emptyHistory(selectors: Iterable<Selector>): History {
  const series = new Map<string, Series>();
  for (const selector of selectors)
    series.set(selector.key, { selector, remembered: [], counted: [], instants: [], derived: new Map() });
  const seriesByEvent = Map.groupBy(series.values(), ({ selector }) => selector.event);
  return { series, seriesByEvent, patches: [], attributes: {}, orders: new Map() };
}

export interface Place {
  readonly partition: number;
  readonly offset: number;
}

export function addEvent(history: History, event: CustomerEvent, place: Place): Added {
  const properties: Json = JSON.parse(event.properties);
  const own: Occurrence = { name: event.name, at: event.occurredAt, ...place, properties };
  const patch = event.attributes === null ? null : addPatch(history, event, place);
  if (event.order === null) {
    remember(history, own);
    count(history, own);
    return { occurrences: [own], patch };
  }
  const change = { event: { ...event, order: event.order }, properties };
  return { occurrences: addOrderChange(history, change, own), patch };
}

/** Somebody's whole history becomes part of another's. An order that both knew counts once. */
export function absorbHistory(into: History, from: History): void {
  for (const [key, { remembered, counted, instants }] of from.series) {
    const series = into.series.get(key);
    if (series === undefined) continue;
    for (const one of remembered) insert(series.remembered, one);
    for (const one of counted) insert(series.counted, one);
    series.instants.push(...instants.filter((at) => !series.instants.includes(at)));
    series.instants.sort((a, b) => a - b);
    series.derived.clear();
  }
  for (const patch of from.patches) insert(into.patches, patch);
  into.attributes = into.patches.reduce((all: Json, { attributes }) => patched(all, attributes), {});
  for (const [orderId, theirs] of from.orders) {
    const ours = into.orders.get(orderId);
    if (ours === undefined) {
      into.orders.set(orderId, { known: [...theirs.known], counted: theirs.counted });
      continue;
    }
    for (const { counted } of [ours, theirs]) if (counted !== null) discount(into, counted);
    const known = joinedOrder(ours.known, theirs.known);
    const standing = standingOrder(known);
    const last = ours.counted ?? theirs.counted;
    const counted = standing && {
      name: "order.placed",
      partition: last?.partition ?? 0,
      offset: last?.offset ?? 0,
      ...standing,
    };
    into.orders.set(orderId, { known, counted });
    if (counted !== null) count(into, counted);
  }
}

function addOrderChange(history: History, change: KnownChange, own: Occurrence): Occurrence[] {
  const { orderId, action } = change.event.order;
  const order = history.orders.get(orderId) ?? { known: [], counted: null };
  history.orders.set(orderId, order);
  const isPlacing = action === "placed" && !order.known.some(({ event }) => event.order.action === "placed");
  order.known.push(change);
  // An order that is sent again is a correction of the first: it did not happen a second time.
  if (isPlacing || action !== "placed") {
    remember(history, own);
    count(history, own);
  }
  if (isPlacing) order.counted = own;
  const standing = standingOrder(order.known);
  if (order.counted !== null) discount(history, order.counted);
  const { partition, offset } = own;
  order.counted = standing && { name: "order.placed", partition, offset, ...standing };
  if (order.counted !== null) count(history, order.counted);
  return order.counted === null ? [own] : [own, order.counted];
}

function addPatch(history: History, event: CustomerEvent, where: Place): Patch {
  const patch = { at: event.occurredAt, ...where, attributes: JSON.parse(event.attributes ?? "{}") };
  const place = insert(history.patches, patch);
  const isNewest = place === history.patches.length - 1;
  history.attributes = isNewest
    ? patched(history.attributes, patch.attributes)
    : history.patches.reduce((all: Json, { attributes }) => patched(all, attributes), {});
  return patch;
}

/** Objects merge, everything else replaces, null unsets (as a JSON Merge Patch, RFC 7396). */
function patched(before: Json, patch: Json): Json {
  const after: Record<string, unknown> = Object.assign(Object.create(null), before);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete after[key];
    else if (isObject(value)) after[key] = patched(isObject(after[key]) ? after[key] : {}, value);
    else after[key] = value;
  }
  return after;
}

function remember(history: History, occurrence: Occurrence): void {
  for (const { selector, remembered, derived } of history.seriesByEvent.get(occurrence.name) ?? []) {
    if (!selector.matches(occurrence.properties)) continue;
    insert(remembered, occurrence);
    derived.clear();
  }
}

function count(history: History, occurrence: Occurrence): void {
  for (const { selector, counted, instants, derived } of history.seriesByEvent.get(occurrence.name) ?? []) {
    if (!selector.matches(occurrence.properties)) continue;
    insert(counted, occurrence);
    const place = instants.findLastIndex((at) => at <= occurrence.at);
    if (instants[place] !== occurrence.at) instants.splice(place + 1, 0, occurrence.at);
    derived.clear();
  }
}

function discount(history: History, occurrence: Occurrence): void {
  for (const { counted, derived } of history.seriesByEvent.get(occurrence.name) ?? []) {
    const place = counted.indexOf(occurrence);
    if (place < 0) continue;
    counted.splice(place, 1);
    derived.clear();
  }
}

/** Keeps a list ascending in (at, partition, offset); answers the place taken. */
function insert<Item extends Place & { readonly at: number }>(list: Item[], item: Item): number {
  const before = list.findLastIndex(
    ({ at, partition, offset }) => (at - item.at || partition - item.partition || offset - item.offset) <= 0,
  );
  list.splice(before + 1, 0, item);
  return before + 1;
}
