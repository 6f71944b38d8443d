/**
 * `sequence`: events in that order, each within the time after the one before, the first of them inside the window.
 * Which first events are completed does not hang on time; the condition is then that one of them lies in the window.
 */
import type { Window } from "../definition/definition.ts";
import type { NewestEvents } from "../features/newest-events.ts";
import { compareStamps, type Stamp } from "../features/stamp.ts";
import { type Evaluate, never, type ZoneOf } from "./condition.ts";
import { type Ladder, rungOf } from "./ladder.ts";
import type { Fraction, Stretch } from "./stretch.ts";
import { windowOf } from "./window.ts";

/** One or more. */
const some: Ladder = { bounds: [1], answers: [0, 1, 1], missing: 0 };

/** `features`: the newest events of each step. `withinMs` null: whenever. */
export function sequence(
  features: readonly number[],
  withinMs: number | null,
  during: Window,
  zoneOf: ZoneOf,
): Evaluate {
  const window = windowOf(during, zoneOf);
  return (evaluation) => {
    const steps = features.map((feature) => evaluation.feature(feature) as NewestEvents | undefined);
    evaluation.until = never;
    const firsts = completedFirsts(steps, withinMs ?? never);
    return firsts.length > 0 && window.answer(evaluation, occurrences(firsts), some) === 1;
  };
}

/** The events of the first step that a whole sequence follows. */
function completedFirsts(steps: readonly (NewestEvents | undefined)[], withinMs: number): readonly Stamp[] {
  let followers = steps.at(-1)?.stamps ?? [];
  for (let step = steps.length - 2; step >= 0 && followers.length > 0; step -= 1) {
    const later = followers;
    followers = (steps[step]?.stamps ?? []).filter((stamp) => isFollowed(stamp, later, withinMs));
  }
  return followers;
}

/** The earliest one after it is the nearest. */
function isFollowed(stamp: Stamp, later: readonly Stamp[], withinMs: number): boolean {
  const next = later.find((other) => compareStamps(other, stamp) > 0);
  return next !== undefined && next.occurredAt - stamp.occurredAt <= withinMs;
}

function occurrences(stamps: readonly Stamp[]): Stretch {
  const at = stamps.map(({ occurredAt }) => occurredAt);
  return {
    at,
    sinks: true,
    rung: (from, to, { bounds }) => rungOf(bounds, to - from),
    fraction: (from, to): Fraction => ({ over: to - from, under: 1 }),
    // One or more, until the last is gone.
    turnsAt: (from) => (from < at.length ? at.length : undefined),
  };
}
