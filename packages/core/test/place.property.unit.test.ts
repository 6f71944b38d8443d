import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Condition, Segment } from "../src/definition/definition.ts";
import { buildPlan, emptyCustomer, foldEvent } from "../src/index.ts";
import { distanceMetres, murmurHash3 } from "./support/naive/place.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";

tellRuns();

function segment(id: string, when: Condition): Segment {
  return { kind: "segment", id, name: id, tags: [], subject: "customer", zone: "workspace", when };
}

/** Ids of the conditions that hold for a customer with these attributes. */
function membersOf(
  conditions: Readonly<Record<string, Condition>>,
  subjectId: string,
  attributes: Record<string, unknown>,
) {
  const inputs = Object.entries(conditions).map(([id, when]) => ({
    definition: segment(id, when),
    version: 1,
    filling: false,
  }));
  const plan = buildPlan(inputs, { zone: "UTC" });
  const event = { occurredAt: 0, partition: 0, offset: 0, contributions: [], attributes };
  return foldEvent(plan, emptyCustomer("customer", subjectId), event).map(({ id }) => id);
}

const degrees = (most: number) =>
  fc.oneof(
    fc.double({ min: -most, max: most, noNaN: true }),
    fc.constantFrom(0, most, -most, most - 0.000_001),
    fc.integer({ min: -most * 1_000, max: most * 1_000 }).map((thousandths) => thousandths / 1_000),
  );
const place = fc.tuple(degrees(90), degrees(180));
/** Some near each other. */
const places = place.chain(([latitude, longitude]) =>
  fc.tuple(
    fc.constant([latitude, longitude] as const),
    fc.oneof(
      place,
      fc
        .tuple(
          fc.double({ min: -0.5, max: 0.5, noNaN: true }),
          fc.double({ min: -0.5, max: 0.5, noNaN: true }),
        )
        .map(([north, east]): [number, number] => [
          Math.max(-90, Math.min(90, latitude + north)),
          Math.max(-180, Math.min(180, longitude + east)),
        ]),
    ),
  ),
);

describe("places and buckets, against other formulas", () => {
  it("given two places, then one is near the other from their distance in whole metres on", () => {
    holdsAlways(
      fc.property(places, fc.boolean(), ([centre, home], listed) => {
        const metres = distanceMetres(centre, home);
        const near = (withinMetres: number): Condition => ({
          op: "near",
          path: ["home"],
          latitude: centre[0],
          longitude: centre[1],
          withinMetres,
        });
        const given = listed ? [...home] : { lat: home[0], lon: home[1] };
        const inside = membersOf(
          { at: near(Math.max(1, metres)), less: near(Math.max(1, metres - 1)) },
          "1",
          {
            home: given,
          },
        );
        expect(inside).toEqual(metres < 2 ? ["at", "less"] : ["at"]);
      }),
      500,
    );
  });

  it("given any name and customer, then exactly one of adjacent ranges has it, the one of its hash", () => {
    const bounds = fc
      .uniqueArray(fc.integer({ min: 1, max: 999_999 }), { maxLength: 8 })
      .map((inner) => [0, ...inner.sort((a, b) => a - b), 1_000_000]);
    holdsAlways(
      fc.property(
        fc.string({ unit: "grapheme" }),
        fc.string({ unit: "binary", minLength: 1 }),
        bounds,
        (name, id, edges) => {
          const bucket = Number((murmurHash3(`${name}:${id}`) * 1_000_000n) / 2n ** 32n);
          const ranges = Object.fromEntries(
            edges
              .slice(1)
              .map((to, index): [string, Condition] => [
                `r${index}`,
                { op: "split", of: name, from: edges[index]! / 10_000, to: to / 10_000 },
              ]),
          );
          const expected = edges.filter((edge) => edge <= bucket).length - 1;
          expect(membersOf(ranges, id, { any: 1 })).toEqual([`r${expected}`]);
        },
      ),
      250,
    );
  });
});
