/** Cut points by SQL against core's, of the values that the stream has of random lives. */
import { afterAll, describe, expect, it } from "vitest";
import {
  buildPlan,
  type CustomerState,
  cutPoints,
  emptyCustomer,
  foldEvent,
  parseDefinitions,
  populationValue,
} from "../../core/src/index.ts";
import { type CutsRow, cutsQuery } from "../src/index.ts";
import { openArchive } from "./archive.ts";
import { archiveLives } from "./equal.ts";
import { sceneOf } from "./random-scene.ts";

const archive = openArchive();
afterAll(() => archive.close());

const documents = (subject: string) =>
  [
    { kind: "metric", id: "orders", count: "order.placed" },
    { kind: "metric", id: "spent", sum: "x", of: "order.placed" },
    { kind: "metric", id: "mean", average: "x", of: "b" },
    {
      ...{ kind: "scoring", id: "rfm", recency: { since: "last", of: "order.placed", quantiles: 5 } },
      ...{ frequency: { metric: "orders", quantiles: 4 }, monetary: { metric: "spent", quantiles: 9 } },
    },
    { kind: "segment", id: "best", when: { top: "12.5 percent", by: "mean" } },
    { kind: "segment", id: "least", when: { bottom: "30 percent", by: "spent" } },
  ].map((document) => ({ ...document, subject }));

describe("cut points of everybody", { timeout: 120_000 }, () => {
  it.each([800_000_001, 800_000_002, 800_000_004])(
    "given the lives of seed %i, then SQL finds the points that core finds",
    (seed) => {
      const scene = sceneOf(seed, { sets: 1, lives: 90, instants: 3 });
      const { definitions, faults } = parseDefinitions(documents(scene.subject));
      expect(faults).toEqual([]);
      const lives = archiveLives(archive, scene);
      const newest = lives.flatMap(({ life }) => life.records.map(({ occurredAt }) => occurredAt));
      const at = Math.max(...newest) + 86_400_000;
      const inputs = definitions.map((definition) => ({ definition, version: 1, filling: false }));
      const plan = buildPlan(inputs, { zone: scene.zone });
      const states = lives.map(({ life, admissions }): CustomerState => {
        const state = emptyCustomer(scene.subject, life.id);
        for (const { event } of admissions) if (event !== null) foldEvent(plan, state, event);
        return state;
      });
      expect(plan.cutRequests).toHaveLength(5);
      const query = cutsQuery(definitions, scene.subject, plan.cutRequests, {
        ...{ zone: scene.zone, at, hasMerges: false, settings: { max_threads: 1 } },
      });
      const [row] = archive.rows({ ...query, columns: {} }) as unknown as readonly CutsRow[];
      const found = row?.cuts.map(([subjects, points]) => [Number(subjects), points.map(Number)]);
      const wanted = plan.cutRequests.map(({ key, shares }) => {
        const values = states.flatMap((state) => populationValue(plan, state, key, at) ?? []);
        return [values.length, cutPoints(values, shares)];
      });
      expect(found).toEqual(wanted);
      expect(wanted.map(([size]) => Number(size)).filter((size) => size > 10).length).toBeGreaterThan(2);
    },
  );

  it("given nobody, then there are no points", () => {
    archive.fill({});
    const { definitions } = parseDefinitions(documents("customer"));
    const inputs = definitions.map((definition) => ({ definition, version: 1, filling: false }));
    const { cutRequests } = buildPlan(inputs, { zone: "UTC" });
    const query = cutsQuery(definitions, "customer", cutRequests, { zone: "UTC", at: 0, settings: {} });
    const [row] = archive.rows({ ...query, columns: {} }) as unknown as readonly CutsRow[];
    expect(row?.cuts.map(([subjects, points]) => [Number(subjects), points])).toEqual(
      cutRequests.map(() => [0, []]),
    );
  });
});
