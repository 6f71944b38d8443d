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
  const atOnce = test(0);
  const turns = turnsOf(test, wholeEdges(compare));
  return (evaluation) => {
    const held = (evaluation.feature(feature) as Edge | undefined)?.held;
    evaluation.until = never;
    if (!held) return false;
    const elapsed = evaluation.now - held.occurredAt;
    let turned = 0;
    while (turned < turns.length && (turns[turned] ?? never) <= elapsed) turned += 1;
    if (turned < turns.length) evaluation.until = held.occurredAt + (turns[turned] ?? never);
    return (turned & 1) === 0 ? atOnce : !atOnce;
  };
}

/** Those of the edges above 0 at which the answer turns. */
function turnsOf(test: (elapsed: number) => boolean, edges: readonly number[]): number[] {
  const turns: number[] = [];
  let answer = test(0);
  for (const edge of edges) {
    if (edge <= 0 || test(edge) === answer) continue;
    turns.push(edge);
    answer = !answer;
  }
  return turns;
}
