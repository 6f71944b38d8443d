/** Subscriptions of the demo: started, renewed at their end, ended by some, running out for others. */
import type { LifecycleEvent } from "@tidemark/contracts";
import { dayMs } from "./customer-history.ts";
import { lifecycleEvent } from "./events.ts";
import type { Random } from "./random.ts";

const terms = { month: 30 * dayMs, year: 365 * dayMs } as const;

export interface SubscriptionWish {
  readonly customerId: string;
  readonly from: number;
  readonly now: number;
  /** The running term ends exactly then, or 14 days after; otherwise when it happens to. */
  readonly edgeAt: number | null;
}

/** Everything that happened to one customer's subscription up to now, in order of time. */
export function subscriptionHistory(wish: SubscriptionWish, random: Random): readonly LifecycleEvent[] {
  const { customerId, now } = wish;
  const plan = random.chance(0.65) ? "month" : "year";
  const term = terms[plan];
  const startedAt = firstStart(wish, term, random);
  if (startedAt > now) return [];
  const subject = { customerId, companyId: null };
  const events: LifecycleEvent[] = [];
  const keepsFor =
    wish.edgeAt === null ? random.between(1, plan === "month" ? 24 : 4) : Number.POSITIVE_INFINITY;
  let at = startedAt;
  for (let termNumber = 0; at <= now; termNumber += 1, at += term) {
    if (termNumber >= keepsFor) {
      // Half of those who stop say so; the plans of the others run out.
      if (random.chance(0.5))
        events.push(lifecycleEvent("subscription.ended", subject, at, { subscription: { status: "ended" } }));
      break;
    }
    const name = termNumber === 0 ? "subscription.started" : "subscription.renewed";
    const endsAt = new Date(at + term).toISOString();
    const begin = termNumber === 0 ? { plan, startedAt: new Date(at).toISOString() } : {};
    events.push(lifecycleEvent(name, subject, at, { subscription: { ...begin, status: "active", endsAt } }));
  }
  return events;
}

/** Whole terms before the end that is wished for, else some day of the customer's time with us. */
function firstStart({ from, now, edgeAt }: SubscriptionWish, term: number, random: Random): number {
  if (edgeAt === null) return from + Math.floor(random.next() * Math.max(now - from, 0));
  const endsAt = random.chance(0.5) ? edgeAt : edgeAt + 14 * dayMs;
  const running = endsAt - term;
  const earlier = Math.max(0, Math.floor((running - from) / term));
  return running - random.between(0, Math.min(earlier, 12)) * term;
}
