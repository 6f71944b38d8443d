/**
 * A customer that was packed before cuts moved, looked at by those in force: as if it had been looked at when they came.
 *  C1 what time alone changes before cuts come goes by those before them, each at its own instant; what they change is the
 *     net difference at the instant at which they came, or the customer's clock where that is later.
 *  C2 so it does not matter when it is looked at, nor how many cuts have come since.
 *     Nor whether definitions have changed meanwhile.
 *  C3 the customer's clock is not behind the cuts that it goes by: what comes later and is dated before them is late.
 */
import { type CustomerState, fireTimer, isPackedBy, type Plan, recut, type Transition } from "@tidemark/core";
import type { DefinitionSet } from "./definition-set.ts";

interface Recut {
  readonly transitions: readonly Transition[];
  /** Cuts brought it, some of which had no value before. */
  readonly isFirst: boolean;
}

/** Changes the state, of that plan of the set, in place; it is by the cuts in force then. Empty where there are none. */
export function recutCustomer(set: DefinitionSet, plan: Plan, state: CustomerState): readonly Recut[] {
  const { cuts, former } = set;
  if (cuts === null) return [];
  // Only definitions have changed since.
  if (isOf(cuts.packedBy, state)) return [];
  const isSwept = plan === set.swept;
  const before = former.map((one) => ({ ...one, plan: (isSwept ? one.swept : null) ?? one.plan }));
  // Who was packed by none of them came before the oldest.
  const known = before.findLastIndex((one) => isPackedBy(one.plan, state) || isOf(one.packedBy, state));
  const steps = [...before.slice(Math.max(0, known)), { plan, at: cuts.at, isFirst: cuts.isFirst }];
  const told = steps.flatMap((step, index) => {
    const isItsOwn = index === 0 && before.length > 0;
    const moved = isItsOwn ? [] : recut(step.plan, state, step.at);
    const until = steps[index + 1]?.at ?? Number.NEGATIVE_INFINITY;
    const passed = passTime(step.plan, state, until);
    return [
      { transitions: moved, isFirst: step.isFirst },
      { transitions: passed, isFirst: false },
    ].filter(({ transitions }) => transitions.length > 0);
  });
  moveClock(state, cuts.at);
  return told;
}

/** The same for one that was not near a cut when those near it were looked for: nothing changes but its clock. */
export function passCuts({ cuts }: DefinitionSet, state: CustomerState): void {
  if (cuts !== null && !isOf(cuts.packedBy, state)) moveClock(state, cuts.at);
}

/** Whether the customer was packed by one of these plans. */
function isOf(fingerprints: readonly number[] = [], state: CustomerState): boolean {
  return fingerprints.some((fingerprint) => isPackedBy({ fingerprint }, state));
}

function moveClock(state: CustomerState, at: number): void {
  // A timer is never behind the clock.
  if (state.clock === null || (state.timer !== null && state.timer <= at)) return;
  state.clock = Math.max(state.clock, at);
}

/** All that is due before the instant. */
function passTime(plan: Plan, state: CustomerState, until: number): readonly Transition[] {
  const transitions: Transition[] = [];
  while (state.timer !== null && state.timer < until)
    transitions.push(...fireTimer(plan, state, state.timer));
  return transitions;
}
