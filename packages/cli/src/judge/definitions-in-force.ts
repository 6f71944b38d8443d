/**
 * Which definitions are evaluated in a partition, as its log says. One that comes or changes once there are events fills:
 * it emits nothing, the version before goes on where there is one, and all that names it goes by that. A sweep brings
 * it in force, for one subject after another.
 */
import { deletionsIn } from "./deletions.ts";
import type { Document } from "./language/definitions.ts";
import { subjectOf } from "./language/definitions.ts";
import { isObject, type Json } from "./language/json.ts";
import type { LogEntry } from "./records.ts";

/** What is evaluated together. */
export interface Stage {
  readonly judged: readonly Document[];
  /** What is left of it each time that something is deleted, in order of offset; `name` as `kind/id`. */
  readonly deleted: readonly {
    readonly offset: number;
    readonly name: string;
    readonly judged: readonly Document[];
  }[];
}

/** At first: what is evaluated from the first event on, until a sweep brings others. */
export interface DefinitionsInForce extends Stage {
  /** In their order. */
  readonly sweeps: readonly SweepInForce[];
  /** Names (`kind/id`) of those that were evaluated, until what they name was deleted. */
  readonly formerly: ReadonlySet<string>;
  /** Names of those whose newest version deletes them. */
  readonly gone: ReadonlySet<string>;
}

/** What is evaluated from when a subject is reached. */
interface SweepInForce extends Stage {
  readonly sweep: string;
  /** Whoever begins behind it goes by what it brings. */
  readonly offset: number;
  /** Of its end: all have been reached by then. Null where it is under way. */
  readonly end: number | null;
}

interface Version {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly text: string | null;
  readonly filling: boolean;
  /** What is evaluated; null for nothing. */
  readonly inForce: string | null;
  /** Of the sweep that brought it; 0 of none. */
  readonly generation: number;
}

type Versions = ReadonlyMap<string, Version>;

interface OpenSweep {
  readonly sweep: string;
  readonly offset: number;
  readonly generation: number;
  /** Version and text by name. */
  readonly swept: Map<string, { readonly version: number; readonly text: string }>;
}

interface Draft {
  readonly sweep: OpenSweep | null;
  /** Behind which its deletions count. */
  readonly offset: number;
  documents: readonly Document[];
}

/** `firstEvent`: offset of the first admitted event of the partition, if there is one. */
export function definitionsInForce(
  entries: readonly LogEntry[],
  firstEvent: number | undefined,
): DefinitionsInForce {
  const versions = new Map<string, Version>();
  let atFirst: readonly Document[] | null = null;
  const stages: Draft[] = [];
  /** By where the sweep began: a partition that was through with one may have it again. */
  const ends = new Map<number, number>();
  const deletions = deletionsIn(entries).filter(
    ({ offset }) => firstEvent !== undefined && offset > firstEvent,
  );
  const deletedAt = new Map(deletions.map(({ offset, name }) => [offset, name]));
  let open: OpenSweep | null = null;
  for (const entry of entries) {
    if (entry.offset === firstEvent) atFirst = inForceIn(versions, null);
    if (entry.type === "definition") {
      const hasEvents = firstEvent !== undefined && entry.offset > firstEvent;
      write(versions, open, entry.definition, hasEvents);
      // Before the first event it is in force at once, whatever is under way or over.
      const last = stages.at(-1);
      if (last !== undefined && (open !== null || !hasEvents) && !deletedAt.has(entry.offset))
        last.documents = [...inForceIn(versions, open), ...goneFrom(last, deletions, entry.offset)];
    } else if (entry.type === "sweep" && open === null) {
      open = begun(versions, entry);
      if (open !== null)
        stages.push({ sweep: open, offset: entry.offset, documents: inForceIn(versions, open) });
    } else if (entry.type === "sweep-end" && open !== null && isEndOf(entry, open)) {
      end(versions, open);
      ends.set(open.offset, entry.offset);
      open = null;
    }
  }
  const all: readonly Draft[] = [
    { sweep: null, offset: firstEvent ?? -1, documents: atFirst ?? inForceIn(versions, null) },
    ...stages,
  ];
  const without = (documents: readonly Document[], { offset: from }: Draft, offset: number) => {
    const gone = namesOf(deletions.filter((one) => one.offset > from && one.offset <= offset));
    return documents.filter((one) => !gone.has(nameOf(one)));
  };
  const snapshots = all.flatMap((draft) => [
    draft.documents,
    ...deletions.map(({ offset }) => without(draft.documents, draft, offset)),
  ]);
  const names = judgedNames(snapshots);
  const judgedOf = (draft: Draft): Stage => {
    const judged = sound(draft.documents.filter((one) => names.has(nameOf(one))));
    const deleted = deletions.map(({ offset, name }) => {
      return { offset, name, judged: without(judged, draft, offset) };
    });
    return { judged, deleted };
  };
  const formerly = new Set(
    snapshots.flatMap((documents) => sound(documents).map(nameOf)).filter((name) => !names.has(name)),
  );
  const sweeps = all.flatMap((draft): SweepInForce[] => {
    if (draft.sweep === null) return [];
    const { sweep, offset } = draft.sweep;
    return [{ sweep, offset, end: ends.get(offset) ?? null, ...judgedOf(draft) }];
  });
  const deleted = new Set([...versions].flatMap(([name, { text }]) => (text === null ? [name] : [])));
  const [first = { judged: [], deleted: [] }] = all.slice(0, 1).map(judgedOf);
  return { judged: first.judged, deleted: first.deleted, sweeps, formerly, gone: deleted };
}

/** What a stage has had since it began and was deleted up to an offset. */
function goneFrom(
  { offset: from, documents }: Draft,
  deletions: ReturnType<typeof deletionsIn>,
  offset: number,
): readonly Document[] {
  const gone = namesOf(deletions.filter((one) => one.offset > from && one.offset < offset));
  return documents.filter((one) => gone.has(nameOf(one)));
}

function namesOf(named: readonly { readonly name: string }[]): ReadonlySet<string> {
  return new Set(named.map(({ name }) => name));
}

type Definition = Extract<LogEntry, { readonly type: "definition" }>["definition"];

function write(
  versions: Map<string, Version>,
  open: OpenSweep | null,
  { kind, id, version, document: text, filling: isToFill }: Definition,
  hasEvents: boolean,
): void {
  const name = `${kind}/${id}`;
  const before = versions.get(name);
  if (before !== undefined && version <= before.version) return;
  const swept = open?.swept.get(name);
  const put = ({ filling, inForce, generation }: Pick<Version, "filling" | "inForce" | "generation">): void =>
    void versions.set(name, { kind, id, version, text, filling, inForce, generation });
  if (text === null) {
    open?.swept.delete(name);
    put({ filling: false, inForce: null, generation: 0 });
  } else if (before?.text === text) {
    if (swept?.version === before.version) open?.swept.set(name, { version, text });
    put(before);
  } else if (before?.filling === true && before.inForce === text && swept === undefined) {
    put({ ...before, filling: false });
  } else if (isToFill || (hasEvents && kind !== "automation")) {
    put({ filling: true, inForce: before?.inForce ?? null, generation: before?.generation ?? 0 });
  } else put({ filling: false, inForce: text, generation: 0 });
}

function isEndOf(
  { sweep, begunAt }: Extract<LogEntry, { readonly type: "sweep-end" }>,
  open: OpenSweep,
): boolean {
  return sweep === open.sweep && (begunAt < 0 || begunAt === open.offset);
}

/** Null where none of those that it names is to be filled. */
function begun(
  versions: Versions,
  { sweep, offset, generation, definitions }: Extract<LogEntry, { readonly type: "sweep" }>,
): OpenSweep | null {
  const swept: OpenSweep["swept"] = new Map();
  // Features of one generation are shared: they come once.
  for (const known of versions.values())
    if (known.inForce !== null && known.generation === generation) return null;
  for (const named of definitions) {
    const known = versions.get(nameOf(named));
    if (known === undefined || known.text === null || known.version !== named.version) continue;
    swept.set(nameOf(named), { version: known.version, text: known.text });
  }
  return swept.size === 0 ? null : { sweep, offset, generation, swept };
}

function end(versions: Map<string, Version>, { swept, generation }: OpenSweep): void {
  for (const [name, { version, text }] of swept) {
    const known = versions.get(name);
    if (known === undefined) continue;
    const filling = known.version !== version;
    versions.set(name, { ...known, filling, inForce: text, generation });
  }
}

/** What is evaluated, for those whom a sweep has reached where there is one. */
function inForceIn(versions: Versions, sweep: OpenSweep | null): readonly Document[] {
  return [...versions].flatMap(([name, { kind, id, inForce }]) => {
    const text = sweep?.swept.get(name)?.text ?? inForce;
    if (text === null || kind === "automation") return [];
    const json: unknown = JSON.parse(text);
    return isObject(json) ? [{ kind, id, json }] : [];
  });
}

/**
 * Names of those that are evaluated as long as they are there, from when all that they name is there, and never by what is
 * not among them.
 */
function judgedNames(snapshots: readonly (readonly Document[])[]): ReadonlySet<string> {
  let names = new Set<string>();
  const lost = new Set<string>();
  for (const documents of snapshots) {
    const evaluated = new Set(sound(documents).map(nameOf));
    for (const name of documents.map(nameOf))
      if (evaluated.has(name)) names.add(name);
      else if (names.has(name)) lost.add(name);
  }
  for (const name of lost) names.delete(name);
  for (;;) {
    const left = new Set(names);
    for (const documents of snapshots) {
      const judged = new Set(sound(documents.filter((one) => names.has(nameOf(one)))).map(nameOf));
      for (const name of sound(documents).map(nameOf)) if (!judged.has(name)) left.delete(name);
    }
    if (left.size === names.size) return names;
    names = left;
  }
}

/** Those that name only such of the same kind of subject as are there; none in a circle. */
function sound(documents: readonly Document[]): readonly Document[] {
  let left = new Map(documents.map((document) => [nameOf(document), document]));
  // Taken out again and again until every name that is left is there.
  for (;;) {
    const found = new Map(
      [...left].filter(([, { kind, json }]) =>
        namesIn(kind, json).every((name) => {
          const named = left.get(name);
          return named !== undefined && subjectOf(named.json) === subjectOf(json);
        }),
      ),
    );
    if (found.size === left.size) return [...found.values()];
    left = found;
  }
}

function nameOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
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
