import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Definition, Scoring } from "../src/definition/definition.ts";
import { buildPlan, cutPoints, describeCustomer, populationValue } from "../src/index.ts";
import { populationValue as naivePopulationValue } from "./support/naive/aggregate.ts";
import { membershipAt } from "./support/naive/holds.ts";
import { remembered } from "./support/naive/knowledge.ts";
import { rounded } from "./support/naive/number.ts";
import { quantile } from "./support/naive/quantile.ts";
import { definitionOf, type NaivePlan, type Scene } from "./support/naive/scene.ts";
import { scoresOf } from "./support/naive/score.ts";
import { lastScene } from "./support/naive/walk.ts";
import { metricIds } from "./support/random-conditions.ts";
import { end, wholeDefinitions } from "./support/random-definitions.ts";
import { begin, day, history } from "./support/random-history.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";
import { fold, newSubject, pass } from "./support/subject.ts";

tellRuns();

/** In hundredths of a percent. */
const shares = [1, 500, 2_500, 3_333, 9_999];

describe("cuts of a population", () => {
  it("given whole values in any order, then cuts are quantiles of type 7, halves up", () => {
    const values = fc.array(
      fc.oneof(
        fc.integer({ min: -50, max: 50 }),
        fc.maxSafeInteger().map((value) => Math.floor(value / 4)),
      ),
      { maxLength: 40 },
    );
    const parts = fc.integer({ min: 2, max: 9 });
    holdsAlways(
      fc.property(values, parts, fc.integer({ min: 1, max: 9_999 }), (given, count, hundredths) => {
        const equal = Array.from({ length: count - 1 }, (_, index) => index + 1);
        const expected = (over: number, under: number) => {
          const cut = quantile(given, over, under);
          return cut === undefined ? [] : [cut];
        };
        expect(
          cutPoints(
            given,
            equal.map((part) => part / count),
          ),
        ).toEqual(equal.flatMap((part) => expected(part, count)));
        expect(cutPoints(given, [hundredths / 10_000])).toEqual(expected(hundredths, 10_000));
        expect(cutPoints(given, [1 - hundredths / 10_000])).toEqual(expected(10_000 - hundredths, 10_000));
      }),
      500,
    );
  });

  it("given the customers of a population, then who is in it, the cuts, scores, top and bottom are the scan's (rule 12)", () => {
    const people = fc.array(history, { minLength: 1, maxLength: 7 });
    holdsAlways(
      fc.property(wholeDefinitions, people, fc.integer({ min: 0, max: 130 }), (given, histories, days) => {
        const { subject, zone } = given;
        const sides: Definition[] = metricIds.flatMap((metric) =>
          shares.flatMap((share) =>
            (["top", "bottom"] as const).map(
              (op): Definition => ({
                kind: "segment",
                id: `${op}-${metric}-${share}`,
                name: op,
                tags: [],
                subject,
                zone: "workspace",
                when: { op, metric, share: share / 10_000 },
              }),
            ),
          ),
        );
        const definitions = [...given.definitions, ...sides];
        const inputs = definitions.map((definition) => ({ definition, version: 1, filling: false }));
        const asked = buildPlan(inputs, { zone });
        const now = begin + days * day;
        const known = histories
          .map((events) => events.filter(({ occurredAt }) => occurredAt <= now))
          .filter((events) => events.length > 0);

        // The naive side works out its own cuts from its own values.
        const uncut: NaivePlan = {
          definitions,
          zone,
          subjectId: "1",
          horizon: end,
          scoreCuts: () => undefined,
          shareCut: () => undefined,
        };
        const scenes = known.map((events) => lastScene(uncut, events, now));
        const card = definitionOf(uncut, "scoring", "k0");
        const naive: NaivePlan = {
          ...uncut,
          scoreCuts(_, part) {
            const rule = card.parts[part]!;
            const count = rule.cuts.type === "quantiles" ? rule.cuts.parts : 1;
            const values = scenes.flatMap((scene) => scored(card, part, scene));
            return values.length === 0
              ? undefined
              : Array.from({ length: count - 1 }, (__, index) => quantile(values, index + 1, count)!);
          },
          shareCut: (id, share) =>
            quantile(
              scenes.flatMap((scene) => numberOf(scene, id)),
              Math.round(share * 10_000),
              10_000,
            ),
        };

        const lives = known.map((events) => {
          const life = newSubject(asked, given);
          fold(life, events);
          pass(life, now);
          return life;
        });
        const cuts = asked.cutRequests.map(({ key, shares: wanted }) => {
          const values = lives.flatMap(({ state }) => populationValue(asked, state, key, now) ?? []);
          const [kind, id, part] = key.split("/") as [string, string, keyof Scoring["parts"]];
          const expected = scenes.flatMap((scene) =>
            kind === "scoring" ? scored(card, part, scene) : numberOf(scene, id),
          );
          expect([key, values]).toEqual([key, expected]);
          return [key, cutPoints(values, wanted)];
        });
        const plan = buildPlan(inputs, { zone, slots: asked.slots, cuts: Object.fromEntries(cuts) });
        known.forEach((events, index) => {
          const seen = describeCustomer(plan, lives[index]!.state, now);
          const scene = lastScene(naive, events, now);
          expect(seen.scores.k0).toEqual(scoresOf("k0", scene));
          const isIn = ({ id }: { readonly id: string }): boolean =>
            membershipAt(scene, "segment", id) === "in";
          expect(
            seen.segments
              .map(({ id }) => id)
              .filter((id) => /^(top|bottom)/.test(id))
              .sort(),
          ).toEqual(
            sides
              .filter(isIn)
              .map(({ id }) => id)
              .sort(),
          );
        });
      }),
      100,
    );
  });
});

function numberOf(scene: Scene, metric: string): number[] {
  const value = naivePopulationValue(definitionOf(scene.plan, "metric", metric), scene);
  return value === undefined ? [] : [Number(rounded(value))];
}

/** In units of 1/10,000 of the metric's number, or of a second. */
function scored(card: Scoring, part: keyof Scoring["parts"], scene: Scene): number[] {
  const { value } = card.parts[part]!;
  if (value.type === "metric") return numberOf(scene, value.metric);
  const occurrence = remembered(scene.known, value.of).at(value.edge === "first" ? 0 : -1);
  return occurrence === undefined ? [] : [(scene.t - occurrence.at) * 10];
}
