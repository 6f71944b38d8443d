/**
 * `did: A, without: B, for: D, forget: W`: with a the latest A by t, it holds on [a + D, a + W) unless a B lies in
 * [a, t]. Only the latest of either matters.
 */
import type { Edge } from "../features/edge.ts";
import { type Evaluate, holdsWithin, never } from "./condition.ts";

/** Features: the last event of each. `forgetMs` null: never. */
export function didWithout(did: number, without: number, forMs: number, forgetMs: number | null): Evaluate {
  return (evaluation) => {
    evaluation.until = never;
    const last = (evaluation.feature(did) as Edge | undefined)?.held;
    if (!last) return false;
    const other = (evaluation.feature(without) as Edge | undefined)?.held;
    if (other && other.occurredAt >= last.occurredAt) return false;
    return holdsWithin(evaluation, last.occurredAt + forMs, last.occurredAt + (forgetMs ?? never));
  };
}
