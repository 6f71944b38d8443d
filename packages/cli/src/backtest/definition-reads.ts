/** What definitions read of events and customers, to compare with what the files give. */
import type { Definition } from "@tidemark/core";

export interface DefinitionReads {
  /** Dotted paths of properties, by the event's name. */
  readonly properties: ReadonlyMap<string, ReadonlySet<string>>;
  /** Dotted paths. */
  readonly attributes: ReadonlySet<string>;
}

type Node = Readonly<Record<string, unknown>>;

/** Looks through the checked form of a definition. */
export function readsOf(definition: Definition): DefinitionReads {
  const properties = new Map<string, Set<string>>();
  const attributes = new Set<string>();
  const readProperty = (event: string, path: readonly string[]): void => {
    properties.set(event, (properties.get(event) ?? new Set()).add(path.join(".")));
  };
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const node = value as Node;
    const event = isSelector(node.of) ? node.of.event : undefined;
    if (node.from === "attribute" && isPath(node.path)) attributes.add(node.path.join("."));
    else if (node.op === "near" && isPath(node.path)) attributes.add(node.path.join("."));
    else if (node.op === "list") attributes.add(`lists.${String(node.list)}`);
    else if (event !== undefined && isPath(node.path)) readProperty(event, node.path);
    else if (event !== undefined && isPath(node.take)) readProperty(event, node.take);
    if (isSelector(node)) for (const path of conditionPaths(node.where)) readProperty(node.event, path);
    else for (const inner of Object.values(node)) visit(inner);
  };
  visit(definition);
  return { properties, attributes };
}

function isSelector(value: unknown): value is { readonly event: string; readonly where?: unknown } {
  return typeof value === "object" && value !== null && "event" in value && typeof value.event === "string";
}

function isPath(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

function conditionPaths(condition: unknown): readonly (readonly string[])[] {
  if (typeof condition !== "object" || condition === null) return [];
  const { op, of, path } = condition as Node;
  if (op === "property") return isPath(path) ? [path] : [];
  return (Array.isArray(of) ? of : [of]).flatMap(conditionPaths);
}
