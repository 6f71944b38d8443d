/** Random conditions of every form, over definitions with fixed ids: m0 to m2, p0, k0, l0, s0 to s2, c0. */
import fc from "fast-check";
import type {
  CalendarPeriod,
  Comparison,
  Condition,
  NumberComparison,
  Path,
  Selector,
  Window,
} from "../../src/definition/definition.ts";
import { begin, day, hour } from "./random-history.ts";

export const metricIds = ["m0", "m1", "m2"] as const;
export const segmentIds = ["s0", "s1", "s2"] as const;
export const categoryIds = ["c-high", "c-low", "c-rest"] as const;

const spans = [6 * hour, 36 * hour, 3 * day, 7 * day, 30 * day, 60 * day] as const;
const periods: readonly CalendarPeriod[] = ["day", "week", "month", "quarter", "year"];
const orders = ["above", "atLeast", "below", "atMost"] as const;

/** The comparators of numbers, over the numbers given. */
function comparing(numbers: fc.Arbitrary<number>): fc.Arbitrary<NumberComparison> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ op: fc.constantFrom(...orders), value: numbers }) },
    fc.record({ op: fc.constantFrom("is", "isNot"), value: numbers, ignoreCase: fc.constant(false) }),
    fc.record({
      op: fc.constantFrom("in", "notIn"),
      values: fc.array(numbers, { minLength: 1, maxLength: 2 }),
      ignoreCase: fc.constant(false),
    }),
    fc.tuple(numbers, numbers).map(([a, b]) => ({ op: "between", from: Math.min(a, b), to: Math.max(a, b) })),
  ) as fc.Arbitrary<NumberComparison>;
}

export const smallNumber = fc.integer({ min: 0, max: 4 });
const amount = fc.constantFrom(0, 1, 10, 12.5, 20.5, 40, -3.25, 0.0001);

const selector: fc.Arbitrary<Selector> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("a", "b").map((event): Selector => ({ event })) },
  fc.constantFrom<Selector>(
    { event: "a", where: { op: "property", path: ["total"], compare: { op: "atLeast", value: 10 } } },
    {
      event: "a",
      where: { op: "property", path: ["lines", "sku"], compare: { op: "is", value: "x", ignoreCase: false } },
    },
    {
      event: "b",
      where: {
        op: "not",
        of: { op: "property", path: ["item"], compare: { op: "in", values: ["x", 7], ignoreCase: true } },
      },
    },
    { event: "b", where: { op: "any", of: [] } },
    {
      event: "a",
      where: {
        op: "all",
        of: [
          { op: "property", path: ["item"], compare: { op: "exists", value: true } },
          { op: "property", path: ["lines", "sku"], compare: { op: "isNot", value: "y", ignoreCase: false } },
        ],
      },
    },
    {
      event: "b",
      where: {
        op: "property",
        path: ["lines", "sku"],
        compare: { op: "includesAll", values: ["x", "y"], ignoreCase: false },
      },
    },
  ),
);

const window: fc.Arbitrary<Window> = fc.oneof(
  fc.constant<Window>({ type: "all" }),
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...spans), fc.constantFrom(0, 0, 1, 5 * hour))
      .map(([lastMs, endingBeforeMs]): Window => ({ type: "rolling", lastMs, endingBeforeMs })),
  },
  fc.record({
    type: fc.constant("calendar" as const),
    which: fc.constantFrom("this" as const, "previous" as const),
    period: fc.constantFrom(...periods),
  }),
  fc.tuple(fc.integer({ min: 0, max: 90 }), fc.boolean(), fc.boolean()).map(([from, open, dated]): Window => {
    const edge = (days: number) =>
      dated ? { day: begin / day + days } : { instant: begin + days * day + 5 * hour };
    return { type: "fixed", from: edge(from), to: open ? null : edge(from + 20) };
  }),
);

export const aggregate = fc
  .tuple(
    fc.constantFrom("count", "sum", "average", "minimum", "maximum", "distinct" as const),
    selector,
    window,
    fc.boolean(),
  )
  .map(([name, of, during, through]) => {
    if (name === "count") return { function: name, of, during };
    if (name === "distinct")
      return { function: name, of, during, path: through ? ["lines", "sku"] : ["item"] };
    return { function: name, of, during, path: through ? ["lines", "price"] : ["total"] };
  });

const attributePath = (...path: string[]): Path => ({ from: "attribute", path });

/** Paths to dates: of attributes, of events, of their properties. */
const datePath: fc.Arbitrary<Path> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(attributePath("ends"), attributePath("due"), attributePath("local")),
  },
  fc
    .tuple(fc.constantFrom("first" as const, "last" as const), selector, fc.boolean())
    .map(([from, of, taken]): Path => (taken ? { from, of, take: ["until"] } : { from, of })),
);

const birth = attributePath("birth");
const leapDay = fc.constantFrom("february-28" as const, "march-1" as const);

const text = fc.constantFrom("x", "X", "ab", "", "7");
const scalar = fc.oneof(text, fc.constantFrom<string | number | boolean>(3, 12.5, true, false));
const ignoreCase = fc.boolean();

const anyComparison: fc.Arbitrary<Comparison> = fc.oneof(
  { weight: 2, arbitrary: comparing(smallNumber) as fc.Arbitrary<Comparison> },
  fc.record({
    op: fc.constantFrom("is" as const, "isNot" as const, "includes" as const),
    value: scalar,
    ignoreCase,
  }),
  fc.record({
    op: fc.constantFrom("in" as const, "notIn" as const, "includesAny" as const, "includesAll" as const),
    values: fc.array(scalar, { minLength: 1, maxLength: 2 }),
    ignoreCase,
  }),
  fc.record({
    op: fc.constantFrom("contains" as const, "startsWith" as const, "endsWith" as const),
    value: text,
    ignoreCase,
  }),
  fc.record({ op: fc.constant("matches" as const), pattern: fc.constantFrom("^[a-x]+$", "x|7"), ignoreCase }),
  fc.record({ op: fc.constant("exists" as const), value: fc.boolean() }),
);

const comparedPath: fc.Arbitrary<Path> = fc.oneof(
  fc.constantFrom(
    attributePath("level"),
    attributePath("word"),
    attributePath("tags"),
    attributePath("home"),
  ),
  fc
    .tuple(
      fc.constantFrom("first" as const, "last" as const),
      selector,
      fc.constantFrom(["item"], ["total"], ["lines", "sku"], ["lines"]),
    )
    .map(([from, of, take]): Path => ({ from, of, take })),
);

/** Over attributes, dates, places and buckets. */
const ofCustomer: readonly fc.Arbitrary<Condition>[] = [
  fc.record({ op: fc.constant("attribute" as const), path: comparedPath, compare: anyComparison }),
  fc
    .tuple(
      datePath,
      fc.constantFrom(
        "withinNext" as const,
        "withinLast" as const,
        "olderThan" as const,
        "furtherThan" as const,
      ),
      fc.oneof(
        fc.integer({ min: 0, max: 20 }).map((days) => days * day),
        fc.constant(36 * hour),
      ),
    )
    .map(([path, op, ms]): Condition => {
      const span = ms % day === 0 ? { ms, days: ms / day } : { ms };
      return { op: "date", path, test: { op, span } };
    }),
  fc
    .tuple(
      datePath,
      fc.constantFrom("before" as const, "after" as const, "on" as const),
      fc.integer({ min: 0, max: 100 }),
      fc.boolean(),
    )
    .map(([path, op, days, dated]): Condition => {
      const date = dated ? { day: begin / day + days } : { instant: begin + days * day };
      return { op: "date", path, test: { op, date } };
    }),
  fc.record({
    op: fc.constant("age" as const),
    path: fc.constant(birth),
    compare: comparing(fc.constantFrom(0, 27, 29, 30, 31)),
    leapDay,
  }),
  fc
    .tuple(
      fc.constantFrom("next" as const, "last" as const),
      fc.integer({ min: 0, max: 9 }),
      fc.boolean(),
      leapDay,
    )
    .map(
      ([direction, days, some, leap]): Condition => ({
        op: "anniversary",
        path: birth,
        direction,
        days,
        leapDay: leap,
        ...(some ? { years: [28, 30, 31] } : {}),
      }),
    ),
  fc.constant<Condition>({ op: "list", list: "l0" }),
  fc
    .tuple(fc.constantFrom("n0", "n1"), fc.integer({ min: 0, max: 99 }), fc.integer({ min: 1, max: 60 }))
    .map(([of, from, width]): Condition => ({ op: "split", of, from, to: Math.min(100, from + width) })),
  fc.constantFrom(500, 30_000, 250_000).map(
    (withinMetres): Condition => ({
      op: "near",
      path: ["home"],
      latitude: 52.52,
      longitude: 13.405,
      withinMetres,
    }),
  ),
];

/** Over events. */
const ofEvents: readonly fc.Arbitrary<Condition>[] = [
  fc.record({ op: fc.constant("aggregate" as const), aggregate, compare: comparing(smallNumber) }),
  fc.record({ op: fc.constant("aggregate" as const), aggregate, compare: comparing(amount) }),
  fc.record({
    op: fc.constant("since" as const),
    edge: fc.constantFrom("first" as const, "last" as const),
    of: selector,
    compare: comparing(fc.constantFrom(0, ...spans)).filter(
      ({ op }) => !["is", "isNot", "in", "notIn"].includes(op),
    ),
  }),
  fc
    .record({
      op: fc.constant("rhythm" as const),
      state: fc.constantFrom("regular" as const, "stopped" as const, "resumed" as const),
      of: selector,
      every: fc.constantFrom("day" as const, "week" as const, "month" as const),
      times: fc.integer({ min: 1, max: 3 }),
    })
    .map((condition) =>
      condition.state === "stopped" ? { ...condition, times: Math.max(2, condition.times) } : condition,
    ),
  fc.record({
    op: fc.constant("sequence" as const),
    steps: fc.array(selector, { minLength: 2, maxLength: 3 }),
    withinMs: fc.constantFrom(null, hour, 5 * day, 20 * day, 50 * day),
    during: window,
  }),
  fc
    .tuple(
      selector,
      selector,
      fc.constantFrom(2 * hour, day, 7 * day),
      fc.constantFrom(null, 1, day, 30 * day),
    )
    .map(
      ([did, without, forMs, longer]): Condition => ({
        op: "did",
        did,
        without,
        forMs,
        forgetMs: longer === null ? null : forMs + longer,
      }),
    ),
];

/** Over metrics, score cards and the population. */
const ofNumbers: readonly fc.Arbitrary<Condition>[] = [
  fc.record({
    op: fc.constant("metric" as const),
    metric: fc.constantFrom(...metricIds),
    compare: comparing(fc.oneof(smallNumber, amount)),
  }),
  fc.record({
    op: fc.constant("ratio" as const),
    of: fc.constantFrom(...metricIds),
    to: fc.constantFrom(...metricIds),
    compare: comparing(fc.constantFrom(0, 0.5, 1, 1.5, -1)),
  }),
  fc.record({
    op: fc.constant("engagement" as const),
    engagement: fc.constant("p0"),
    compare: comparing(fc.constantFrom(0, 0.5, 1, 2.5, 10, -1)),
  }),
  fc.record({
    op: fc.constant("score" as const),
    scoring: fc.constant("k0"),
    part: fc.constantFrom("recency" as const, "frequency" as const, "monetary" as const, "total" as const),
    compare: comparing(fc.integer({ min: 1, max: 5 })),
  }),
  fc.record({
    op: fc.constant("score" as const),
    scoring: fc.constant("k0"),
    part: fc.constant("code" as const),
    compare: comparing(fc.constantFrom(111, 211, 323, 333)),
  }),
  fc.record({
    op: fc.constantFrom("top" as const, "bottom" as const),
    share: fc.constantFrom(0.05, 0.1, 0.25, 0.5),
    metric: fc.constantFrom(...metricIds),
  }),
];

/** Over segments that stand before one: as many as `before`. */
function ofSegments(before: number): fc.Arbitrary<Condition>[] {
  if (before === 0) return [];
  const segment = fc.constantFrom(...segmentIds.slice(0, before));
  return [
    segment.map((id): Condition => ({ op: "segment", segment: id })),
    fc
      .tuple(segment, fc.constantFrom(hour, 36 * hour, 10 * day))
      .map(([id, withinMs]): Condition => ({ op: "lapsing", segment: id, withinMs })),
  ];
}

/** A condition that may name the first `before` segments, and the classification where `classified`. */
export function conditionAfter(before: number, classified = false): fc.Arbitrary<Condition> {
  const leaves = [...ofCustomer, ...ofEvents, ...ofEvents, ...ofNumbers, ...ofSegments(before)];
  if (classified)
    leaves.push(
      fc
        .subarray([...categoryIds], { minLength: 1 })
        .map((categories): Condition => ({ op: "classification", classification: "c0", in: categories })),
    );
  return fc.letrec<{ node: Condition }>((tie) => ({
    node: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      { weight: 5, arbitrary: fc.oneof(...leaves) },
      fc.array(tie("node"), { maxLength: 3 }).map((children): Condition => ({ op: "all", of: children })),
      fc.array(tie("node"), { maxLength: 3 }).map((children): Condition => ({ op: "any", of: children })),
      tie("node").map((child): Condition => ({ op: "not", of: child })),
    ),
  })).node;
}
