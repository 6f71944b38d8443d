import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type {
  Aggregate,
  Condition,
  Definition,
  Engagement,
  Metric,
  Window,
} from "../src/definition/definition.ts";
import { buildPlan, changesAt, describeCustomer, evaluateDefinition, type FoldEvent } from "../src/index.ts";
import { denseDays, denseHistory, withLateOnes } from "./support/dense-history.ts";
import { metricValue } from "./support/naive/aggregate.ts";
import { pointsOf } from "./support/naive/engagement.ts";
import { membershipAt } from "./support/naive/holds.ts";
import { rounded } from "./support/naive/number.ts";
import type { NaivePlan } from "./support/naive/scene.ts";
import { flipAfter, lastScene } from "./support/naive/walk.ts";
import { day, hour } from "./support/random-history.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";
import { fold, newSubject, repack } from "./support/subject.ts";

tellRuns();

const common = (id: string) => ({ id, name: id, tags: [], subject: "customer" as const });
const a = { event: "a" };
const b = { event: "b" };

const rolling = fc
  .tuple(fc.constantFrom(5 * hour, 30 * hour, 3 * day, 20 * day), fc.constantFrom(0, 0, 1, 3 * hour))
  .map(([lastMs, endingBeforeMs]): Window => ({ type: "rolling", lastMs, endingBeforeMs }));

const functions = ["count", "sum", "average", "minimum", "maximum", "distinct"] as const;

function aggregateOf(name: Aggregate["function"], during: Window): Aggregate {
  if (name === "count") return { function: name, of: a, during };
  if (name === "distinct") return { function: name, of: a, during, path: ["lines", "sku"] };
  return { function: name, of: a, during, path: ["total"] };
}

const metrics = (during: Window): Metric[] =>
  functions.map((name) => ({
    kind: "metric",
    ...common(name),
    zone: "workspace",
    aggregate: aggregateOf(name, during),
  }));

const points: Engagement = {
  kind: "engagement",
  ...common("points"),
  points: [
    { of: a, weight: 10_000 },
    { of: b, weight: -5_000 },
  ],
  halfLifeMs: 3 * day,
};

/** Beyond caps: which of the newest 32 events of each step, which instants, which pairs. */
const conditionIn = (during: Window): fc.Arbitrary<Condition> =>
  fc.oneof(
    fc
      .tuple(
        fc.constantFrom(...functions),
        fc.constantFrom(3, 12.5, 20, 36, 60, 130),
        fc.constantFrom("above" as const, "atMost" as const),
      )
      .map(
        ([name, value, op]): Condition => ({
          op: "aggregate",
          aggregate: aggregateOf(name, during),
          compare: { op, value },
        }),
      ),
    fc
      .tuple(
        fc.array(fc.constantFrom(a, b), { minLength: 2, maxLength: 3 }),
        fc.constantFrom(null, 60_000, hour),
      )
      .map(([steps, withinMs]): Condition => ({ op: "sequence", steps, withinMs, during })),
    fc
      .constantFrom(1, 10, 40)
      .map(
        (value): Condition => ({ op: "engagement", engagement: "points", compare: { op: "atLeast", value } }),
      ),
    fc
      .constantFrom(hour, 9 * hour)
      .map((forMs): Condition => ({ op: "did", did: a, without: b, forMs, forgetMs: forMs + day })),
  );

const scenes = rolling.chain((during) =>
  fc.record({
    during: fc.constant(during),
    when: conditionIn(during),
    seed: fc.nat(),
    count: fc.integer({ min: 300, max: 420 }),
    lateEvery: fc.constantFrom(2, 7, 1_000),
    hours: fc.integer({ min: 0, max: 24 * denseDays }),
  }),
);

/** Changes are looked for up to the horizon. */
function planned(during: Window, when: Condition, horizon: number) {
  const definitions: Definition[] = [
    ...metrics(during),
    points,
    { kind: "segment", ...common("s"), zone: "workspace", when },
  ];
  const naive: NaivePlan = {
    definitions,
    zone: "UTC",
    subjectId: "1",
    horizon,
    scoreCuts: () => undefined,
    shareCut: () => undefined,
  };
  const plan = buildPlan(
    definitions.map((definition) => ({ definition, version: 1, filling: false })),
    { zone: "UTC" },
  );
  return { plan, naive };
}

describe("beyond what is kept exactly (rule 3), against a scan of all events", () => {
  it("given hundreds of events, some late, then at any later instant numbers, members and flips are the scan's with the caps (E2, P1)", () => {
    holdsAlways(
      fc.property(scenes, ({ during, when, seed, count, lateEvery, hours }) => {
        const events: FoldEvent[] = denseHistory(seed, count);
        const now = events.at(-1)!.occurredAt + hours * hour;
        const { plan, naive } = planned(during, when, now + 30 * hour);
        const subject = newSubject(plan, { subject: "customer", subjectId: "1" });
        fold(subject, withLateOnes(events, lateEvery));
        repack(subject);
        const scene = lastScene(naive, events, now);
        const seen = describeCustomer(plan, subject.state, now);
        for (const metric of metrics(during)) {
          const value = metricValue(metric, scene);
          expect([metric.id, seen.metrics[metric.id]]).toEqual([
            metric.id,
            value === undefined ? null : Number(rounded(value)) / 10_000,
          ]);
        }
        expect(seen.engagements.points).toBe(Number(rounded(pointsOf(points, scene.known, now))) / 10_000);
        const answer = evaluateDefinition(plan, subject.state, "segment", "s", now)!;
        expect(answer.value).toBe(membershipAt(scene, "segment", "s"));
        const flip = flipAfter(scene, "segment", "s");
        const change = changesAt(plan, subject.state, "segment", "s", now);
        if (change !== null && change <= naive.horizon) expect(change).toBe(flip);
        else if (when.op !== "engagement") expect(flip).toBe(null);
      }),
      24,
    );
  });
});
