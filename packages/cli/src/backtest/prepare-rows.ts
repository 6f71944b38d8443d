/** Files whose columns are mapped by the short form: each row is a line of an order, an event or a profile. */

import type { PrepareFile } from "./file-context.ts";
import { bindEvents, readEvents } from "./read-events.ts";
import { bindOrders, readOrders } from "./read-orders.ts";
import { bindProfiles, readProfiles } from "./read-profiles.ts";
import { contribution, fileNumbers } from "./subject-events.ts";

const noMap = { entries: [], hasRest: false, faults: [] };

export const orderRows: PrepareFile = ({ binding, map, guests, found }) => {
  const bound = bindOrders(binding, map ?? noMap, guests);
  return async (sink, onBytes) => {
    for (const { customer, company, time, row, properties } of await readOrders(bound, found, onBytes))
      sink(customer, company, {
        occurredAt: time,
        partition: fileNumbers.orders,
        offset: row,
        contributions: [contribution("order.placed", time, properties)],
      });
  };
};

export const eventRows: PrepareFile = ({ binding, map, guests, found }) => {
  const bound = bindEvents(binding, map, guests);
  return (sink, onBytes) =>
    readEvents(bound, found, onBytes, ({ customer, company, time, row, name, properties }) =>
      sink(customer, company, {
        occurredAt: time,
        partition: fileNumbers.events,
        offset: row,
        contributions: [contribution(name, time, properties)],
      }),
    );
};

export const customerRows: PrepareFile = profileRows("customers");

export const companyRows: PrepareFile = profileRows("companies");

function profileRows(kind: "customers" | "companies"): PrepareFile {
  return ({ binding, map, guests, found }) => {
    const bound = bindProfiles(binding, map ?? noMap, kind === "customers" ? guests : null);
    return (sink, onBytes) =>
      readProfiles(bound, found, onBytes, ({ id, time, row, attributes }) =>
        sink(kind === "customers" ? id : null, kind === "companies" ? id : null, {
          occurredAt: time,
          partition: fileNumbers[kind],
          offset: row,
          attributes,
          contributions: [],
        }),
      );
  };
}
