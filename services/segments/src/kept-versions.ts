import type { Transition } from "@tidemark/core";
import type { DefinitionSet } from "@tidemark/runtime";

/** The plan knows no version of a definition that is filling, though members of it may be kept from before: its own. */
export function keptVersions(set: DefinitionSet, transitions: readonly Transition[]): readonly Transition[] {
  if (transitions.every(({ version }) => version > 0)) return transitions;
  const versions = new Map(set.definitions.map(({ kind, id, version }) => [`${kind}/${id}`, version]));
  return transitions.map((transition) =>
    transition.version > 0
      ? transition
      : { ...transition, version: versions.get(`${transition.kind}/${transition.id}`) ?? 0 },
  );
}
