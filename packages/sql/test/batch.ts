/**
 * Many cases in one query: ClickHouse takes longer to understand a query than to answer it for a few subjects. Each case
 * has its own ids of definitions and of subjects; all definitions are asked of everybody.
 */
import type { Cuts, Definition } from "../../core/src/index.ts";

/** Where a definition names another, by its kind or `op`. */
const referring: Readonly<Record<string, readonly string[]>> = {
  metric: ["metric"],
  ratio: ["of", "to"],
  top: ["metric"],
  bottom: ["metric"],
  segment: ["segment"],
  classification: ["classification"],
  lapsing: ["segment"],
  engagement: ["engagement"],
  score: ["scoring"],
};

/** The same definitions under ids that begin with `prefix`. */
export function renamed(definitions: readonly Definition[], prefix: string): Definition[] {
  return definitions.map((definition) => {
    const inner = walk(definition, prefix) as Definition;
    // Whom a list has stands in attributes, under the list's own id.
    return definition.kind === "list" ? definition : ({ ...inner, id: prefix + definition.id } as Definition);
  });
}

function walk(value: unknown, prefix: string): unknown {
  if (Array.isArray(value)) return value.map((item) => walk(item, prefix));
  if (typeof value !== "object" || value === null) return value;
  const { op, type } = value as { readonly op?: unknown; readonly type?: unknown };
  const names =
    typeof op === "string" && op in referring ? referring[op] : type === "metric" ? ["metric"] : undefined;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      names?.includes(key) === true && typeof inner === "string" ? prefix + inner : walk(inner, prefix),
    ]),
  );
}

export function renamedCuts(cuts: Cuts, prefix: string): Cuts {
  return Object.fromEntries(
    Object.entries(cuts).map(([key, points]) => {
      const [kind = "", id = "", ...rest] = key.split("/");
      return [[kind, prefix + id, ...rest].join("/"), points];
    }),
  );
}
