/** Records about who is who that meet in ways which chance alone seldom brings about. */
import { type Random, randomOf } from "../world/random.ts";
import type { Input } from "./input.ts";
import { type Step, sourcePartitions } from "./scenario.ts";

/**
 * Somebody is erased, begins anew, and is merged into another; then comes a merge into them that may be dated before the
 * erasure, or behind it.
 */
export function identityMomentsOf(seed: number, untilMs: number, customers: readonly string[]): Step[] {
  const random = randomOf(seed, 13);
  if (random.chance(0.93)) return [];
  const [first = "", second = "", third = ""] = shuffled(random, customers);
  const erasedAt = random.whole(3_000, untilMs - 4_000);
  const begunAt = erasedAt + random.whole(500, 4_000);
  const mergedAt = begunAt + random.whole(200, 4_000);
  const comesAt = mergedAt + random.whole(500, 6_000);
  const step = (at: number, input: Input): Step => {
    return { at, type: "input", input, partition: random.whole(0, sourcePartitions - 1) };
  };
  const merged = (at: number, subject: string, into: string, ageMs: number): Step =>
    step(at, { topic: "lifecycle", name: "customer.merged", subject, into, ageMs });
  const asOf = random.chance(0.7) ? erasedAt - random.whole(1, 5_000) : erasedAt + random.whole(1, 5_000);
  return [
    step(erasedAt, {
      topic: "lifecycle",
      name: "customer.erased",
      erased: first,
      ageMs: random.whole(0, 200),
    }),
    step(begunAt, {
      topic: "interactions",
      name: "page.viewed",
      customer: first,
      company: null,
      ageMs: random.whole(0, 200),
      eventId: null,
    }),
    merged(mergedAt, first, second, random.whole(0, 200)),
    merged(comesAt, third, first, Math.max(0, comesAt - asOf)),
  ].filter(({ at }) => at < untilMs);
}

function shuffled(random: Random, ids: readonly string[]): readonly string[] {
  const left = [...ids];
  return ids.map(() => left.splice(random.whole(0, left.length - 1), 1)[0] ?? "");
}
