/** Source events as records: orders and profiles in Avro, interactions in JSON, as a data team may send either. */
import {
  type Codec,
  type InteractionEvent,
  type LifecycleEvent,
  type OrderEvent,
  topicNames,
} from "@tidemark/contracts";
import { orderEvent } from "../demo/events.ts";
import type { FileOrder } from "../orders-file/order-lines.ts";
import type { SourceRecord } from "./source-writer.ts";

/** What the encoding of source events needs to have been prepared. */
export async function prepareSources(codec: Codec): Promise<void> {
  await codec.prepare(topicNames.orders, ["tidemark.source.OrderEvent"]);
  await codec.prepare(topicNames.lifecycle, ["tidemark.source.LifecycleEvent"]);
}

export function orderRecord(codec: Codec, event: OrderEvent): SourceRecord {
  return {
    key: event.customerId ?? event.orderId,
    value: codec.encode("tidemark.source.OrderEvent", event),
  };
}

export function lifecycleRecord(codec: Codec, event: LifecycleEvent): SourceRecord {
  return {
    key: event.customerId ?? event.companyId ?? "",
    value: codec.encode("tidemark.source.LifecycleEvent", event),
  };
}

export function interactionRecord(event: InteractionEvent): SourceRecord {
  const { properties, eventId, companyId, ...rest } = event;
  const json = { ...rest, properties: properties === null ? {} : (JSON.parse(properties) as unknown) };
  return { key: event.customerId ?? "", value: Buffer.from(JSON.stringify(json)) };
}

/** One without a customer goes out as it is: intake says what is wrong with it. */
export function fileOrderEvent(order: FileOrder): OrderEvent {
  const { id, customer, time, ...rest } = order;
  return orderEvent({
    type: "order.placed",
    orderId: id,
    customerId: customer,
    occurredAt: time,
    ...rest,
    items: rest.items.map((item) => ({ ...item, name: null })),
  });
}
