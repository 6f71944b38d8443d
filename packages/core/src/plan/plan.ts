/**
 * The plan: definitions turned into the features to keep per customer and the conditions over them, with an index
 * from event names and attributes to the definitions that an event may change.
 */
import { type ZoneCalendar, zoneCalendar } from "../calendar/zone.ts";
import { type Evaluate, type Evaluation, never } from "../conditions/condition.ts";
import { hash48 } from "../customer.ts";
import type {
  Classification,
  Definition,
  Mark,
  Metric,
  Scoring,
  Segment,
  SubjectKind,
} from "../definition/definition.ts";
import { type CompiledMetric, type CompiledScoring, compiler, noDependencies } from "./compiler.ts";
import { type Feature, type FeatureGroup, featureBook } from "./feature-book.ts";
import { activeInOrder, nameOf } from "./references.ts";
import { type SlotBook, type Slots, slotBook } from "./slots.ts";

export interface PlanInput {
  readonly definition: Definition;
  readonly version: number;
  /** Its features are not filled from history yet: it and all that rest on it emit nothing. */
  readonly filling: boolean;
}

/** A segment or classification, compiled. */
export interface PlannedDefinition {
  readonly index: number;
  readonly kind: "segment" | "classification";
  readonly id: string;
  readonly version: number;
  readonly slot: number;
  /** `in` / `out`, or a category; sets `until`. */
  readonly evaluate: (evaluation: Evaluation) => string;
  markOf(value: string): Mark | undefined;
}

/** What concerns one kind of subject. */
export interface SubjectPlan {
  /** Children before parents. */
  readonly definitions: readonly PlannedDefinition[];
  readonly features: readonly Feature[];
  readonly featureBySlot: ReadonlyMap<number, Feature>;
  readonly groupsByEvent: ReadonlyMap<string, readonly FeatureGroup[]>;
  /** Indexes of the definitions that read each attribute, by dotted path. */
  readonly attributeReaders: ReadonlyMap<string, readonly number[]>;
  readonly metrics: readonly CompiledMetric[];
  readonly scorings: readonly CompiledScoring[];
}

export interface Plan {
  /** JSON; hand it to the next `buildPlan` so that states packed by this plan still read. */
  readonly slots: Slots;
  /** Differs between plans that evaluate differently; 24 bits. */
  readonly fingerprint: number;
  readonly zone: ZoneCalendar;
  readonly subjects: Readonly<Record<SubjectKind, SubjectPlan>>;
  /** Slots of all segments and classifications, those filling included: other memberships are dropped when packed. */
  readonly membershipSlots: ReadonlySet<number>;
  slotOf(name: string): number | undefined;
  nameAt(slot: number): string | undefined;
  /** Undefined for a definition the plan does not have. */
  status(kind: string, id: string): "active" | "filling" | undefined;
}

/** `zone` is the workspace's IANA zone (RangeError where unknown); `slots` those of the plan before. */
export function buildPlan(
  inputs: readonly PlanInput[],
  options: { readonly zone: string; readonly slots?: Slots },
): Plan {
  const zone = zoneCalendar(options.zone);
  if (zone === undefined) throw new RangeError(`unknown zone ${options.zone}`);
  const book = slotBook(options.slots);
  const active = activeInOrder(inputs);
  const subjects = {
    customer: subjectPlan("customer", active, zone, book),
    company: subjectPlan("company", active, zone, book),
  };
  const names = new Set(active.map(({ definition }) => nameOf(definition)));
  const all = new Set(inputs.map(({ definition }) => nameOf(definition)));
  const membershipSlots = new Set<number>();
  for (const { definition } of inputs) {
    if (definition.kind !== "segment" && definition.kind !== "classification") continue;
    const name = nameOf(definition);
    membershipSlots.add(book.slotOf(name));
    if (definition.kind !== "classification") continue;
    for (const { id } of definition.categories) book.slotOf(categoryName(name, id));
    book.slotOf(categoryName(name, definition.otherwise));
  }
  const nameBySlot = new Map(Object.entries(book.slots).map(([name, slot]) => [slot, name]));
  const versions = active.map(({ definition, version }) => `${nameOf(definition)}@${version}`);
  return {
    slots: book.slots,
    fingerprint: hash48(JSON.stringify([options.zone, versions])) % 0x100_0000,
    zone,
    subjects,
    membershipSlots,
    slotOf: (name) => book.slots[name],
    nameAt: (slot) => nameBySlot.get(slot),
    status(kind, id) {
      const name = `${kind}/${id}`;
      if (names.has(name)) return "active";
      return all.has(name) ? "filling" : undefined;
    },
  };
}

/** What a category is called among the slots. */
export function categoryName(classification: string, category: string): string {
  return `category/${classification}/${category}`;
}

function subjectPlan(
  subject: SubjectKind,
  active: readonly PlanInput[],
  workspace: ZoneCalendar,
  slots: SlotBook,
): SubjectPlan {
  const inputs = active.filter(
    ({ definition }) => definition.kind !== "automation" && definition.subject === subject,
  );
  const metrics = ofKind<Metric>(inputs, "metric");
  const scorings = ofKind<Scoring>(inputs, "scoring");
  const answering = inputs.filter(
    ({ definition }) => definition.kind === "segment" || definition.kind === "classification",
  );
  const indexes = new Map(answering.map(({ definition }, index) => [nameOf(definition), index]));
  const book = featureBook(subject, slots);
  const compile = compiler({
    book,
    workspace,
    metrics,
    scorings,
    indexOf: (name) => indexes.get(name) ?? -1,
  });

  const featureReaders: Set<number>[] = [];
  const attributeReaders = new Map<string, Set<number>>();
  const parents: Set<number>[] = answering.map(() => new Set());
  const definitions = answering.map(({ definition, version }, index): PlannedDefinition => {
    const needs = noDependencies();
    const planned = compileDefinition(definition as Segment | Classification, compile, needs);
    for (const feature of needs.features) addTo(featureReaders, feature, index);
    for (const path of needs.attributes) {
      const readers = attributeReaders.get(path) ?? new Set();
      attributeReaders.set(path, readers.add(index));
    }
    for (const child of needs.definitions) parents[child]?.add(index);
    const { id, kind } = definition as Segment | Classification;
    return { index, kind, id, version, slot: slots.slotOf(nameOf(definition)), ...planned };
  });
  const compiledMetrics = [...metrics.keys()].map((id) => compile.metric(id));
  const compiledScorings = [...scorings.keys()].map((id) => compile.scoring(id));
  const { features, groups } = book.finish();
  for (const feature of features)
    feature.readers.push(...withParents(featureReaders[feature.index] ?? new Set(), parents));
  const groupsByEvent = new Map<string, FeatureGroup[]>();
  for (const group of groups)
    groupsByEvent.set(group.event, [...(groupsByEvent.get(group.event) ?? []), group]);
  return {
    definitions,
    features,
    featureBySlot: new Map(features.map((feature) => [feature.slot, feature])),
    groupsByEvent,
    attributeReaders: new Map(
      [...attributeReaders].map(([path, readers]) => [path, withParents(readers, parents)]),
    ),
    metrics: compiledMetrics,
    scorings: compiledScorings,
  };
}

function ofKind<Kind extends Definition>(
  inputs: readonly PlanInput[],
  kind: Kind["kind"],
): Map<string, Kind> {
  const found = new Map<string, Kind>();
  for (const { definition } of inputs)
    if (definition.kind === kind) found.set(definition.id, definition as Kind);
  return found;
}

function addTo(lists: Set<number>[], place: number, value: number): void {
  const list = lists[place] ?? new Set();
  lists[place] = list.add(value);
}

/** Ascending, so children come before parents. */
function withParents(readers: ReadonlySet<number>, parents: readonly ReadonlySet<number>[]): number[] {
  const all = new Set(readers);
  for (const reader of all) for (const parent of parents[reader] ?? []) all.add(parent);
  return [...all].sort((a, b) => a - b);
}

function compileDefinition(
  definition: Segment | Classification,
  compile: ReturnType<typeof compiler>,
  needs: ReturnType<typeof noDependencies>,
): Pick<PlannedDefinition, "evaluate" | "markOf"> {
  if (definition.kind === "segment") {
    const holds = compile.condition(definition.when, definition.zone, needs);
    return {
      evaluate: (evaluation) => (holds(evaluation) ? "in" : "out"),
      markOf: (value) => (value === "in" ? definition.mark : undefined),
    };
  }
  const categories = definition.categories.map(({ id, when }) => ({
    id,
    holds: compile.condition(when, definition.zone, needs),
  }));
  const marks = new Map(definition.categories.map(({ id, mark }) => [id, mark]));
  return {
    evaluate: firstCategory(categories, definition.otherwise),
    markOf: (value) => marks.get(value),
  };
}

/** The first category that holds. It stays so until it ceases to hold or one before it begins to. */
function firstCategory(
  categories: readonly { readonly id: string; readonly holds: Evaluate }[],
  otherwise: string,
): (evaluation: Evaluation) => string {
  return (evaluation) => {
    let until = never;
    for (const { id, holds } of categories) {
      const found = holds(evaluation);
      until = Math.min(until, evaluation.until);
      if (!found) continue;
      evaluation.until = until;
      return id;
    }
    evaluation.until = until;
    return otherwise;
  };
}
