/** `all`, `any`, `not`: law E4. An empty `all` holds, an empty `any` does not. */
import { type Evaluate, never } from "./condition.ts";

export function allOf(children: readonly Evaluate[]): Evaluate {
  return combine(children, true);
}

export function anyOf(children: readonly Evaluate[]): Evaluate {
  return combine(children, false);
}

/** `all` is decided by a child that does not hold, `any` by one that does. */
function combine(children: readonly Evaluate[], all: boolean): Evaluate {
  const [only] = children;
  if (only && children.length === 1) return only;
  return (evaluation) => {
    let earliest = never;
    let latest = 0;
    let decided = false;
    for (const child of children) {
      const holds = child(evaluation);
      const { until } = evaluation;
      if (holds !== all) {
        latest = decided ? Math.max(latest, until) : until;
        decided = true;
        // Nothing can outlast it.
        if (until === never) break;
      } else if (!decided) {
        earliest = Math.min(earliest, until);
      }
    }
    evaluation.until = decided ? latest : earliest;
    return decided ? !all : all;
  };
}

export function notOf(child: Evaluate): Evaluate {
  return (evaluation) => !child(evaluation);
}
