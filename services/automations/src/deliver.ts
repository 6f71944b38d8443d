/**
 * Delivers one message, or says why not. Bounds: `attempts` a message, no second attempt that would begin behind
 * `retryUntil`, none on an endpoint that is silent. So a batch takes no longer than its time for retries, plus the
 * time that its messages take one attempt each.
 */
import type { Clock } from "@tidemark/runtime";
import { describeOutcome, meaningOf, type Outcome, pauseAfter } from "./attempt.ts";
import type { Lane } from "./lane.ts";
import type { Post } from "./post.ts";
import { signatureHeaders } from "./signature.ts";
import { type Webhook, webhookType } from "./webhook.ts";

export interface DeliveryPorts {
  readonly clock: Clock;
  readonly post: Post;
  /** In [0, 1). */
  readonly random: () => number;
  readonly observe: {
    attempted(endpoint: string, outcome: Outcome, ms: number): void;
  };
}

export interface DeliveryBounds {
  readonly attempts: number;
  readonly timeoutMs: number;
  /** ms since the epoch. */
  readonly retryUntil: number;
  /** Aborted when the batch is given up: nothing new is tried, pauses end. */
  readonly givenUp: AbortSignal;
  /** Aborted when what is under way has to end, too. */
  readonly cutOff: AbortSignal;
}

export type UndeliveredReason =
  /** The endpoint refused it. */
  | "webhook-refused"
  /** All attempts failed, or time was up. */
  | "webhook-failed"
  /** The endpoint takes nothing: it was not tried again, or not at all. */
  | "webhook-silent"
  /** No endpoint has the name. */
  | "webhook-unknown";

export type Delivery =
  | { readonly result: "delivered" }
  /** Neither: somebody will try it again. */
  | { readonly result: "abandoned" }
  | {
      readonly result: "undelivered";
      readonly reason: UndeliveredReason;
      readonly attempts: number;
      /** Null where it was not tried. */
      readonly last: Outcome | null;
      readonly body: string;
    };

export async function deliver(
  webhook: Webhook,
  lane: Lane,
  ports: DeliveryPorts,
  bounds: DeliveryBounds,
  traceHeaders: Readonly<Record<string, string>> = {},
): Promise<Delivery> {
  const { clock } = ports;
  const body = webhook.body();
  let last: Outcome | null = null;
  const undelivered = (reason: UndeliveredReason, attempts: number): Delivery => ({
    result: "undelivered",
    reason,
    attempts,
    last,
    body,
  });

  for (let attempt = 1; ; attempt += 1) {
    const outcome = await lane.inTurn(async () => {
      if (bounds.givenUp.aborted) return "given up";
      return (await lane.admits()) ? tryOnce(webhook, body, lane, ports, bounds, traceHeaders) : "silent";
    });
    if (outcome === "given up") return { result: "abandoned" };
    if (outcome === "silent") return undelivered("webhook-silent", attempt - 1);
    last = outcome;
    const meaning = meaningOf(outcome);
    if (meaning === "delivered") return { result: "delivered" };
    if (bounds.cutOff.aborted) return { result: "abandoned" };
    if (meaning === "final") return undelivered("webhook-refused", attempt);
    if (lane.isSilent()) return undelivered("webhook-silent", attempt);
    const pauseMs = pauseAfter(attempt, outcome, clock.now(), ports.random());
    if (attempt >= bounds.attempts || clock.now() + pauseMs > bounds.retryUntil)
      return undelivered("webhook-failed", attempt);
    await pause(clock, pauseMs, bounds.givenUp);
  }
}

async function tryOnce(
  webhook: Webhook,
  body: string,
  lane: Lane,
  { clock, post, observe }: DeliveryPorts,
  { timeoutMs, cutOff }: DeliveryBounds,
  traceHeaders: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const since = clock.now();
  const outcome = await post({
    url: lane.endpoint.url,
    headers: {
      "content-type": webhookType,
      "user-agent": "tidemark",
      ...traceHeaders,
      ...signatureHeaders(lane.endpoint.key, webhook.id, since, body),
    },
    body,
    timeoutMs,
    signal: cutOff,
  });
  if (meaningOf(outcome) === "retry") lane.failed(since);
  else lane.answered();
  observe.attempted(lane.endpoint.name, outcome, clock.now() - since);
  return outcome;
}

function pause(clock: Clock, ms: number, until: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      until.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    if (until.aborted) end();
    else until.addEventListener("abort", end);
  });
}

/** Why a message was not delivered, for people. */
export function describeUndelivered(delivery: Delivery & { readonly result: "undelivered" }): string {
  const tried = delivery.attempts === 1 ? "1 attempt" : `${delivery.attempts} attempts`;
  return delivery.last === null ? "not tried" : `${describeOutcome(delivery.last)} after ${tried}`;
}
