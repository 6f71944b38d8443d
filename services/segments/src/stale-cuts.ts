import { type CustomerState, type Plan, recut, type Transition } from "@tidemark/core";
import type { DefinitionSet } from "@tidemark/runtime";

/** While those near a cut are being named: what the cuts in force change for a subject that was packed by others. */
export function staleCuts(
  { cuts }: DefinitionSet,
  plan: Plan,
  state: CustomerState,
): { readonly transitions: readonly Transition[]; readonly historic: boolean } | null {
  if (cuts === null || !cuts.isRescoring || !state.stale) return null;
  return { transitions: recut(plan, state, cuts.at), historic: cuts.isFirst };
}
