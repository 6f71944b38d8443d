/** Events with values that nobody would send: of any type, size and depth, under the names that definitions read. */
import fc from "fast-check";
import type { Contribution, FoldEvent } from "../../src/index.ts";
import { begin, hour } from "./random-history.ts";

const loneSurrogates = ["\ud800", "\ud801", "x\udfff", "\udc00\ud800"];

/** What JSON can carry. */
const jsonValue: fc.Arbitrary<unknown> = fc
  .oneof(
    fc.constantFrom<unknown>(
      ...[null, true, false, 0, -0, 1, 12.5, 1e308, -1e308, 5e-324, 2 ** 53, 1e21, 0.1 + 0.2],
      ...["", " 12.5 ", "1e5", "12.", "0x10", "999999999999999", "x".repeat(3_000), "İ", ...loneSurrogates],
      ...[
        "2024-02-30",
        "2024-02-29",
        "9999-12-31T23:59:59.999Z",
        "0000-00-00",
        "2024-03-31T02:30",
        "-271821-04-20",
      ],
      ...["Europe/Berlin", "Mars/Base", "+05:07", "UTC", "GMT0"],
    ),
    fc.string({ unit: "binary", maxLength: 4 }),
    fc.double(),
    fc.jsonValue({ maxDepth: 3 }),
    fc.array(fc.constantFrom<unknown>("x", 7, null, [["x"]], { sku: "x", price: 2 }, { sku: ["y"] }), {
      maxLength: 4,
    }),
    fc.integer({ min: 1, max: 300 }).map((depth) => {
      let value: unknown = "x";
      for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? { sku: value } : [value];
      return value;
    }),
  )
  .map((value) => (typeof value === "number" && !Number.isFinite(value) ? 0 : value));

/** What JSON cannot. */
const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  jsonValue,
  fc.constantFrom<unknown>(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, undefined),
);

const keys = ["__proto__", "constructor", "toString", "", "a.b"];
const propertiesOf = (value: fc.Arbitrary<unknown>) =>
  fc.dictionary(fc.constantFrom("total", "item", "lines", "until", ...keys), value, { maxKeys: 5 });
const attributesOf = (value: fc.Arbitrary<unknown>) =>
  fc.dictionary(
    fc.constantFrom(
      "level",
      "word",
      "tags",
      "birth",
      "ends",
      "due",
      "local",
      "home",
      "zone",
      "lists",
      ...keys,
    ),
    fc.oneof(
      value,
      value.map((inner) => ({ l0: inner, lat: inner, lon: inner })),
    ),
    { maxKeys: 5 },
  );

/** About the histories, long before, and far away. */
const instant = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -10, max: 240 }).map((half) => begin + half * 12 * hour) },
  fc.constantFrom(0, -1, 1, Date.UTC(1902, 0, 1), Date.UTC(2100, 1, 28), begin, begin + 1),
);

function eventsOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<FoldEvent[]> {
  const contribution = fc.record({
    name: fc.constantFrom("a", "a", "b", "c", "__proto__"),
    sign: fc.constantFrom(1 as const, 1 as const, -1 as const),
    properties: propertiesOf(value),
    occurredAt: fc.option(instant, { nil: undefined }),
    remembered: fc.boolean(),
  });
  return fc
    .array(
      fc.record({
        occurredAt: instant,
        contributions: fc.array(contribution, { maxLength: 3 }),
        attributes: fc.option(attributesOf(value), { nil: undefined }),
        partition: fc.nat(3),
      }),
      { minLength: 1, maxLength: 10, size: "max" },
    )
    .map((drafts) =>
      drafts.map(({ occurredAt, contributions, attributes, partition }, offset): FoldEvent => {
        const given = contributions.map(
          (draft): Contribution => ({
            ...draft,
            // No later than the event itself; a correction is of something that is remembered already.
            occurredAt: Math.min(occurredAt, draft.occurredAt ?? occurredAt),
            remembered: draft.sign > 0 && draft.remembered,
          }),
        );
        return {
          occurredAt,
          partition,
          offset,
          contributions: given,
          ...(attributes === undefined ? {} : { attributes }),
        };
      }),
    );
}

export const wildEvents = eventsOf(anyValue);
/** As they come over the wire. */
export const wildJsonEvents = eventsOf(jsonValue).map((events): FoldEvent[] =>
  JSON.parse(JSON.stringify(events)),
);
