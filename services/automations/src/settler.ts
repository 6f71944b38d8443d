/** Settles messages: each is delivered, or stands in the dead letters. */
import {
  type Clock,
  carriedOn,
  type Log,
  type Logger,
  type LogRecord,
  noTracing,
  type Patience,
  patiently,
  type TracedStep,
  type Tracing,
  traceParentOf,
} from "@tidemark/runtime";
import type { PauseBounds } from "./attempt.ts";
import { type Delivery, deliver } from "./deliver.ts";
import type { Endpoint } from "./endpoint.ts";
import { createLane, type Lane } from "./lane.ts";
import type { AutomationsObserver } from "./metrics.ts";
import type { Post } from "./post.ts";
import { undeliveredRecord } from "./undelivered.ts";
import type { Settle } from "./way.ts";
import type { Webhook } from "./webhook.ts";

export interface SettlerPorts {
  readonly log: Log;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly post: Post;
  /** In [0, 1). */
  readonly random: () => number;
  readonly observe: AutomationsObserver;
  readonly tracing?: Tracing;
  readonly patience: Patience;
}

export interface SettlerOptions {
  readonly topics: { readonly deadLetters: string };
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly attempts: number;
  readonly timeoutMs: number;
  readonly retryMs: number;
  readonly keepMs: number;
  readonly pauses: PauseBounds;
  readonly probeEveryMs: number;
  readonly concurrency: number;
}

/** For each partition, with the signal that gives it up. `cutOff` ends what is under way. */
export function createSettler(
  ports: SettlerPorts,
  options: SettlerOptions,
  cutOff: AbortSignal,
): (partition: number, givenUp: AbortSignal) => Settle {
  const { log, clock, logger, observe, tracing = noTracing, patience } = ports;
  const { topics, attempts, timeoutMs, retryMs, keepMs, pauses } = options;
  const lanes = new Map(
    [...options.endpoints].map(([name, endpoint]): [string, Lane] => [
      name,
      createLane(endpoint, clock, {
        concurrency: options.concurrency,
        silentAfterMs: retryMs,
        probeEveryMs: options.probeEveryMs,
        longestPauseMs: Math.max(pauses.mostMs, pauses.askedMs),
      }),
    ]),
  );

  const deliverTo = (
    lane: Lane | undefined,
    webhook: Webhook,
    givenUp: AbortSignal,
    headers: Readonly<Record<string, string>>,
  ): Promise<Delivery> | Delivery => {
    if (lane === undefined)
      return {
        result: "undelivered",
        reason: "webhook-unknown",
        attempts: 0,
        last: null,
        body: webhook.body(),
      };
    const bounds = { attempts, timeoutMs, retryMs, keepMs, pauses, givenUp, cutOff };
    return deliver(webhook, lane, ports, bounds, headers);
  };

  return (partition, givenUp) =>
    async (webhook, change): Promise<boolean> => {
      if (givenUp.aborted) return false;
      const lane = lanes.get(webhook.endpoint);
      const step = tracing.begin("webhook", {
        parent: change.headers,
        at: clock.now(),
        isRoot: false,
        attributes: { "tidemark.automation": webhook.automation, "tidemark.webhook": webhook.endpoint },
      });
      const delivery = await deliverTo(lane, webhook, givenUp, traceOf(step, change));
      step?.end(clock.now(), delivery.result === "undelivered" ? delivery.reason : undefined);
      if (delivery.result === "abandoned") return false;
      if (delivery.result === "delivered") {
        observe.delivered(webhook.endpoint, clock.now() - webhook.detectedAt);
        return true;
      }
      const letter = undeliveredRecord(webhook, delivery, change);
      const wanted = (): boolean => !givenUp.aborted;
      const kept = await patiently(patience, "dead letters cannot be written", wanted, async () =>
        log.append(topics.deadLetters, partition % (await log.partitionCount(topics.deadLetters)), [letter]),
      );
      if (kept === undefined) return false;
      const { reason } = delivery;
      observe.undelivered(lane ? webhook.endpoint : "unknown", reason);
      logger.warn({ partition, webhook: webhook.endpoint, reason }, "a webhook went to dead letters");
      return true;
    };
}

/** The HTTP header that carries the trace on. */
function traceOf(step: TracedStep | undefined, change: LogRecord): Readonly<Record<string, string>> {
  const traceparent = traceParentOf(carriedOn(step, change.headers));
  return traceparent === undefined ? {} : { traceparent };
}
