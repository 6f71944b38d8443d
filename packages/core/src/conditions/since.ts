/**
 * `since: last` / `since: first`: the time since that event compares so. No such event: it does not hold, whatever
 * the comparison.
 */
import type { NumberComparison } from "../definition/definition.ts";
import type { Edge } from "../features/edge.ts";
import { type Evaluate, never } from "./condition.ts";
import { plainTest, wholeEdges } from "./number-comparison.ts";

export function since(feature: number, compare: NumberComparison): Evaluate {
  const test = plainTest(compare);
  const edges = wholeEdges(compare);
  return (evaluation) => {
    const held = (evaluation.feature(feature) as Edge | undefined)?.held;
    evaluation.until = never;
    if (!held) return false;
    const elapsed = Math.max(0, evaluation.now - held.occurredAt);
    const holds = test(elapsed);
    for (const edge of edges) {
      if (edge <= elapsed || test(edge) === holds) continue;
      evaluation.until = held.occurredAt + edge;
      break;
    }
    return holds;
  };
}
