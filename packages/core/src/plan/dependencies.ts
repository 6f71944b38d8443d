/** What a definition's answer hangs on, besides time. */
export interface Dependencies {
  readonly features: Set<number>;
  /** Dotted paths. */
  readonly attributes: Set<string>;
  /** Indexes of the definitions referred to. */
  readonly definitions: Set<number>;
}

export function noDependencies(): Dependencies {
  return { features: new Set(), attributes: new Set(), definitions: new Set() };
}

export function include(into: Dependencies, from: Dependencies): void {
  for (const feature of from.features) into.features.add(feature);
  for (const path of from.attributes) into.attributes.add(path);
}
