/**
 * Which definitions are evaluated in a partition, as its log says. One that comes or changes once there are events
 * stays `filling` and emits nothing, and so does all that names it.
 */
import type { Document } from "./language/definitions.ts";
import { subjectOf } from "./language/definitions.ts";
import { isObject, type Json } from "./language/json.ts";
import type { LogEntry } from "./records.ts";

export interface DefinitionsInForce {
  /** Evaluated from the first event to the last record: these are judged. */
  readonly judged: readonly Document[];
  /** Names (`kind/id`) of those that were evaluated at first, until they changed or were deleted. */
  readonly formerly: ReadonlySet<string>;
  /** Names of those whose newest version deletes them. */
  readonly deleted: ReadonlySet<string>;
}

interface Version {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly text: string | null;
  readonly filling: boolean;
}

/** `firstEvent`: offset of the first admitted event of the partition, if there is one. */
export function definitionsInForce(
  entries: readonly LogEntry[],
  firstEvent: number | undefined,
): DefinitionsInForce {
  const versions = new Map<string, Version>();
  let atFirst: readonly Document[] = [];
  for (const entry of entries) {
    if (entry.offset === firstEvent) atFirst = evaluated(versions);
    if (entry.type !== "definition") continue;
    const { kind, id, version, document: text, filling } = entry.definition;
    const name = `${kind}/${id}`;
    const before = versions.get(name);
    if (before !== undefined && version <= before.version) continue;
    const hasEvents = firstEvent !== undefined && entry.offset > firstEvent;
    const isSame = before !== undefined && before.text === text;
    versions.set(name, { kind, id, version, text, filling: isSame ? before.filling : filling || hasEvents });
  }
  const judged = evaluated(versions);
  const names = new Set(judged.map(nameOf));
  const formerly = new Set(atFirst.map(nameOf).filter((name) => !names.has(name)));
  const deleted = new Set([...versions].flatMap(([name, { text }]) => (text === null ? [name] : [])));
  return { judged, formerly, deleted };
}

/** Those that are there, not filling, and name only such of the same kind of subject; none in a circle. */
function evaluated(versions: ReadonlyMap<string, Version>): readonly Document[] {
  let left = new Map<string, Document>();
  for (const [name, { kind, id, text, filling }] of versions) {
    if (text === null || filling || kind === "automation") continue;
    const json: unknown = JSON.parse(text);
    if (isObject(json)) left.set(name, { kind, id, json });
  }
  // Taken out again and again until every name that is left is there.
  for (;;) {
    const sound = new Map(
      [...left].filter(([, { kind, json }]) =>
        namesIn(kind, json).every((name) => {
          const named = left.get(name);
          return named !== undefined && subjectOf(named.json) === subjectOf(json);
        }),
      ),
    );
    if (sound.size === left.size) return [...sound.values()];
    left = sound;
  }
}

function nameOf({ kind, id }: Document): string {
  return `${kind}/${id}`;
}

/** `kind/id` of every definition that a document names. */
function namesIn(kind: string, json: Json): readonly string[] {
  if (kind === "segment") return namesInCondition(json.when);
  if (kind === "classification" && Array.isArray(json.categories))
    return json.categories.flatMap((category) => (isObject(category) ? namesInCondition(category.when) : []));
  if (kind !== "scoring") return [];
  return Object.values(json).flatMap((rule) =>
    isObject(rule) && typeof rule.metric === "string" ? [`metric/${rule.metric}`] : [],
  );
}

const namingKeys = {
  metric: "metric",
  by: "metric",
  score: "scoring",
  segment: "segment",
  classification: "classification",
};

function namesInCondition(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(namesInCondition);
  if (!isObject(value)) return [];
  const own = Object.entries(namingKeys).flatMap(([key, kind]) => {
    const id = value[key];
    return typeof id === "string" ? [`${kind}/${id}`] : [];
  });
  return [...own, ...[value.all, value.any, value.not].flatMap(namesInCondition)];
}
