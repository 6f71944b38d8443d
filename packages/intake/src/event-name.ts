/** Names of events: dotted, in lower case, such as `page.viewed`. */
import { z } from "zod";

const maxNameCharacters = 100;
const pattern = /^[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*$/;

/** The events of orders; other topics may not bring them. */
export const orderEventNames = [
  "order.placed",
  "order.updated",
  "order.cancelled",
  "order.refunded",
] as const;

const reserved: ReadonlySet<unknown> = new Set(orderEventNames);

/** A name as interactions and lifecycle events have it. */
export const eventName = z.custom<string>(
  (value) =>
    typeof value === "string" &&
    value.length <= maxNameCharacters &&
    pattern.test(value) &&
    !reserved.has(value),
  {
    error: `a dotted name in lower case such as page.viewed, at most ${maxNameCharacters} characters; orders have a topic of their own`,
  },
);
