/** The events of the overload run: each a function of its number, so that they need not be kept to be counted again. */
import { type Codec, topicNames } from "@tidemark/contracts";
import { lifecycleEvent, orderEvent } from "../../../packages/cli/src/demo/events.ts";
import { lifecycleRecord, orderRecord } from "../../../packages/cli/src/load/source-records.ts";

export type RunEvent =
  | { readonly kind: "order"; readonly customer: number; readonly cents: number }
  | { readonly kind: "view"; readonly customer: number; readonly path: string }
  | { readonly kind: "profile"; readonly customer: number; readonly newsletter: boolean };

const paths = ["/sale", "/new", "/help", "/", "/cart"] as const;

/** Of ten events three are orders, six page views, one a profile. */
export function eventAt(index: number, seed: number, customers: number): RunEvent {
  const first = mixed(index, seed);
  const second = mixed(first, index);
  const customer = second % customers;
  const dice = first % 10;
  const detail = (first >>> 8) & 0xffff;
  if (dice < 3) return { kind: "order", customer, cents: 100 + (detail % 9_900) };
  if (dice < 9) return { kind: "view", customer, path: paths[detail % paths.length] ?? "/" };
  return { kind: "profile", customer, newsletter: detail % 2 === 0 };
}

export function customerName(customer: number): string {
  return `c${customer}`;
}

/** The topic of the event and its value there. */
export function sourceOf(
  codec: Codec,
  index: number,
  event: RunEvent,
  occurredAt: number,
): { readonly topic: string; readonly value: Buffer } {
  const customerId = customerName(event.customer);
  switch (event.kind) {
    case "order": {
      const total = event.cents / 100;
      const order = { type: "order.placed", orderId: `o${index}`, customerId, occurredAt, total } as const;
      return { topic: topicNames.orders, value: orderRecord(codec, orderEvent(order)).value };
    }
    case "view": {
      const json = `{"name":"page.viewed","customerId":"${customerId}","occurredAt":${occurredAt},"properties":{"path":"${event.path}"}}`;
      return { topic: topicNames.interactions, value: Buffer.from(json) };
    }
    case "profile": {
      const subject = { customerId, companyId: null };
      const profile = lifecycleEvent("profile.updated", subject, occurredAt, {
        newsletter: event.newsletter,
      });
      return { topic: topicNames.lifecycle, value: lifecycleRecord(codec, profile).value };
    }
  }
}

/** 32 bits that depend on all bits of both (the finalizer of MurmurHash3). */
function mixed(value: number, seed: number): number {
  let hash = Math.imul(value ^ Math.imul(seed, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x27d4eb2f);
  return (hash ^ (hash >>> 15)) >>> 0;
}
