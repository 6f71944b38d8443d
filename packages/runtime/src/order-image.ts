/**
 * The last image of an order and what corrections did to it (rule 5 of "Effectively once").
 * The effective contribution is a function of the set of changes, not of their order: the newest image by
 * version, less the sum of refunds, nothing once cancelled. A change takes the old contribution back and adds
 * the new one, at the order's own time.
 */

import type { CustomerEvent, OrderChange } from "@tidemark/contracts";
import type { Contribution } from "@tidemark/core";

type Properties = Readonly<Record<string, unknown>>;

export interface OrderImage {
  /** Time of the order itself; null while only corrections are known. */
  placedAt: number | null;
  /** Append time of the first record about this order. */
  readonly firstSeenAt: number;
  /** Version of `properties`, or the time of the change where the source has no versions. */
  version: number;
  properties: Properties;
  refunded: number;
  cancelled: boolean;
  /** Corrections that came before the order, with their times. */
  parked: { readonly at: number; readonly change: OrderChange; readonly properties: Properties }[];
}

/** How far behind its order a correction may occur, in ms (90 days). */
export const orderHorizonMs = 90 * 86_400_000;

/** Corrections kept for an order that has not come yet. */
export const maxParkedCorrections = 16;

export type OrderOutcome =
  | {
      readonly outcome: "folded";
      readonly image: OrderImage;
      readonly contributions: readonly Contribution[];
    }
  | { readonly outcome: "rejected"; readonly reason: string }
  | { readonly outcome: "dead-letter"; readonly reason: string };

/** Applies an order event to the image; answers what it adds to and takes from the customer's features. */
export function applyOrderChange(
  before: OrderImage | null,
  event: CustomerEvent & { readonly order: OrderChange },
  properties: Properties,
  appendedAt: number,
): OrderOutcome {
  if (before !== null && appendedAt - before.firstSeenAt > orderHorizonMs) {
    return { outcome: "dead-letter", reason: "past-order-horizon" };
  }
  const own: Contribution = {
    name: event.name,
    occurredAt: event.occurredAt,
    sign: 1,
    properties,
    remembered: true,
  };
  if (event.order.action === "placed") return place(before, event, properties, appendedAt, own);
  const image = before === null ? emptyImage(appendedAt) : copy(before);
  if (image.placedAt === null) {
    if (image.parked.length >= maxParkedCorrections)
      return { outcome: "dead-letter", reason: "too-many-parked-corrections" };
    image.parked.push({ at: event.occurredAt, change: event.order, properties });
    return { outcome: "folded", image, contributions: [own] };
  }
  if (event.occurredAt - image.placedAt > orderHorizonMs)
    return { outcome: "dead-letter", reason: "past-order-horizon" };
  const old = effective(image);
  if (!correct(image, event.order, properties, event.occurredAt))
    return { outcome: "rejected", reason: "stale-order-version" };
  return {
    outcome: "folded",
    image,
    contributions: [...difference(image.placedAt, old, effective(image)), own],
  };
}

function place(
  before: OrderImage | null,
  event: CustomerEvent & { readonly order: OrderChange },
  properties: Properties,
  appendedAt: number,
  own: Contribution,
): OrderOutcome {
  const version = event.order.version ?? event.occurredAt;
  if (before !== null && before.placedAt !== null) {
    if (event.order.version === null || version <= before.version)
      return { outcome: "rejected", reason: "repeated-order" };
    const image = copy(before);
    const old = effective(image);
    image.version = version;
    image.properties = properties;
    return { outcome: "folded", image, contributions: difference(before.placedAt, old, effective(image)) };
  }
  const image: OrderImage = {
    ...(before === null ? emptyImage(appendedAt) : copy(before)),
    placedAt: event.occurredAt,
    version,
    properties,
    parked: [],
  };
  const placed = effective(image);
  for (const parked of before?.parked ?? []) {
    if (parked.at - event.occurredAt <= orderHorizonMs)
      correct(image, parked.change, parked.properties, parked.at);
  }
  return {
    outcome: "folded",
    image,
    contributions: [own, ...difference(event.occurredAt, placed, effective(image))],
  };
}

/** False where the change is older than what is known. */
export function correct(image: OrderImage, change: OrderChange, properties: Properties, at: number): boolean {
  switch (change.action) {
    case "cancelled":
      image.cancelled = true;
      return true;
    case "refunded":
      if (change.refund === null) image.cancelled = true;
      else image.refunded = round(image.refunded + change.refund);
      return true;
    default: {
      const version = change.version ?? at;
      if (version <= image.version) return false;
      image.version = version;
      image.properties = properties;
      return true;
    }
  }
}

/** What the order counts for now; null when it was taken back whole. */
export function effective(image: OrderImage): Properties | null {
  if (image.cancelled) return null;
  if (image.refunded === 0) return image.properties;
  const total = typeof image.properties.total === "number" ? image.properties.total : 0;
  if (image.refunded >= total) return null;
  return { ...image.properties, total: round(total - image.refunded) };
}

export function difference(placedAt: number, old: Properties | null, now: Properties | null): Contribution[] {
  if (old === now) return [];
  const changes: Contribution[] = [];
  const shared = { name: "order.placed", occurredAt: placedAt, remembered: false } as const;
  if (old !== null) changes.push({ ...shared, sign: -1, properties: old });
  if (now !== null) changes.push({ ...shared, sign: 1, properties: now });
  return changes;
}

function emptyImage(appendedAt: number): OrderImage {
  return {
    placedAt: null,
    firstSeenAt: appendedAt,
    version: 0,
    properties: {},
    refunded: 0,
    cancelled: false,
    parked: [],
  };
}

export function copy(image: OrderImage): OrderImage {
  return { ...image, parked: [...image.parked] };
}

/** Four decimal places, the product's precision for amounts. */
export function round(amount: number): number {
  return Math.round(amount * 10_000) / 10_000;
}

export function packOrderImage(image: OrderImage): Buffer {
  const { placedAt, firstSeenAt, version, properties, refunded, cancelled, parked } = image;
  return Buffer.from(
    JSON.stringify([placedAt, firstSeenAt, version, properties, refunded, cancelled ? 1 : 0, parked]),
  );
}

export function unpackOrderImage(bytes: Buffer): OrderImage {
  const [placedAt, firstSeenAt, version, properties, refunded, cancelled, parked] = JSON.parse(
    bytes.toString(),
  );
  return { placedAt, firstSeenAt, version, properties, refunded, cancelled: cancelled === 1, parked };
}
