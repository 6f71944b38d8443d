import type { CustomerState, Plan, Transition } from "@tidemark/core";
import { type DefinitionSet, recutCustomer } from "@tidemark/runtime";
import { historicAfterMs } from "./historic.ts";

/**
 * While those near a cut are being named: what the cuts in force change for a subject that was packed by others, and what
 * was due before they came. `appendedAt`: of the record for which it is looked at.
 */
export function staleCuts(
  set: DefinitionSet,
  plan: Plan,
  state: CustomerState,
  appendedAt: number,
): readonly { readonly transitions: readonly Transition[]; readonly historic: boolean }[] | null {
  if (set.cuts === null || !set.cuts.isRescoring || !state.stale) return null;
  return recutCustomer(set, plan, state).flatMap(({ transitions, isFirst }) =>
    transitions.map((transition) => {
      const isOld = transition.cause === "time" && appendedAt - transition.effectiveAt > historicAfterMs;
      return { transitions: [transition], historic: isFirst || isOld };
    }),
  );
}
