import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attributeAt, emptyAttributes, patchAttributes } from "../src/features/attributes.ts";
import {
  buildPlan,
  describeCustomer,
  emptyCustomer,
  foldEvent,
  packCustomer,
  unpackCustomer,
} from "../src/index.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";

tellRuns();

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
    holdsAlways(
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
      2_000,
    );
  });
});

describe("the bound on attributes", () => {
  it("given more leaves than are kept, in any order, then those written last are there", () => {
    const writes = fc.array(
      fc.record({ path: fc.constantFrom("a", "b", "c", "d", "e"), at: fc.integer({ min: 0, max: 9 }) }),
      { maxLength: 12 },
    );
    holdsAlways(
      fc.property(
        writes.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray([...list.keys()], { minLength: list.length })),
        ),
        ([list, order]) => {
          const attributes = emptyAttributes();
          for (const offset of order) {
            const { path, at } = list[offset]!;
            patchAttributes(attributes, { [path]: offset }, { occurredAt: at, partition: 0, offset }, 3);
          }
          // The last write of each path, the three latest of them.
          const last = new Map<string, { at: number; offset: number }>();
          list.forEach(({ path, at }, offset) => {
            const before = last.get(path);
            if (before === undefined || at >= before.at) last.set(path, { at, offset });
          });
          const kept = [...last].sort(([, a], [, b]) => b.at - a.at || b.offset - a.offset).slice(0, 3);
          const expected = Object.fromEntries(kept.map(([path, { offset }]) => [path, offset]));
          const found = [...attributes.entries].map(([path, { value }]) => [path, value]);
          expect(Object.fromEntries(found)).toEqual(expected);
        },
      ),
      300,
    );
  });

  it("given 5,000 leaves at once and then one more, then 1,000 are kept", () => {
    const attributes = emptyAttributes();
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, index]));
    patchAttributes(attributes, many, { occurredAt: 1, partition: 0, offset: 0 });
    patchAttributes(attributes, { late: true }, { occurredAt: 2, partition: 0, offset: 1 });
    expect(attributes.entries.size).toBe(1_000);
    expect(attributeAt(attributes, "late")).toBe(true);
    // By path, as text: k999 is the last of them, k0 the first.
    expect(attributeAt(attributes, "k999")).toBe(999);
    expect(attributeAt(attributes, "k0")).toBeUndefined();
  });
});
