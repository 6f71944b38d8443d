/** The definitions as the registry has them: those in force, their documents, and what they are worth together. */
import { type Definition, type Fault, parseDefinitions } from "@tidemark/core";
import type { RegisteredDefinition } from "@tidemark/runtime";

export const kinds = [
  "metric",
  "segment",
  "classification",
  "scoring",
  "engagement",
  "list",
  "automation",
] as const;
export type Kind = Definition["kind"] & (typeof kinds)[number];

/** A definition that is not deleted. */
export interface Registered extends RegisteredDefinition {
  readonly kind: Kind;
  readonly document: string;
}

export interface Catalogue {
  /** By `kind/id`, in the order of the kinds and of their ids. */
  readonly definitions: ReadonlyMap<string, Registered>;
  readonly documents: ReadonlyMap<string, unknown>;
  /** The checked form of those that have no fault. */
  readonly parsed: ReadonlyMap<string, Definition>;
  /** What is wrong with what is there: nothing, unless it was written by an older version of the product. */
  readonly faults: readonly Fault[];
}

export function catalogueOf(registered: ReadonlyMap<string, RegisteredDefinition>): Catalogue {
  const sorted = [...registered.values()]
    .filter(isRegistered)
    .sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || compareText(a.id, b.id));
  const documents = new Map(
    sorted.map((definition): [string, unknown] => [nameOf(definition), JSON.parse(definition.document)]),
  );
  const { definitions, faults } = parseDefinitions([...documents.values()]);
  return {
    definitions: new Map(sorted.map((definition) => [nameOf(definition), definition])),
    documents,
    parsed: new Map(definitions.map((definition) => [nameOf(definition), definition])),
    faults,
  };
}

export function nameOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind}/${id}`;
}

function isRegistered(definition: RegisteredDefinition): definition is Registered {
  return definition.document !== null && kinds.some((kind) => kind === definition.kind);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
