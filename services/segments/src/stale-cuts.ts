import type { CustomerState, Plan, Transition } from "@tidemark/core";
import { type DefinitionSet, passCuts, recutCustomer } from "@tidemark/runtime";
import { historicAfterMs } from "./historic.ts";

interface Moved {
  readonly transitions: readonly Transition[];
  readonly historic: boolean;
}

/**
 * While those near a cut are being named: what the cuts in force change for a subject that was packed by others, and what
 * was due before they came. Afterwards nothing does, for those who were not named. `isHistoric` says of an instant in ms whether what time alone changed then is history.
 */
export function staleCuts(
  set: DefinitionSet,
  plan: Plan,
  state: CustomerState,
  isHistoric: (at: number) => boolean,
): readonly Moved[] | null {
  if (set.cuts === null || !state.stale) return null;
  if (!set.cuts.isRescoring) {
    passCuts(set, state);
    return null;
  }
  return recutCustomer(set, plan, state).flatMap(({ transitions, isFirst }) =>
    transitions.map((transition) => {
      const { cause, effectiveAt } = transition;
      return { transitions: [transition], historic: cause === "time" ? isHistoric(effectiveAt) : isFirst };
    }),
  );
}

/** Where nothing says more: what comes over an hour late is history. */
export function historicWhenLate(appendedAt: number): (at: number) => boolean {
  return (at) => appendedAt - at > historicAfterMs;
}
