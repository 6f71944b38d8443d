/** A set of documents to what can be asked of one kind of subject: in which state each definition has it. */
import type { SubjectKind } from "../records.ts";
import { aggregateNameOf, aggregateOf, type Quantity } from "./aggregate.ts";
import { conditionOf } from "./condition.ts";
import { type Json, listOf, objectOf, textOf, Uninterpretable } from "./json.ts";
import type { Holds, Moment } from "./moment.ts";
import { emptyGathering, type Gathering, type Watcher, watcher, type ZoneChoice } from "./watch.ts";
import { type Zone, zoneNamed } from "./zone.ts";

interface Answering {
  /** `kind/id`. */
  readonly name: string;
  readonly kind: "segment" | "classification";
  readonly id: string;
  /** What a subject is before anything is known: `out`, or no category at all. */
  readonly atFirst: string | null;
  /** The state now, worked out afresh. */
  readonly state: (moment: Moment) => string;
  /** Definitions that rest on this one, directly or through others. */
  readonly dependents: readonly string[];
}

export interface Reading {
  readonly workspace: Zone;
  readonly answering: ReadonlyMap<string, Answering>;
  readonly gathering: Gathering;
}

export interface Document {
  readonly kind: string;
  readonly id: string;
  readonly json: Json;
}

/**
 * Reads what concerns one kind of subject. Throws `Uninterpretable` where a document says what this reading does not
 * know. Documents that name something which is not among them were left out before.
 */
export function readDefinitions(
  documents: readonly Document[],
  subject: SubjectKind,
  workspace: Zone,
): Reading {
  const own = documents.filter(({ json }) => subjectOf(json) === subject);
  const byName = new Map(own.map((document) => [`${document.kind}/${document.id}`, document.json]));
  const gathering = emptyGathering();
  const restsOn = new Map<string, Set<string>>();
  const drafts = new Map<string, Omit<Answering, "dependents">>();
  for (const { kind, id, json } of own) {
    if (kind !== "segment" && kind !== "classification") continue;
    const name = `${kind}/${id}`;
    const rests = new Set<string>();
    restsOn.set(name, rests);
    try {
      const state = stateOf(kind, json, byName, watcher(gathering, name), workspace, (other) => {
        if (!byName.has(other)) throw new Uninterpretable(`unknown ${other}`);
        rests.add(other);
      });
      drafts.set(name, { name, kind, id, atFirst: kind === "segment" ? "out" : null, state });
    } catch (error) {
      if (!(error instanceof Uninterpretable)) throw error;
      throw new Uninterpretable(`${name}: ${error.message}`);
    }
  }
  const answering = new Map<string, Answering>();
  for (const draft of drafts.values()) {
    const dependents = dependentsOf(draft.name, restsOn);
    if (dependents.includes(draft.name)) throw new Uninterpretable(`${draft.name} rests on itself`);
    answering.set(draft.name, { ...draft, dependents });
  }
  return { workspace, answering, gathering };
}

export function subjectOf(json: Json): string {
  return typeof json.subject === "string" ? json.subject : "customer";
}

function stateOf(
  kind: "segment" | "classification",
  json: Json,
  byName: ReadonlyMap<string, Json>,
  watching: Watcher,
  workspace: Zone,
  restsOn: (name: string) => void,
): (moment: Moment) => string {
  const named = (of: string, id: unknown): Json => {
    const found = byName.get(`${of}/${textOf(id, of)}`);
    if (found === undefined) throw new Uninterpretable(`unknown ${of} ${id}`);
    return found;
  };
  const metric = (id: unknown): Quantity => {
    const document = named("metric", id);
    // A metric has a zone of its own, whoever asks for it.
    return aggregateOf(document, zoneOf(document, workspace), watching);
  };
  const around = {
    zone: zoneOf(json, workspace),
    watcher: watching,
    metric,
    counted(id: unknown) {
      const name = aggregateNameOf(named("metric", id));
      if (name === undefined || name === "average") throw new Uninterpretable(`a share by the metric ${id}`);
      return metric(id);
    },
    scoring: (id: unknown) => named("scoring", id),
    restsOn,
  };
  if (kind === "segment") {
    const holds = conditionOf(json.when, around);
    return (moment) => (holds(moment) ? "in" : "out");
  }
  const otherwise = textOf(json.otherwise, "otherwise");
  const categories = listOf(json.categories, "categories").map((value): [string, Holds] => {
    const category = objectOf(value, "a category");
    return [textOf(category.id, "the id of a category"), conditionOf(category.when, around)];
  });
  return (moment) => categories.find(([, holds]) => holds(moment))?.[0] ?? otherwise;
}

function zoneOf(json: Json, workspace: Zone): ZoneChoice {
  const { zone } = json;
  if (zone === undefined || zone === "workspace") return workspace;
  if (zone === "customer") return "customer";
  const found = zoneNamed(textOf(zone, "the zone"));
  if (found === undefined) throw new Uninterpretable(`unknown zone ${zone}`);
  return found;
}

function dependentsOf(name: string, restsOn: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const found = new Set<string>();
  const visit = (of: string): void => {
    for (const [parent, rests] of restsOn) {
      if (!rests.has(of) || found.has(parent)) continue;
      found.add(parent);
      visit(parent);
    }
  };
  visit(name);
  return [...found];
}
