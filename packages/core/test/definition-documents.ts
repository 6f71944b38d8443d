/** Random definitions as people write them, ways to spoil them, and events that make trouble. */
import fc from "fast-check";
import type { FoldEvent } from "../src/index.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Mapping = { [key: string]: Json };

const join = (...parts: fc.Arbitrary<Mapping>[]): fc.Arbitrary<Mapping> =>
  fc.tuple(...parts).map((given) => Object.assign({}, ...given));
const one = (key: string, value: fc.Arbitrary<Json>): fc.Arbitrary<Mapping> =>
  value.map((given) => ({ [key]: given }));
const maybe = (part: fc.Arbitrary<Mapping>): fc.Arbitrary<Mapping> => fc.oneof(fc.constant({}), part);

const eventNames = ["order.placed", "page.viewed", "a"];
const paths = ["total", "items.category", "items.price", "channel", "deep.er", "__proto__.x", "constructor"];
const attributes = ["birthDate", "plan.endsAt", "level", "tags", "zone", "toString"];

const unit = fc.constantFrom("second", "minutes", "hour", "days", "weeks");
const duration = fc.tuple(fc.integer({ min: 1, max: 500 }), unit).map(([count, name]) => `${count} ${name}`);
const days = fc.integer({ min: 1, max: 900 }).map((count) => `${count} days`);
const number: fc.Arbitrary<Json> = fc.oneof(
  fc.integer({ min: -3, max: 40 }),
  fc.integer({ min: -9_000, max: 90_000_000 }).map((units) => units / 100),
  fc.constantFrom(0, 900_000_000_000, -900_000_000_000),
);
const text: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom("web", "Furniture", "x", "İ"),
  fc.string({ maxLength: 5, unit: "binary" }),
);
const scalar: fc.Arbitrary<Json> = fc.oneof(number, text, fc.boolean());
const list = (of: fc.Arbitrary<Json>) => fc.array(of, { minLength: 1, maxLength: 3 });
const ordered = (of: fc.Arbitrary<Json>) =>
  fc.tuple(of, of).map(([a, b]): Json => ((a as number) <= (b as number) ? [a, b] : [b, a]));

const date = fc.constantFrom("2023-12-31", "2024-02-29", "2024-06-01");
const instant = fc.constantFrom("2024-01-01T00:00:00Z", "2024-05-05T12:30:00.123+05:45");
const moment = fc.oneof(date, instant);

const numeric = (of: fc.Arbitrary<Json>): fc.Arbitrary<Mapping> =>
  fc.oneof(
    fc.constantFrom("is", "isNot", "above", "atLeast", "below", "atMost").chain((name) => one(name, of)),
    fc.constantFrom("in", "notIn").chain((name) => one(name, list(of))),
    one("between", ordered(of)),
  );
const pattern = fc.constantFrom("^a+b?$", "(x|y)*z", "[a-z]{2,5}", "\\d+", "");
const compared: fc.Arbitrary<Mapping> = fc.oneof(
  numeric(number),
  fc.constantFrom("is", "isNot", "includes").chain((name) => one(name, scalar)),
  fc.constantFrom("in", "notIn", "includesAny", "includesAll").chain((name) => one(name, list(scalar))),
  join(
    fc
      .constantFrom("contains", "startsWith", "endsWith")
      .chain((name) => one(name, fc.constantFrom("a", "web", "İ"))),
    maybe(one("ignoreCase", fc.boolean())),
  ),
  join(
    one(
      "matches",
      pattern.filter((given) => given !== ""),
    ),
    maybe(one("ignoreCase", fc.boolean())),
  ),
  one("exists", fc.boolean()),
);

const eventCondition: fc.Arbitrary<Json> = fc.letrec<{ node: Json }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    join(one("property", fc.constantFrom(...paths)), compared),
    one("all", fc.array(tie("node"), { maxLength: 2 })),
    one("any", fc.array(tie("node"), { maxLength: 2 })),
    one("not", tie("node")),
  ),
})).node;

const eventName = fc.constantFrom(...eventNames);
const selector: fc.Arbitrary<Json> = fc.oneof(
  eventName,
  join(one("event", eventName), maybe(one("where", eventCondition))),
);
const during = maybe(
  one(
    "during",
    fc.oneof(
      one("last", duration),
      join(one("last", fc.constant("30 days")), one("endingBefore", fc.constantFrom("1 second", "29 days"))),
      fc
        .constantFrom("this", "previous")
        .chain((which) => one(which, fc.constantFrom("day", "week", "month", "quarter", "year"))),
      one("since", moment),
      one("between", ordered(date)),
      one("between", fc.constant(["2024-01-01T00:00:00Z", "2024-05-05T12:30:00Z"])),
    ),
  ),
);
const aggregate = fc.oneof(
  join(one("count", selector), during),
  join(
    fc
      .constantFrom("sum", "average", "minimum", "maximum", "distinct")
      .chain((name) => one(name, fc.constantFrom(...paths))),
    one("of", selector),
    during,
  ),
);
const fromEvent = fc.constantFrom("first", "last").chain((edge) => one(edge, selector));
const taken: fc.Arbitrary<Json> = join(fromEvent, one("take", fc.constantFrom(...paths)));
const path: fc.Arbitrary<Json> = fc.oneof(fc.constantFrom(...attributes), fromEvent, taken);
const leapDay = maybe(one("leapDay", fc.constantFrom("february-28", "march-1")));
const years = maybe(one("years", list(fc.integer({ min: 1, max: 60 }))));

const leaf: fc.Arbitrary<Mapping> = fc.oneof(
  join(one("attribute", fc.oneof(fc.constantFrom(...attributes), taken)), compared),
  join(
    one("date", path),
    fc.oneof(
      fc.constantFrom("before", "after", "on").chain((name) => one(name, moment)),
      fc
        .constantFrom("withinNext", "withinLast", "olderThan", "furtherThan")
        .chain((name) => one(name, fc.oneof(duration, fc.constant("0 days")))),
    ),
  ),
  join(one("age", path), numeric(fc.integer({ min: 0, max: 120 })), leapDay),
  join(
    one("anniversary", path),
    fc.oneof(
      fc.constant({ today: true }),
      fc.constantFrom("withinNext", "withinLast").chain((name) => one(name, days)),
    ),
    years,
    leapDay,
  ),
  join(aggregate, numeric(number)),
  join(one("metric", fc.constantFrom("m0", "m1")), numeric(number)),
  join(
    one("since", fc.constantFrom("first", "last")),
    one("of", selector),
    fc.constantFrom("above", "atLeast", "below", "atMost").chain((name) => one(name, duration)),
  ),
  join(
    one("rhythm", fc.constantFrom("regular", "stopped", "resumed")),
    one("of", selector),
    one("every", fc.constantFrom("day", "week", "month", "quarter", "year")),
    one("times", fc.integer({ min: 2, max: 5 })),
  ),
  join(
    fc.constant({ score: "card" }),
    fc
      .constantFrom("recency", "monetary", "total", "code")
      .chain((part) => one(part, numeric(fc.integer({ min: 0, max: 9 })))),
  ),
  fc.constantFrom<Mapping>(
    { classification: "tier", is: "vip" },
    { classification: "tier", in: ["vip", "plain"] },
    { list: "fair" },
  ),
  join(
    one("sequence", fc.array(selector, { minLength: 2, maxLength: 4 })),
    maybe(one("within", duration)),
    during,
  ),
  join(
    one("did", selector),
    one("without", selector),
    one("for", fc.constantFrom("1 second", "2 hours", "3 days")),
    maybe(one("forget", fc.constantFrom("4 days", "500 weeks"))),
  ),
  join(one("ratio", fc.constantFrom<Json>({ of: "m0", to: "m1" }, { of: "m1", to: "m1" })), numeric(number)),
  join(fc.constant({ engagement: "points" }), numeric(number)),
  join(
    fc
      .constantFrom("top", "bottom")
      .chain((name) =>
        one(name, fc.constantFrom("5 percent", "0.01 percent", "99.99 percent", "33.3 percent")),
      ),
    one("by", fc.constantFrom("m0", "m1")),
  ),
  join(fc.constant({ lapsing: "base" }), one("within", duration)),
  one("split", fc.constantFrom<Json>({ of: "x", from: 0, to: 50 }, { of: "İ", from: 99.9999, to: 100 })),
  one(
    "near",
    join(
      one("attribute", fc.constantFrom(...attributes)),
      one("of", fc.constantFrom<Json>([52.52, 13.405], [-90, 180], [0, -0])),
      one("within", fc.constantFrom("500 m", "30 km", "2.5 km", "20016 km")),
    ),
  ),
);

const condition: fc.Arbitrary<Json> = fc.letrec<{ node: Json }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    one("all", fc.array(tie("node"), { maxLength: 3 })),
    one("any", fc.array(tie("node"), { maxLength: 3 })),
    one("not", tie("node")),
  ),
})).node;

const zone = maybe(one("zone", fc.constantFrom("customer", "workspace", "Pacific/Apia", "Asia/Kathmandu")));
const mark = maybe(
  one("mark", fc.constantFrom<Json>({ color: "#0f0f0f" }, { icon: "a", label: "b", color: "#ABCDEF" })),
);

const points: fc.Arbitrary<Json> = fc.array(
  join(one("of", selector), one("weight", fc.constantFrom(10, -2.5, 0.0001, 1_000_000))),
  { minLength: 1, maxLength: 3 },
);

/** Two metrics, two cards, points, a list, a classification (of leaves that name none), segments over all of them, automations. */
export const validDocuments: fc.Arbitrary<Json[]> = fc
  .tuple(
    join(fc.constant({ kind: "metric", id: "m0" }), aggregate, zone),
    join(fc.constant({ kind: "metric", id: "m1" }), aggregate, zone),
    join(
      fc.constant({ kind: "scoring", id: "card" }),
      one("recency", fc.constant({ since: "last", of: "a", thresholds: ["1 day", "30 days", "9 weeks"] })),
      one("monetary", fc.constant({ metric: "m1", thresholds: [-5, 0.5, 100] })),
    ),
    join(
      fc.constant({ kind: "classification", id: "tier", otherwise: "plain" }),
      zone,
      aggregate.map((given): Mapping => ({ categories: [{ id: "vip", when: { ...given, above: 2 } }] })),
    ),
    join(
      fc.constant({ kind: "scoring", id: "fifths", frequency: { metric: "m0", quantiles: 5 } }),
      one("recency", fc.constantFrom<Json>({ since: "first", of: "a", quantiles: 9 })),
    ),
    join(fc.constant({ kind: "engagement", id: "points" }), one("points", points), one("halfLife", duration)),
    fc.constant<Mapping>({ kind: "list", id: "fair" }),
    join(
      fc.constant({
        kind: "segment",
        id: "base",
        when: { count: "a", during: { last: "3 days" }, above: 0 },
      }),
    ),
    join(
      fc.constant({ kind: "segment", id: "latch" }),
      one("enter", condition),
      one("leave", condition),
      maybe(one("stay", duration)),
    ),
    join(
      fc.constant({ kind: "segment", id: "s0" }),
      one("when", condition),
      zone,
      mark,
      maybe(one("stay", duration)),
    ),
    join(fc.constant({ kind: "segment", id: "s1" }), one("when", condition), zone, mark),
    one("when", condition).map(
      ({ when = {} }): Mapping => ({
        kind: "segment",
        id: "s2",
        when: { any: [when, { not: { segment: "s0" } }] },
      }),
    ),
    fc.constantFrom<Mapping>(
      { kind: "automation", id: "x", on: { enters: "s0" }, do: [{ webhook: "crm", data: { a: [null] } }] },
      { kind: "automation", id: "x", on: { moves: "tier", to: ["vip"] }, do: [{ webhook: "crm" }] },
    ),
  )
  .map((documents): Json[] => documents);

const words = [
  ...["kind", "id", "when", "all", "any", "not", "count", "sum", "of", "during", "last", "this", "between"],
  ...[
    "is",
    "in",
    "above",
    "exists",
    "matches",
    "metric",
    "segment",
    "attribute",
    "date",
    "anniversary",
    "take",
  ],
  ...[
    "sequence",
    "did",
    "without",
    "for",
    "ratio",
    "top",
    "by",
    "lapsing",
    "split",
    "near",
    "enter",
    "leave",
    "stay",
  ],
  ...["quantiles", "points", "weight", "halfLife", "minimum", "within"],
  ...["thresholds", "categories", "otherwise", "mark", "zone", "__proto__", "constructor", "years", "take"],
];

/** Anything JSON or YAML could bring, and what they could not. */
export const anything: fc.Arbitrary<unknown> = fc.anything({
  key: fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 3 })),
  values: [
    fc.constantFrom<unknown>(...words, "60 days", "2024-02-30", "order.placed", "segment", "s0", "m0"),
    fc.oneof(fc.double(), fc.integer(), fc.boolean(), fc.constantFrom(null, undefined, Number.NaN, -0)),
  ],
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
});

/** Documents in which some values are others, some keys are gone and some are new. */
export const spoiltDocuments: fc.Arbitrary<unknown[]> = fc
  .tuple(
    validDocuments,
    fc.array(
      fc.record({
        place: fc.nat(),
        how: fc.constantFrom("replace" as const, "remove" as const, "add" as const),
        key: fc.constantFrom(...words),
        value: anything,
      }),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([documents, spoils]) => spoils.reduce(spoil, documents as unknown[]));

interface Spoil {
  readonly place: number;
  readonly how: "replace" | "remove" | "add";
  readonly key: string;
  readonly value: unknown;
}

function spoil(documents: unknown[], { place, how, key, value }: Spoil): unknown[] {
  const copy = copyPlain(documents) as unknown[];
  const places: [object, string][] = [];
  const visit = (given: unknown): void => {
    if (!isPlain(given)) return;
    for (const [name, inner] of Object.entries(given)) {
      places.push([given, name]);
      visit(inner);
    }
  };
  visit(copy);
  const chosen = places[place % places.length];
  if (chosen === undefined) return copy;
  const [holder, name] = chosen as [Record<string, unknown>, string];
  if (how === "replace") holder[name] = value;
  else if (how === "remove") delete holder[name];
  else Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

function copyPlain(value: unknown): unknown {
  if (!isPlain(value)) return value;
  if (Array.isArray(value)) return Array.from(value, copyPlain);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copyPlain(inner)]));
}

const trouble: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(0, -0, 1e300, 9e15, "", "12.5", "web", "2024-02-29", "2024-03-10T02:30", null),
  fc.jsonValue({ maxDepth: 2 }),
  fc.array(fc.constantFrom<unknown>("web", 1, null, { category: "Furniture", price: "7.25" }), {
    maxLength: 3,
  }),
);
const properties = fc.dictionary(
  fc.constantFrom("total", "items", "channel", "deep", "__proto__", "constructor"),
  trouble,
) as fc.Arbitrary<Record<string, unknown>>;
const patch = fc.dictionary(
  fc.constantFrom("birthDate", "plan", "plan.endsAt", "level", "tags", "zone", "toString", "__proto__"),
  fc.oneof(
    trouble,
    fc.constantFrom(
      "Europe/Berlin",
      "Pacific/Apia",
      "1990-02-29",
      "0001-01-01",
      "9999-12-31",
      1,
      -62135510400000,
    ),
    fc.record({ endsAt: fc.constantFrom<unknown>("2024-03-31T02:30", "9999-12-31T23:59:59Z", 5, null) }),
  ),
) as fc.Arbitrary<Record<string, unknown>>;

/** Events with whatever intake lets through. */
export const troublesomeEvents: fc.Arbitrary<FoldEvent[]> = fc.array(
  fc
    .tuple(
      fc.integer({ min: -10, max: 400 }),
      fc.constantFrom(...eventNames),
      properties,
      fc.option(patch, { nil: undefined }),
      fc.constantFrom(1 as const, 1 as const, -1 as const),
      fc.nat({ max: 1_000 }),
    )
    .map(([at, name, given, attributes, sign, offset]): FoldEvent => {
      const occurredAt = Date.UTC(2023, 11, 1) + at * 43_200_000;
      return {
        occurredAt,
        partition: 0,
        offset,
        contributions: [{ name, occurredAt, sign, properties: given, remembered: sign === 1 }],
        ...(attributes === undefined ? {} : { attributes }),
      };
    }),
  { maxLength: 8 },
);
