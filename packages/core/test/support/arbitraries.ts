/** Random conditions, histories and the instants at which anything could change. */
import fc from "fast-check";
import type {
  CalendarPeriod,
  Condition,
  Definition,
  NumberComparison,
  Segment,
  Window,
} from "../../src/definition/definition.ts";
import type { FoldEvent } from "../../src/index.ts";
import { type PlainEvent, startOf } from "./naive.ts";

export const hour = 3_600_000;
export const day = 24 * hour;
/** A leap year begins in the middle of the histories. */
export const begin = Date.UTC(2023, 10, 20);

const names = ["a", "b"] as const;
const spans = [3, 7, 30, 60] as const;
const periods: readonly CalendarPeriod[] = ["day", "week", "month", "quarter", "year"];

const compareSmall: fc.Arbitrary<NumberComparison> = fc.oneof(
  fc.record({
    op: fc.constantFrom("above", "atLeast", "below", "atMost"),
    value: fc.integer({ min: 0, max: 4 }),
  }),
  fc.record({
    op: fc.constantFrom("is", "isNot"),
    value: fc.integer({ min: 0, max: 3 }),
    ignoreCase: fc.constant(false),
  }),
  fc.record({
    op: fc.constant("between"),
    from: fc.integer({ min: 0, max: 2 }),
    to: fc.integer({ min: 2, max: 4 }),
  }),
) as fc.Arbitrary<NumberComparison>;

const window: fc.Arbitrary<Window> = fc.oneof(
  fc.constant<Window>({ type: "all" }),
  fc
    .tuple(fc.constantFrom(...spans), fc.constantFrom(0, 0, 1, 2))
    .map(([last, ending]): Window => ({ type: "rolling", lastMs: last * day, endingBeforeMs: ending * day })),
  fc.record({
    type: fc.constant("calendar" as const),
    which: fc.constantFrom("this" as const, "previous" as const),
    period: fc.constantFrom(...periods),
  }),
  fc.integer({ min: 0, max: 90 }).map(
    (from): Window => ({
      type: "fixed",
      from: { day: begin / day + from },
      to: { instant: begin + (from + 20) * day + 5 },
    }),
  ),
);

const of = fc.constantFrom(...names).map((event) => ({ event }));
const fromAttribute = (name: string) => ({ from: "attribute" as const, path: [name] });
const spanDays = fc.integer({ min: 1, max: 20 }).map((days) => ({ ms: days * day, days }));

const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.tuple(fc.constantFrom("count" as const, "distinct" as const), of, window, compareSmall).map(
    ([name, selector, during, compare]): Condition => ({
      op: "aggregate",
      aggregate: { function: name, of: selector, during, ...(name === "distinct" ? { path: ["item"] } : {}) },
      compare,
    }),
  ),
  fc
    .tuple(
      fc.constantFrom("sum" as const, "average" as const),
      of,
      window,
      fc.constantFrom("above", "atMost"),
      fc.constantFrom(10, 20.5, 40),
    )
    .map(
      ([name, selector, during, op, value]): Condition => ({
        op: "aggregate",
        aggregate: { function: name, of: selector, during, path: ["total"] },
        compare: { op, value } as NumberComparison,
      }),
    ),
  fc
    .tuple(
      fc.constantFrom("first" as const, "last" as const),
      of,
      fc.constantFrom("above", "atLeast", "below", "atMost"),
      fc.constantFrom(...spans),
    )
    .map(
      ([edge, selector, op, value]): Condition => ({
        op: "since",
        edge,
        of: selector,
        compare: { op, value: value * day } as NumberComparison,
      }),
    ),
  fc
    .tuple(
      fc.constantFrom("ends", "due"),
      fc.constantFrom("withinNext", "withinLast", "olderThan", "furtherThan"),
      spanDays,
    )
    .map(([name, op, span]) => ({ op: "date", path: fromAttribute(name), test: { op, span } }) as Condition),
  compareSmall
    .map((compare): Condition => ({ op: "attribute", path: fromAttribute("level"), compare }))
    .filter((condition) => condition.op === "attribute" && condition.compare.op !== "isNot"),
  fc.constantFrom("atLeast", "below", "is").map(
    (op) =>
      ({
        op: "age",
        path: fromAttribute("birth"),
        compare: { op, value: 30, ignoreCase: false },
        leapDay: "february-28",
      }) as Condition,
  ),
  fc
    .tuple(fc.constantFrom("next" as const, "last" as const), fc.integer({ min: 0, max: 9 }), fc.boolean())
    .map(
      ([direction, days, some]): Condition => ({
        op: "anniversary",
        path: fromAttribute("birth"),
        direction,
        days,
        leapDay: "february-28",
        ...(some ? { years: [30, 31] } : {}),
      }),
    ),
  fc
    .tuple(
      fc.constantFrom("regular" as const, "stopped" as const, "resumed" as const),
      of,
      fc.constantFrom("day" as const, "week" as const, "month" as const),
      fc.integer({ min: 1, max: 3 }),
    )
    .map(
      ([state, selector, every, times]): Condition => ({ op: "rhythm", state, of: selector, every, times }),
    ),
);

const condition: fc.Arbitrary<Condition> = fc.letrec<{ node: Condition }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("node"), { maxLength: 3 }).map((children): Condition => ({ op: "all", of: children })),
    fc.array(tie("node"), { maxLength: 3 }).map((children): Condition => ({ op: "any", of: children })),
    tie("node").map((child): Condition => ({ op: "not", of: child })),
  ),
})).node;

export function segmentOf(id: string, when: Condition): Segment {
  return { kind: "segment", id, name: id, tags: [], subject: "customer", zone: "workspace", when };
}

/** Segments s0, s1, ...; the last also refers to the others. */
export const segments: fc.Arbitrary<Segment[]> = fc
  .array(condition, { minLength: 1, maxLength: 3 })
  .map((conditions) => {
    const plain = conditions.map((when, index) => segmentOf(`s${index}`, when));
    const references = plain.map(({ id }): Condition => ({ op: "segment", segment: id }));
    const parent = segmentOf("parent", {
      op: "any",
      of: [
        { op: "not", of: references[0]! },
        { op: "all", of: references },
      ],
    });
    return [parent, ...plain];
  });

const attributes = fc.oneof(
  fc.integer({ min: 0, max: 4 }).map((level) => ({ level })),
  fc.constantFrom("1994-02-28", "1993-12-25", "1996-02-29", "2024-01-05").map((birth) => ({ birth })),
  fc
    .integer({ min: -10, max: 130 })
    .map((days) => ({ ends: new Date(begin + days * day + 7_777).toISOString() })),
  fc
    .integer({ min: -10, max: 130 })
    .map((days) => ({ due: new Date(begin + days * day).toISOString().slice(0, 10) })),
  fc.constant({ level: null }),
);

/** In order of time, at distinct instants. */
export const history: fc.Arbitrary<PlainEvent[]> = fc
  .uniqueArray(
    fc.record(
      {
        name: fc.constantFrom(...names),
        at: fc
          .tuple(fc.integer({ min: 0, max: 110 }), fc.integer({ min: 0, max: 3 }))
          .map(([days, part]) => begin + days * day + part * 21_599_999),
        total: fc.integer({ min: -500, max: 4000 }).map((cents) => cents / 100),
        item: fc.constantFrom("x", "y", "z"),
        attributes,
      },
      { requiredKeys: ["name", "at"] },
    ),
    { minLength: 1, maxLength: 14, selector: ({ at }) => at },
  )
  .map((events) => [...events].sort((left, right) => left.at - right.at));

export function foldable(event: PlainEvent, offset: number): FoldEvent {
  const { name, at, total, item, attributes: patch } = event;
  return {
    occurredAt: at,
    partition: 0,
    offset,
    contributions: [{ name, occurredAt: at, sign: 1, properties: { total, item }, remembered: true }],
    ...(patch === undefined ? {} : { attributes: patch }),
  };
}

/** Every instant near which an answer could change. */
export function candidates(events: readonly PlainEvent[], until: number): number[] {
  const found = new Set<number>();
  const add = (at: number): void => {
    for (const near of [at, at + 1]) if (near > begin - day && near <= until) found.add(near);
  };
  for (let at = begin; at <= until; at += day) add(startOf("day", at));
  for (const { at, attributes: patch } of events) {
    add(at);
    const instants = [at];
    if (patch && typeof patch.ends === "string") instants.push(Date.parse(patch.ends));
    for (const instant of instants) for (let days = -20; days <= 60; days += 1) add(instant + days * day);
  }
  return [...found].sort((left, right) => left - right);
}

export function planInputs(definitions: readonly Definition[]) {
  return definitions.map((definition) => ({ definition, version: 1, filling: false }));
}
