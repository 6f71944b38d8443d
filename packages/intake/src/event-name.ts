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

/** What changes who is who; only the topic of lifecycle events brings them. */
const identityNames: ReadonlySet<unknown> = new Set([
  "customer.erased",
  "company.erased",
  "customer.merged",
  "company.merged",
]);

export function isOrderEventName(value: unknown): boolean {
  return reserved.has(value);
}

/** Whether interactions and lifecycle events may be called so. */
export function isSourceEventName(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.length <= maxNameCharacters &&
    pattern.test(value) &&
    !reserved.has(value)
  );
}

/** The same words as the name of an event, where that is one: `Product Viewed` is `product.viewed`. */
export function nameOfWords(words: string): string {
  const name = words
    .slice(0, maxNameCharacters)
    .toLowerCase()
    .split(/[^a-z0-9_-]+/)
    .filter((word) => word !== "")
    .join(".");
  return pattern.test(name) ? name : words;
}

/** A name as interactions and lifecycle events have it. */
export const eventName = z.custom<string>(isSourceEventName, {
  error: `a dotted name in lower case such as page.viewed, at most ${maxNameCharacters} characters; orders have a topic of their own`,
});

/** The same without those that change who is who. */
export const interactionName = z.custom<string>(
  (value) => isSourceEventName(value) && !identityNames.has(value),
  {
    error: `a dotted name in lower case such as page.viewed, at most ${maxNameCharacters} characters; orders, erasures and merges have topics of their own`,
  },
);
