/** The same order, known of two customers who turn out to be one. */
import type { Contribution } from "@tidemark/core";
import {
  copy,
  correct,
  difference,
  effective,
  maxParkedCorrections,
  type OrderImage,
  orderHorizonMs,
  round,
} from "./order-image.ts";

export interface JoinedOrder {
  readonly image: OrderImage;
  /** What to add to and take back from what the two counted together, so that the order counts once. */
  readonly contributions: readonly Contribution[];
}

/**
 * The newest image by version with the refunds of both. Where one of the two was cancelled, the other stands: an order
 * that changed its customer is cancelled for the one it left.
 */
export function joinOrderImages(ours: OrderImage, theirs: OrderImage): JoinedOrder {
  if (ours.placedAt === null && theirs.placedAt === null) {
    const parked = [...ours.parked, ...theirs.parked].slice(0, maxParkedCorrections);
    return { image: { ...ours, firstSeenAt: earlier(ours, theirs), parked }, contributions: [] };
  }
  if (ours.placedAt === null) return settled(theirs, ours.parked);
  if (theirs.placedAt === null) return settled(ours, theirs.parked);
  if (ours.cancelled !== theirs.cancelled)
    return { image: copy(ours.cancelled ? theirs : ours), contributions: [] };
  const newest = theirs.version > ours.version ? theirs : ours;
  const image: OrderImage = {
    ...copy(newest),
    firstSeenAt: earlier(ours, theirs),
    refunded: round(ours.refunded + theirs.refunded),
  };
  return {
    image,
    contributions: [
      ...difference(ours.placedAt, effective(ours), null),
      ...difference(theirs.placedAt, effective(theirs), null),
      ...difference(newest.placedAt ?? 0, null, effective(image)),
    ],
  };
}

function settled(placed: OrderImage, parked: OrderImage["parked"]): JoinedOrder {
  const image = copy(placed);
  const placedAt = placed.placedAt ?? 0;
  for (const { at, change, properties } of parked)
    if (at - placedAt <= orderHorizonMs) correct(image, change, properties, at);
  return { image, contributions: difference(placedAt, effective(placed), effective(image)) };
}

function earlier(ours: OrderImage, theirs: OrderImage): number {
  return Math.min(ours.firstSeenAt, theirs.firstSeenAt);
}
