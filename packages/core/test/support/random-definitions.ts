/** Random sets of definitions of every kind that name each other, and the population's cuts that they need. */
import fc from "fast-check";
import type {
  Classification,
  Condition,
  Definition,
  Engagement,
  List,
  Metric,
  ScoreCuts,
  ScorePart,
  ScoreRule,
  Scoring,
  Segment,
  SubjectKind,
  Zone,
} from "../../src/definition/definition.ts";
import { buildPlan, type Plan, type Slots } from "../../src/index.ts";
import { zoneNames } from "./naive/calendar.ts";
import type { NaivePlan } from "./naive/scene.ts";
import { aggregate, categoryIds, conditionAfter, metricIds, segmentIds } from "./random-conditions.ts";
import { begin, day, hour } from "./random-history.ts";

/** The last instant that tests look at. */
export const end = begin + 200 * day;

export interface RandomDefinitions {
  readonly definitions: readonly Definition[];
  readonly subject: SubjectKind;
  readonly subjectId: string;
  /** The workspace's. */
  readonly zone: string;
  /** Where the cuts of the population are taken from, in whole numbers; null where none are in force. */
  readonly cutSeeds: readonly number[] | null;
}

const labels = (id: string) => ({ id, name: id, tags: [] });

const zone: fc.Arbitrary<Zone> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Zone>("workspace") },
  fc.constant<Zone>("customer"),
  fc.constantFrom(...zoneNames).map((name): Zone => ({ name })),
);

function metric(id: string): fc.Arbitrary<Metric> {
  return fc
    .record({ aggregate, zone })
    .map((given): Metric => ({ kind: "metric", ...labels(id), subject: "customer", ...given }));
}

const selector = fc.constantFrom("a", "b").map((event) => ({ event }));

const engagement: fc.Arbitrary<Engagement> = fc
  .record({
    points: fc.array(
      fc.record({ of: selector, weight: fc.constantFrom(10_000, 100_000, 5_000, -20_000, 12_345) }),
      { minLength: 1, maxLength: 2 },
    ),
    halfLifeMs: fc.constantFrom(hour, day, 7 * day, 30 * day, 30 * day + 1),
  })
  .map((given): Engagement => ({ kind: "engagement", ...labels("p0"), subject: "customer", ...given }));

function cuts(bounds: readonly number[]): fc.Arbitrary<ScoreCuts> {
  return fc.oneof(
    fc
      .subarray([...bounds], { minLength: 1, maxLength: 3 })
      .map((chosen): ScoreCuts => ({ type: "thresholds", bounds: chosen })),
    fc.integer({ min: 2, max: 4 }).map((parts): ScoreCuts => ({ type: "quantiles", parts })),
  );
}

const sinceRule: fc.Arbitrary<ScoreRule> = fc
  .tuple(
    fc.constantFrom("first" as const, "last" as const),
    selector,
    cuts([hour, 3 * day, 10 * day, 40 * day]),
  )
  .map(([edge, of, given]) => ({ value: { type: "since", edge, of }, cuts: given }));
const metricRule: fc.Arbitrary<ScoreRule> = fc
  .tuple(fc.constantFrom(...metricIds), cuts([0, 10_000, 20_000, 125_000, 400_000]))
  .map(([id, given]) => ({ value: { type: "metric", metric: id }, cuts: given }));

const scoring: fc.Arbitrary<Scoring> = fc
  .record({ recency: sinceRule, frequency: metricRule, monetary: fc.oneof(metricRule, sinceRule) })
  .map(
    (parts): Scoring => ({ kind: "scoring", ...labels("k0"), subject: "customer", zone: "workspace", parts }),
  );

const list: List = { kind: "list", ...labels("l0"), subject: "customer" };

type Rule = Pick<Segment, "when" | "leave" | "stayMs">;

const plainRule = (condition: fc.Arbitrary<Condition>): fc.Arbitrary<Rule> => fc.record({ when: condition });

/** A segment that holds on to its members: `when` and `stay`, `enter` and `leave`, or all three. */
function latchedRule(condition: fc.Arbitrary<Condition>): fc.Arbitrary<Rule> {
  const stayMs = fc.constantFrom(36 * hour, 10 * day, 30 * day);
  return fc.oneof(
    fc.record({ when: condition, stayMs }),
    fc.record({ when: condition, leave: condition }),
    fc.record({ when: condition, leave: condition, stayMs }),
  );
}

function segment(id: string, rule: fc.Arbitrary<Rule>): fc.Arbitrary<Segment> {
  return fc.tuple(rule, zone).map(
    ([given, inZone]): Segment => ({
      kind: "segment",
      ...labels(id),
      subject: "customer",
      zone: inZone,
      ...given,
    }),
  );
}

function classification(condition: fc.Arbitrary<Condition>): fc.Arbitrary<Classification> {
  const [high, low, rest] = categoryIds;
  return fc.tuple(condition, condition, zone).map(
    ([first, second, inZone]): Classification => ({
      kind: "classification",
      ...labels("c0"),
      subject: "customer",
      zone: inZone,
      categories: [
        { id: high, name: high, when: first },
        { id: low, name: low, when: second },
      ],
      otherwise: rest,
    }),
  );
}

/** Those that are asked for and what they name, or `all`. */
function randomDefinitions(latches: boolean, all = false): fc.Arbitrary<RandomDefinitions> {
  const rule = (condition: fc.Arbitrary<Condition>): fc.Arbitrary<Rule> =>
    latches
      ? fc.oneof({ weight: 2, arbitrary: plainRule(condition) }, latchedRule(condition))
      : plainRule(condition);
  const [s0, s1, s2] = segmentIds;
  const made = fc.tuple(
    ...metricIds.map(metric),
    engagement,
    scoring,
    fc.constant(list),
    segment(s0, rule(conditionAfter(0))),
    segment(s1, rule(conditionAfter(1))),
    classification(conditionAfter(2)),
    segment(s2, rule(conditionAfter(2, true))),
  );
  return fc
    .record({
      made,
      asked: fc.subarray(["segment/s0", "segment/s1", "segment/s2", "classification/c0"], { minLength: 1 }),
      subject: fc.constantFrom<SubjectKind>("customer", "customer", "company"),
      subjectId: fc.constantFrom("1", "k-17", "ü:7"),
      zone: fc.constantFrom(...zoneNames),
      cutSeeds: fc.option(fc.array(fc.integer({ min: -3, max: 40 }), { minLength: 3, maxLength: 6 }), {
        freq: 6,
        nil: null,
      }),
    })
    .map(({ made: given, asked, subject, ...rest }) => ({
      ...rest,
      subject,
      definitions: (all ? [...given] : withWhatTheyName(given, asked)).map((definition) => ({
        ...definition,
        subject,
      })),
    }));
}

export const definitionsWithoutLatches = randomDefinitions(false);
export const definitions = randomDefinitions(true);
/** Every one that a condition may name. */
export const wholeDefinitions = randomDefinitions(false, true);

const naming = ["metric", "scoring", "engagement", "list", "segment", "classification"] as const;

/** Parents first, as people may write them. */
function withWhatTheyName(all: readonly Definition[], asked: readonly string[]): Definition[] {
  const wanted = new Set(asked);
  const kept = [...all].reverse().filter((definition) => {
    if (!wanted.has(`${definition.kind}/${definition.id}`)) return false;
    for (const name of namesIn(definition)) wanted.add(name);
    return true;
  });
  return kept;
}

/** Every `kind/id` named anywhere inside. */
function namesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const given = value as Readonly<Record<string, unknown>>;
  const found = Object.values(given).flatMap(namesIn);
  for (const kind of naming) if (typeof given[kind] === "string") found.push(`${kind}/${given[kind]}`);
  if (given.op === "lapsing") found.push(`segment/${given.segment}`);
  if (given.op === "ratio") found.push(`metric/${given.of}`, `metric/${given.to}`);
  return found;
}

export function planOf(given: RandomDefinitions, slots?: Slots): Plan {
  const inputs = given.definitions.map((definition) => ({ definition, version: 1, filling: false }));
  const earlier = slots === undefined ? {} : { slots };
  const asked = buildPlan(inputs, { zone: given.zone, ...earlier });
  return buildPlan(inputs, { zone: given.zone, cuts: cutsOf(given, asked), ...earlier });
}

/** Those that a plan of these definitions needs. */
export function cutsOf(
  { cutSeeds, definitions: given }: RandomDefinitions,
  plan: Plan,
): Record<string, number[]> {
  if (cutSeeds === null) return {};
  const card = given.find((definition) => definition.kind === "scoring");
  const cutsOfKey = (key: string, count: number): number[] => {
    const part = key.split("/")[2] as ScorePart;
    const isTime = key.startsWith("scoring/") && card?.parts[part]?.value.type === "since";
    const seeds = Array.from(
      { length: count },
      (_, index) => cutSeeds[(key.length + index) % cutSeeds.length]!,
    );
    // Of days and a little (1/10,000 s), or of halves (1/10,000).
    return seeds
      .map((seed) => (isTime ? Math.abs(seed) * 864_000_000 + seed : seed * 5_000))
      .sort((a, b) => a - b);
  };
  return Object.fromEntries(plan.cutRequests.map(({ key, shares }) => [key, cutsOfKey(key, shares.length)]));
}

/** The same for the naive scan. */
export function naivePlanOf(given: RandomDefinitions, plan: Plan): NaivePlan {
  const cuts = cutsOf(given, plan);
  return {
    definitions: given.definitions,
    zone: given.zone,
    subjectId: given.subjectId,
    horizon: end,
    scoreCuts: (id, part) => cuts[`scoring/${id}/${part}`],
    shareCut: (id, share) => {
      const near = plan.cutRequests.find(
        ({ key, shares }) => key.startsWith(`metric/${id}/`) && Math.abs((shares[0] ?? 0) - share) < 1e-9,
      );
      return near && cuts[near.key]?.[0];
    },
  };
}
