/** Messages that could not be delivered go to `dead-letters`, with all that is needed to send them again. */
import { deadLetterRecord, type LogRecord, type OutgoingRecord } from "@tidemark/runtime";
import { type Delivery, describeUndelivered, type UndeliveredReason } from "./deliver.ts";
import { type Webhook, webhookType } from "./webhook.ts";

const expectations: Readonly<Record<UndeliveredReason, string>> = {
  "webhook-refused": "an answer of 2xx",
  "webhook-failed": "an answer of 2xx",
  "webhook-silent": "an endpoint that takes messages",
  "webhook-unknown": "a webhook that AUTOMATIONS_WEBHOOKS names",
};

/**
 * The body as value, the position of the change in the usual headers, and `webhook-id`, `tidemark-automation`,
 * `tidemark-webhook`, `tidemark-attempts` and `tidemark-status` (an answer's status, or a code). Each message has a
 * key of its own; a repeat has the same.
 */
export function undeliveredRecord(
  webhook: Webhook,
  delivery: Delivery & { readonly result: "undelivered" },
  change: LogRecord,
): OutgoingRecord {
  const { reason, attempts, last, body } = delivery;
  const status = last === null ? "none" : "failure" in last ? last.failure : String(last.status);
  const headers = [
    ["content-type", webhookType],
    ["webhook-id", webhook.id],
    ["tidemark-automation", webhook.automation],
    ["tidemark-webhook", webhook.endpoint],
    ["tidemark-attempts", String(attempts)],
    ["tidemark-status", status],
  ].map(([name = "", value = ""]) => [name, Buffer.from(value)] as const);
  const fault = {
    path: webhook.endpoint,
    found: describeUndelivered(delivery),
    expected: expectations[reason],
  };
  const letter = deadLetterRecord(
    { record: { ...change, headers, value: Buffer.from(body) }, reason, faults: [fault] },
    "automations",
  );
  const [, ...rest] = webhook.id.split("/");
  const key = [change.topic, change.partition, change.offset, ...rest].join("/");
  return { ...letter, key: Buffer.from(key) };
}
