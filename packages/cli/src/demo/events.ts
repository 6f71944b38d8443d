/** Source events with what the demo does not use left empty. */
import type { InteractionEvent, LifecycleEvent, OrderEvent } from "@tidemark/contracts";

export interface SourceEvents {
  readonly orders: readonly OrderEvent[];
  readonly interactions: readonly InteractionEvent[];
  readonly lifecycle: readonly LifecycleEvent[];
}

export function orderEvent(
  event: Partial<OrderEvent> & Pick<OrderEvent, "type" | "orderId" | "customerId" | "occurredAt">,
): OrderEvent {
  return {
    previousCustomerId: null,
    companyId: null,
    eventId: null,
    version: null,
    total: null,
    refund: null,
    currency: null,
    channel: null,
    country: null,
    items: [],
    properties: null,
    ...event,
  };
}

export function interactionEvent(
  name: string,
  customerId: string,
  occurredAt: number,
  properties: object,
): InteractionEvent {
  return {
    name,
    customerId,
    companyId: null,
    occurredAt,
    eventId: null,
    properties: JSON.stringify(properties),
  };
}

export function lifecycleEvent(
  name: string,
  subject: Pick<LifecycleEvent, "customerId" | "companyId">,
  occurredAt: number,
  attributes: object,
): LifecycleEvent {
  return {
    name,
    ...subject,
    occurredAt,
    eventId: null,
    attributes: JSON.stringify(attributes),
    properties: null,
  };
}
