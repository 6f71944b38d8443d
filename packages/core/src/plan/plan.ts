/**
 * The plan: definitions turned into the features to keep per customer and the conditions over them, with an index
 * from event names and attributes to the definitions that an event may change.
 */
import { type ZoneCalendar, zoneCalendar } from "../calendar/zone.ts";
import { notOf } from "../conditions/combinators.ts";
import { type Evaluate, type Evaluation, never } from "../conditions/condition.ts";
import { latched } from "../conditions/latch.ts";
import { hash48 } from "../customer.ts";
import type {
  Classification,
  Definition,
  Engagement,
  Mark,
  Metric,
  Scoring,
  Segment,
  SubjectKind,
} from "../definition/definition.ts";
import { type AttributeReaders, attributeReaders } from "./attribute-readers.ts";
import { type ConditionContext, compileCondition } from "./compile-condition.ts";
import { type CutBook, type CutRequest, type Cuts, cutBook, type PopulationValue } from "./cuts.ts";
import { type Dependencies, noDependencies } from "./dependencies.ts";
import { Due } from "./due.ts";
import { type Feature, type FeatureGroup, type FeatureRequests, featureBook } from "./feature-book.ts";
import { type CompiledEngagement, type CompiledMetric, type CompiledScoring, numbersOf } from "./numbers.ts";
import { type Readers, readersOf } from "./readers.ts";
import { activeInOrder, identitiesOf, nameOf } from "./references.ts";
import { hashedSlots, type SlotBook, type Slots, slotBook } from "./slots.ts";

export interface PlanInput {
  readonly definition: Definition;
  readonly version: number;
  /** Its features are not filled from history yet: it and all that rest on it emit nothing. */
  readonly filling: boolean;
  /** What the features are called that a sweep filled; those kept from the first event on are of generation 0. */
  readonly generation?: number;
}

/** What a sweep will bring: its features are kept beside, and nothing looks at them yet. */
export interface Beside {
  /** All definitions as they will be. */
  readonly inputs: readonly PlanInput[];
  readonly generation: number;
}

/** A segment or classification, compiled. */
export interface PlannedDefinition {
  readonly index: number;
  readonly kind: "segment" | "classification";
  readonly id: string;
  readonly version: number;
  readonly slot: number;
  /** The same in plans in which it answers the same, where these have the same `circumstances`. */
  readonly identity: string;
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
  readonly attributeReaders: AttributeReaders;
  /** Which definitions to look at; used by one event after the other. */
  readonly due: Due;
  readonly metrics: readonly CompiledMetric[];
  readonly scorings: readonly CompiledScoring[];
  readonly engagements: readonly CompiledEngagement[];
  /** By index of a definition: the latches it rests on, itself too, children before parents. */
  readonly latches: readonly (readonly number[])[];
  readonly cutRequests: readonly CutRequest[];
  /** By key of a request. */
  readonly populationValues: ReadonlyMap<string, PopulationValue>;
}

export interface Plan {
  /** JSON; hand it to the next `buildPlan` so that states packed by this plan still read. */
  readonly slots: Slots;
  /** Differs between plans that evaluate differently, whatever they keep beside that; 24 bits. */
  readonly fingerprint: number;
  /** The workspace's zone and the cuts. */
  readonly circumstances: string;
  readonly zone: ZoneCalendar;
  /** Whether transitions say when they would change again. */
  readonly forecasts: boolean;
  readonly subjects: Readonly<Record<SubjectKind, SubjectPlan>>;
  /** The quantiles of the population that its definitions need. */
  readonly cutRequests: readonly CutRequest[];
  /** Slots of all segments and classifications, those filling included: other memberships are dropped when packed. */
  readonly membershipSlots: ReadonlySet<number>;
  slotOf(name: string): number | undefined;
  nameAt(slot: number): string | undefined;
  /** Undefined for a definition the plan does not have. */
  status(kind: string, id: string): "active" | "filling" | undefined;
}

/**
 * `zone` is the workspace's IANA zone (RangeError where unknown); `slots` those of the plan before; `cuts` those in
 * force: without them scores by quantiles are missing, and `top` and `bottom` do not hold. `forecasts: false` leaves
 * `changesAt` out of transitions: half of what folding costs. `beside`: features to keep for a sweep under way; `keep`: for those
 * whom it has not reached.
 */
export function buildPlan(inputs: readonly PlanInput[], options: PlanOptions): Plan {
  return planOn(slotBook(options.slots), inputs, options);
}

/**
 * The plan that history is folded with for a sweep: its features and no definition. What `packFeatures` packs with it
 * reads by any such plan, whatever was added or left out.
 */
export function buildHistoryPlan(beside: Beside, zone: string): Plan {
  return planOn(hashedSlots(), [], { zone, beside, forecasts: false });
}

interface PlanOptions {
  readonly zone: string;
  readonly slots?: Slots;
  readonly cuts?: Cuts;
  /** How often they have moved. */
  readonly cutMoves?: number;
  readonly forecasts?: boolean;
  readonly beside?: Beside;
  /** Definitions whose features are kept though they are not in force any more. */
  readonly keep?: readonly PlanInput[];
}

function planOn(book: SlotBook, inputs: readonly PlanInput[], options: PlanOptions): Plan {
  const zone = zoneCalendar(options.zone);
  if (zone === undefined) throw new RangeError(`unknown zone ${options.zone}`);
  const active = activeInOrder(inputs);
  const { cuts = {}, cutMoves: moves } = options;
  const beside = options.beside && { ...options.beside, inputs: activeInOrder(options.beside.inputs) };
  const more = { beside, keep: activeInOrder(options.keep ?? []) };
  const planOf = (subject: SubjectKind) => subjectPlan(subject, active, zone, book, cutBook(cuts), more);
  const subjects = { customer: planOf("customer"), company: planOf("company") };
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
  const versions = active.map(versionOf);
  const cutEntries = Object.entries(cuts).sort();
  return {
    slots: book.slots,
    fingerprint: hash48(JSON.stringify([options.zone, versions, cutEntries, moves])) % 0x100_0000,
    circumstances: JSON.stringify([options.zone, cutEntries, moves]),
    zone,
    forecasts: options.forecasts ?? true,
    subjects,
    cutRequests: [...subjects.customer.cutRequests, ...subjects.company.cutRequests],
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

function versionOf({ definition, version, generation = 0 }: PlanInput): string {
  return `${nameOf(definition)}@${version}${generation === 0 ? "" : `/${generation}`}`;
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
  cuts: CutBook,
  { beside, keep }: { readonly beside: Beside | undefined; readonly keep: readonly PlanInput[] },
): SubjectPlan {
  const book = featureBook(subject, slots);
  const compiled = compileSubject(subject, active, workspace, slots, cuts, book.of);
  if (beside !== undefined) {
    const others = featureBook(subject, slotBook());
    const bookOf = (generation: number): FeatureRequests =>
      (generation === beside.generation ? book : others).of(generation);
    compileSubject(subject, beside.inputs, workspace, slotBook(), cutBook({}), bookOf);
  }
  if (keep.length > 0) compileSubject(subject, keep, workspace, slotBook(), cutBook({}), book.of);
  const { featureReaders, readersByPath, parents, ...rest } = compiled;
  const { features, groups } = book.finish();
  for (const feature of features)
    feature.readers.push(...withParents(featureReaders[feature.index] ?? new Set(), parents));
  const groupsByEvent = new Map<string, FeatureGroup[]>();
  for (const group of groups)
    groupsByEvent.set(group.event, [...(groupsByEvent.get(group.event) ?? []), group]);
  return {
    ...rest,
    features,
    featureBySlot: new Map(features.map((feature) => [feature.slot, feature])),
    groupsByEvent,
    attributeReaders: attributeReaders(
      new Map([...readersByPath].map(([path, readers]) => [path, new Set(withParents(readers, parents))])),
    ),
    due: new Due(rest.definitions.length),
    cutRequests: [...cuts.requests.values()],
    populationValues: cuts.values,
  };
}

/** What definitions are, before the features that they ask for are known. */
interface CompiledSubject
  extends Pick<SubjectPlan, "definitions" | "metrics" | "scorings" | "engagements" | "latches"> {
  /** By index of a feature: the definitions that read it. */
  readonly featureReaders: readonly ReadonlySet<number>[];
  readonly readersByPath: ReadonlyMap<string, ReadonlySet<number>>;
  readonly parents: readonly ReadonlySet<number>[];
}

function compileSubject(
  subject: SubjectKind,
  active: readonly PlanInput[],
  workspace: ZoneCalendar,
  slots: SlotBook,
  cuts: CutBook,
  bookOf: (generation: number) => FeatureRequests,
): CompiledSubject {
  const inputs = active.filter(
    ({ definition }) => definition.kind !== "automation" && definition.subject === subject,
  );
  const metrics = ofKind<Metric>(inputs, "metric");
  const scorings = ofKind<Scoring>(inputs, "scoring");
  const engagements = ofKind<Engagement>(inputs, "engagement");
  const answering = inputs.filter(
    ({ definition }) => definition.kind === "segment" || definition.kind === "classification",
  );
  const indexes = new Map(answering.map(({ definition }, index) => [nameOf(definition), index]));
  const generations = new Map(
    inputs.map(({ definition, generation = 0 }) => [nameOf(definition), generation]),
  );
  const bookFor = (name: string): FeatureRequests => bookOf(generations.get(name) ?? 0);
  const readersFor = (name: string): Readers => readersOf(bookFor(name), workspace);
  const numbers = numbersOf({ subject, readersFor, cuts, metrics, scorings, engagements });
  const indexOf = (name: string): number => indexes.get(name) ?? -1;
  const identities = identitiesOf(active);
  const contextOf = (name: string): ConditionContext => {
    return { subject, book: bookFor(name), cuts, readers: readersFor(name), numbers, indexOf };
  };

  const featureReaders: Set<number>[] = [];
  const readersByPath = new Map<string, Set<number>>();
  const parents: Set<number>[] = answering.map(() => new Set());
  const latches: number[][] = [];
  const definitions = answering.map(({ definition, version }, index): PlannedDefinition => {
    const needs = noDependencies();
    const context = contextOf(nameOf(definition));
    const planned = compileDefinition(definition as Segment | Classification, index, context, needs);
    for (const feature of needs.features) addTo(featureReaders, feature, index);
    for (const path of needs.attributes) {
      const readers = readersByPath.get(path) ?? new Set();
      readersByPath.set(path, readers.add(index));
    }
    for (const child of needs.definitions) parents[child]?.add(index);
    latches.push(latchesOf(definition as Segment | Classification, index, needs.definitions, latches));
    const { id, kind } = definition as Segment | Classification;
    const name = nameOf(definition);
    const identity = identities.get(name) ?? name;
    return { index, kind, id, version, slot: slots.slotOf(name), identity, ...planned };
  });
  const compiledMetrics = [...metrics.keys()].map((id) => numbers.metric(id));
  const compiledScorings = [...scorings.keys()].map((id) => numbers.scoring(id));
  const compiledEngagements = [...engagements.keys()].map((id) => numbers.engagement(id));
  return {
    definitions,
    metrics: compiledMetrics,
    scorings: compiledScorings,
    engagements: compiledEngagements,
    latches,
    featureReaders,
    readersByPath,
    parents,
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

/** Those of its children, each once and behind those that it rests on itself, and itself. */
function latchesOf(
  definition: Segment | Classification,
  index: number,
  children: ReadonlySet<number>,
  latches: readonly (readonly number[])[],
): number[] {
  const below = new Set([...children].flatMap((child) => latches[child] ?? []));
  if (definition.kind === "segment" && isLatch(definition)) below.add(index);
  return [...below];
}

function isLatch({ leave, stayMs }: Segment): boolean {
  return leave !== undefined || stayMs !== undefined;
}

function compileDefinition(
  definition: Segment | Classification,
  index: number,
  context: ConditionContext,
  needs: Dependencies,
): Pick<PlannedDefinition, "evaluate" | "markOf"> {
  if (definition.kind === "segment") {
    const holds = holdsOf(definition, index, context, needs);
    return {
      evaluate: (evaluation) => (holds(evaluation) ? "in" : "out"),
      markOf: (value) => (value === "in" ? definition.mark : undefined),
    };
  }
  const categories = definition.categories.map(({ id, when }) => ({
    id,
    holds: compileCondition(context, when, definition.zone, needs),
  }));
  const marks = new Map(definition.categories.map(({ id, mark }) => [id, mark]));
  return {
    evaluate: firstCategory(categories, definition.otherwise),
    markOf: (value) => marks.get(value),
  };
}

function holdsOf(segment: Segment, index: number, context: ConditionContext, needs: Dependencies): Evaluate {
  const { when, leave, stayMs, zone } = segment;
  const enter = compileCondition(context, when, zone, needs);
  if (!isLatch(segment)) return enter;
  const leaves = leave === undefined ? notOf(enter) : compileCondition(context, leave, zone, needs);
  return latched({ enter, leave: leaves, stayMs: stayMs ?? 0 }, (evaluation) => evaluation.held(index));
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
