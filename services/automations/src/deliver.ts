/**
 * Delivers one message, or says why not. A message that fails again and again while its endpoint takes others is given
 * up after so many attempts or so much time. An endpoint that takes nothing at all is waited for, for as long as the
 * message may be kept.
 */
import type { Clock } from "@tidemark/runtime";
import { describeOutcome, meaningOf, type Outcome, type PauseBounds, pauseAfter } from "./attempt.ts";
import type { Lane } from "./lane.ts";
import { pause } from "./pause.ts";
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
  /** How long a message is tried again while its endpoint takes others. */
  readonly retryMs: number;
  /** From the detection of the change: how long a message waits for an endpoint that takes nothing. */
  readonly keepMs: number;
  readonly pauses: PauseBounds;
  /** Aborted when the partition is given up: nothing new is tried, pauses end. */
  readonly givenUp: AbortSignal;
  /** Aborted when what is under way has to end, too. */
  readonly cutOff: AbortSignal;
}

export type UndeliveredReason =
  /** The endpoint refused it. */
  | "webhook-refused"
  /** It failed again and again while the endpoint took others. */
  | "webhook-failed"
  /** The endpoint took nothing for as long as the message may be kept. */
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
  let last: Outcome | null = null;
  let triedSince: number | undefined;
  const undelivered = (reason: UndeliveredReason, attempts: number): Delivery => ({
    result: "undelivered",
    reason,
    attempts,
    last,
    body: webhook.body(),
  });

  for (let attempt = 1; ; attempt += 1) {
    const outcome = await lane.inTurn(async () => {
      const answer = await lane.admits(webhook.detectedAt + bounds.keepMs, bounds.givenUp);
      if (answer !== "admitted") return answer;
      triedSince ??= clock.elapsedMs();
      return tryOnce(webhook, lane, ports, bounds, traceHeaders);
    });
    if (outcome === "given up") return { result: "abandoned" };
    if (outcome === "too late") return undelivered("webhook-silent", attempt - 1);
    last = outcome;
    const meaning = meaningOf(outcome);
    if (meaning === "delivered") return { result: "delivered" };
    if (bounds.cutOff.aborted) return { result: "abandoned" };
    if (meaning === "final") return undelivered("webhook-refused", attempt);
    const since = triedSince ?? 0;
    const pauseMs = pauseAfter(attempt, outcome, clock.now(), ports.random(), bounds.pauses);
    const isSpent = attempt >= bounds.attempts || clock.elapsedMs() + pauseMs > since + bounds.retryMs;
    if (isSpent && lane.hasAnsweredSince(since)) return undelivered("webhook-failed", attempt);
    await pause(clock, pauseMs, bounds.givenUp);
  }
}

async function tryOnce(
  webhook: Webhook,
  lane: Lane,
  { clock, post, observe }: DeliveryPorts,
  { timeoutMs, cutOff }: DeliveryBounds,
  traceHeaders: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const since = clock.elapsedMs();
  const body = webhook.body();
  const outcome = await post({
    url: lane.endpoint.url,
    headers: {
      "content-type": webhookType,
      "user-agent": "tidemark",
      ...traceHeaders,
      ...signatureHeaders(lane.endpoint.key, webhook.id, clock.now(), body),
    },
    body,
    timeoutMs,
    signal: cutOff,
  });
  if (meaningOf(outcome) === "retry") lane.failed(since);
  else lane.answered();
  observe.attempted(lane.endpoint.name, outcome, clock.elapsedMs() - since);
  return outcome;
}

/** Why a message was not delivered, for people. */
export function describeUndelivered(delivery: Delivery & { readonly result: "undelivered" }): string {
  const tried = delivery.attempts === 1 ? "1 attempt" : `${delivery.attempts} attempts`;
  return delivery.last === null ? "not tried" : `${describeOutcome(delivery.last)} after ${tried}`;
}
