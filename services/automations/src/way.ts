/**
 * The way of one partition's messages to one endpoint: those in hand, and the place before the first that is not
 * settled. Law: of one subject, a message is tried when all before it on this way are settled.
 */
import type { LogRecord } from "@tidemark/runtime";
import type { Step } from "./batch.ts";
import type { Place } from "./position.ts";
import type { Webhook } from "./webhook.ts";

/** Settles one message; answers false where it was abandoned. */
export type Settle = (webhook: Webhook, change: LogRecord) => Promise<boolean>;

export interface Way {
  /** Sends what the steps have for the endpoint; `end` lies behind them. */
  take(steps: readonly Step[], end: Place): void;
  /** Everything before it is settled. */
  settled(): Place;
  /** Behind what was taken. */
  taken(): Place;
  /** Messages in hand. */
  inHand(): number;
  /** Resolves when a message is settled next, or somebody wakes whoever waits for that. */
  news(): Promise<void>;
  wake(): void;
  /** Resolves when nothing is in hand; never, where something was abandoned. */
  idle(): Promise<void>;
  /** Resolves when nothing is under way: what is in hand then was abandoned. */
  atRest(): Promise<void>;
}

interface InHand {
  readonly before: Place;
  /** Of the messages of one change. */
  left: number;
}

/** `onFailure` is told where `settle` rejects. */
export function createWay(
  endpoint: string,
  from: Place,
  settle: Settle,
  onFailure: (error: unknown) => void,
): Way {
  const steps: InHand[] = [];
  /** The last message of each subject. */
  const tails = new Map<string, Promise<boolean>>();
  let taken = from;
  let inHand = 0;
  let news = Promise.withResolvers<void>();

  const wake = (): void => {
    news.resolve();
    news = Promise.withResolvers();
  };

  const start = (step: InHand, webhook: Webhook, change: LogRecord): void => {
    inHand += 1;
    const before = tails.get(webhook.subject) ?? Promise.resolve(true);
    const done = before.then((went) => went && settle(webhook, change));
    const own = done.then(
      (isSettled) => {
        if (!isSettled) return false;
        inHand -= 1;
        step.left -= 1;
        while (steps[0]?.left === 0) steps.shift();
        if (tails.get(webhook.subject) === own) tails.delete(webhook.subject);
        wake();
        return true;
      },
      (error: unknown) => {
        onFailure(error);
        return false;
      },
    );
    tails.set(webhook.subject, own);
  };

  return {
    take(given, end) {
      for (const { webhooks, record, before } of given) {
        const own = webhooks.filter((webhook) => webhook.endpoint === endpoint);
        if (own.length === 0) continue;
        const step = { before, left: own.length };
        steps.push(step);
        for (const webhook of own) start(step, webhook, record);
      }
      taken = end;
    },
    settled: () => steps[0]?.before ?? taken,
    taken: () => taken,
    inHand: () => inHand,
    news: () => news.promise,
    wake,
    async idle() {
      while (inHand > 0) await news.promise;
    },
    async atRest() {
      await Promise.all(tails.values());
    },
  };
}
