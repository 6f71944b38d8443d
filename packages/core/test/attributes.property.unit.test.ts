import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attributeAt } from "../src/features/attributes.ts";
import {
  buildPlan,
  describeCustomer,
  emptyCustomer,
  foldEvent,
  packCustomer,
  unpackCustomer,
} from "../src/index.ts";

type Patch = { readonly [key: string]: unknown };

const key = fc.constantFrom("a", "b", "c");
const patch: fc.Arbitrary<Patch> = fc.letrec<{ node: Patch }>((tie) => ({
  node: fc.dictionary(
    key,
    fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom<unknown>(1, "x", null, ["l"]),
      tie("node"),
    ),
    { maxKeys: 2 },
  ),
})).node;

const isObject = (value: unknown): value is Patch =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** RFC 7396, section 2. */
function mergePatch(target: unknown, given: unknown): unknown {
  if (!isObject(given)) return given;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(given)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

/** Objects in which nothing is set are not there. */
function withoutEmpty(value: unknown): unknown {
  if (!isObject(value)) return value;
  const kept = Object.entries(value).flatMap(([name, inner]) => {
    const given = withoutEmpty(inner);
    return given === undefined ? [] : [[name, given]];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

describe("attributes", () => {
  it("given patches that come in any order, then they are what RFC 7396 makes of them in order of time", () => {
    const plan = buildPlan([], { zone: "UTC" });
    fc.assert(
      fc.property(
        fc.array(patch, { maxLength: 5 }).chain((patches) =>
          fc.record({
            patches: fc.constant(patches),
            order: fc.shuffledSubarray([...patches.keys()], { minLength: patches.length }),
          }),
        ),
        ({ patches, order }) => {
          let state = emptyCustomer("customer", "ann");
          for (const place of order) {
            const attributes = patches[place]!;
            foldEvent(plan, state, {
              occurredAt: 1_000 + place,
              partition: 0,
              offset: 0,
              contributions: [],
              attributes,
            });
            state = unpackCustomer(plan, packCustomer(plan, state), "ann");
          }
          const expected = patches.reduce<unknown>(mergePatch, {});
          expect(describeCustomer(plan, state, 2_000).attributes).toEqual(withoutEmpty(expected) ?? {});
          const valueAt = (path: string) =>
            path.split(".").reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), expected);
          for (const path of ["a", "b", "a.b", "a.b.c", "c.a"]) {
            const value = valueAt(path);
            expect(attributeAt(state.attributes, path)).toEqual(isObject(value) ? undefined : value);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
