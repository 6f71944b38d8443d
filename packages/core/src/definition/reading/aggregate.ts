/** `count: SELECTOR`, or `sum: PROPERTY` (or another aggregate) with `of: SELECTOR`; both with `during`. */
import type { Aggregate } from "../definition.ts";
import { type Fields, optional, required } from "./json.ts";
import { dottedPath } from "./name.ts";
import { selector } from "./selector.ts";
import { window } from "./window.ts";

export const aggregates = ["count", "sum", "average", "minimum", "maximum", "distinct"] as const;
export type AggregateName = (typeof aggregates)[number];

/** The keys that an aggregate takes. */
export function aggregateKeys(name: AggregateName): string[] {
  return name === "count" ? ["count", "during"] : [name, "of", "during"];
}

export function aggregate(found: Fields, name: AggregateName): Aggregate {
  const path = name === "count" ? undefined : required(found, name, dottedPath);
  const of = required(found, name === "count" ? "count" : "of", selector);
  const during = optional(found, "during", window, { type: "all" } as const);
  return path === undefined ? { function: name, of, during } : { function: name, path, of, during };
}
