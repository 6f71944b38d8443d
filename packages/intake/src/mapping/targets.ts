/** What a mapping can set: the fields of each service's own shape (`schemas/*-event.avsc`). */
import type { SourceName } from "./mapping.ts";

/**
 * What becomes of a date there: `instant` and `whole` are numbers (ms since the epoch), anything else is text. A `tree`
 * takes an object, and has targets of any name below it.
 */
export type TargetKind = "scalar" | "instant" | "whole" | "items" | "tree";

type Targets = Readonly<Record<string, TargetKind>>;

const subjects: Targets = { customerId: "scalar", companyId: "scalar" };
const everywhere: Targets = { ...subjects, occurredAt: "instant", eventId: "scalar", properties: "tree" };

export const targetsOf: Readonly<Record<SourceName, Targets>> = {
  orders: {
    type: "scalar",
    orderId: "scalar",
    ...everywhere,
    previousCustomerId: "scalar",
    version: "whole",
    total: "scalar",
    refund: "scalar",
    currency: "scalar",
    channel: "scalar",
    country: "scalar",
    items: "items",
  },
  interactions: { name: "scalar", ...everywhere },
  lifecycle: { name: "scalar", ...everywhere, attributes: "tree" },
};

export const itemTargets: Targets = {
  sku: "scalar",
  name: "scalar",
  category: "scalar",
  quantity: "scalar",
  price: "scalar",
};

/** Each is needed; of several in one list one is enough. */
export const neededTargets: Readonly<Record<SourceName, readonly (readonly string[])[]>> = {
  orders: [["orderId"], ["customerId", "companyId"], ["occurredAt"]],
  interactions: [["name"], ["customerId", "companyId"], ["occurredAt"]],
  lifecycle: [["customerId", "companyId"], ["occurredAt"]],
};

/** What holds where a mapping does not say. */
export const defaultValues: Readonly<Record<SourceName, Readonly<Record<string, string>>>> = {
  orders: { type: "order.placed" },
  interactions: {},
  lifecycle: { name: "profile.updated" },
};

/** Names that people know from elsewhere, and what they are called here. */
export const otherNames: Readonly<Record<string, string>> = {
  customer: "customerId",
  company: "companyId",
  order: "orderId",
  time: "occurredAt",
  timestamp: "occurredAt",
  date: "occurredAt",
  event: "name",
  id: "eventId",
  amount: "total",
  traits: "attributes",
};
