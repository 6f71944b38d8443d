/** One subject at one instant, with all that is known of it by then. */
import type {
  Classification,
  Definition,
  Engagement,
  Metric,
  ScorePart,
  Scoring,
  Segment,
  Zone,
} from "../../../src/definition/definition.ts";
import { isZone } from "./calendar.ts";
import { attributeOf, type Knowledge } from "./knowledge.ts";

export interface NaivePlan {
  readonly definitions: readonly Definition[];
  /** The workspace's. */
  readonly zone: string;
  readonly subjectId: string;
  /** Instants after this are of no interest. */
  readonly horizon: number;
  /** Of a part of a score card, in units of 1/10,000 of a metric or of a second; undefined where none are in force. */
  scoreCuts(scoring: string, part: ScorePart): readonly number[] | undefined;
  /** The quantile of a metric at a share of the population, in units. */
  shareCut(metric: string, share: number): number | undefined;
}

/** What a latch remembers: since when the subject is in the segment. Absent where it is not. */
export type Latches = ReadonlyMap<string, number>;

export interface Scene {
  readonly plan: NaivePlan;
  readonly known: Knowledge;
  readonly t: number;
  /** As they stood before this instant. */
  readonly latches: Latches;
  /** Memberships at this instant, by `kind/id`: worked out once. */
  readonly memberships: Map<string, string>;
}

export function sceneAt(plan: NaivePlan, known: Knowledge, t: number, latches: Latches): Scene {
  return { plan, known, t, latches, memberships: new Map() };
}

/** The zone whose calendar decides for a definition. */
export function zoneIn({ plan, known }: Scene, zone: Zone): string {
  if (zone === "workspace") return plan.zone;
  if (zone !== "customer") return zone.name;
  const own = attributeOf(known, ["zone"]);
  return isZone(own) ? own : plan.zone;
}

interface OfKind {
  readonly metric: Metric;
  readonly segment: Segment;
  readonly classification: Classification;
  readonly scoring: Scoring;
  readonly engagement: Engagement;
}

export function definitionOf<Kind extends keyof OfKind>(
  { definitions }: NaivePlan,
  kind: Kind,
  id: string,
): OfKind[Kind] {
  const found = definitions.find((definition) => definition.kind === kind && definition.id === id);
  if (found === undefined) throw new RangeError(`no ${kind}/${id}`);
  return found as OfKind[Kind];
}

/** Segments and classifications, the only ones with members. */
export function withMembers({ definitions }: NaivePlan): (Segment | Classification)[] {
  return definitions.filter(
    (definition): definition is Segment | Classification =>
      definition.kind === "segment" || definition.kind === "classification",
  );
}

/** How long it stays at least, in ms. */
export function stayOf(definition: Definition): number {
  return definition.kind === "segment" ? (definition.stayMs ?? 0) : 0;
}

export function isLatch(definition: Definition): boolean {
  return definition.kind === "segment" && (definition.leave !== undefined || definition.stayMs !== undefined);
}
