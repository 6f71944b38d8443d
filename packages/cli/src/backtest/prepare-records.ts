/** Files read by the mapping that intake uses: each row is a record of a source. */
import type { SourceName } from "@tidemark/intake";
import type { FileContext, PrepareFile } from "./file-context.ts";
import { type OrderRecord, orderEvents } from "./order-changes.ts";
import {
  nameOf,
  objectOf,
  orderRecord,
  readMapped,
  type SourceEvent,
  type TakeEvent,
} from "./read-mapped.ts";
import { contribution, fileNumbers } from "./subject-events.ts";

export const orderRecords: PrepareFile = (context) => async (sink, onBytes) => {
  const orders = new Map<string, { readonly of: SourceEvent; readonly records: OrderRecord[] }>();
  await readRecords(context, "orders", onBytes, (event, onFault) => {
    const record = orderRecord(event, onFault);
    if (record === undefined) return undefined;
    return () => {
      const key = JSON.stringify([event.customer, event.company, record.orderId]);
      const order = orders.get(key);
      if (order === undefined) orders.set(key, { of: event, records: [record] });
      else order.records.push(record);
    };
  });
  const { found } = context;
  const onLate = (): void => {
    found.late += 1;
  };
  for (const { of, records } of orders.values())
    for (const event of orderEvents(records, onLate)) sink(of.customer, of.company, event);
};

export const interactionRecords: PrepareFile = (context) => (sink, onBytes) =>
  readRecords(context, "interactions", onBytes, (event, onFault) => {
    const name = nameOf(event, onFault);
    if (name === undefined) return undefined;
    const { customer, company, time, row, fields } = event;
    return () =>
      sink(customer, company, {
        occurredAt: time,
        partition: fileNumbers.events,
        offset: row,
        contributions: [contribution(name, time, objectOf(fields.properties))],
      });
  });

export const lifecycleRecords: PrepareFile = (context) => (sink, onBytes) =>
  readRecords(context, "lifecycle", onBytes, (event, onFault) => {
    const name = nameOf(event, onFault);
    if (name === undefined) return undefined;
    const { customer, company, time, row, fields } = event;
    return () =>
      sink(customer, company, {
        occurredAt: time,
        partition: fileNumbers.customers,
        offset: row,
        attributes: objectOf(fields.attributes),
        contributions: [contribution(name, time, objectOf(fields.properties))],
      });
  });

function readRecords(
  { binding, mapping, guests, found }: FileContext,
  source: SourceName,
  onBytes: (bytes: number) => void,
  take: TakeEvent,
): Promise<void> {
  const { table, zone } = binding;
  return readMapped({ table, mapping, source, zone, guests }, found, onBytes, take);
}
