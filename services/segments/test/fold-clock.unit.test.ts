import type { CustomerEvent } from "@tidemark/contracts";
import { definitionSets, emptyMeta, type LogRecord } from "@tidemark/runtime";
import fc from "fast-check";
import { expect, it } from "vitest";
import { foldEvents } from "../src/fold.ts";
import { foldClock, inOrderOfInstant } from "../src/fold-clock.ts";

const hour = 3_600_000;
const noon = Date.UTC(2026, 4, 1, 12);

/** Viewed within an hour, bought within two, opened a letter within three. */
const documents = [
  ["viewed", "page.viewed", "1 hours"],
  ["bought", "order.placed", "2 hours"],
  ["opened", "email.opened", "3 hours"],
].map(([id, of, last]) => ({
  kind: "segment",
  id,
  name: id,
  when: { count: of, during: { last }, atLeast: 1 },
}));
const sets = definitionSets("UTC");
const definitions = sets.apply(
  sets.unpack(null),
  documents.map((document, at) => ({
    kind: document.kind,
    id: document.id ?? "",
    version: at + 1,
    filling: false,
    document: JSON.stringify(document),
  })),
  false,
);

interface Happened {
  readonly subject: string;
  readonly name: string;
  readonly at: number;
}

/** Folds what happened, then clock records that fire `max` timers each at `clock`, until nothing is due. */
function fire(happened: readonly Happened[], clock: number, max: number) {
  const meta = emptyMeta();
  const states = new Map<string, Buffer | null>();
  const timers = new Map<string, { set: "live" | "held"; dueAt: number }>();
  let sequence = 0;
  const keep = (result: ReturnType<typeof foldEvents>) => {
    sequence = result.sequence;
    for (const { subject, state, timer } of result.subjects) {
      states.set(subject, state);
      if (timer) timers.set(subject, timer);
      else timers.delete(subject);
    }
    return result.changes.map(({ subject, definition, effectiveAt }) => [subject, definition, effectiveAt]);
  };
  for (const [offset, { subject, name, at }] of happened.entries()) {
    const record: LogRecord = {
      topic: "customer-events",
      partition: 0,
      offset,
      timestamp: at,
      key: null,
      value: null,
      headers: [],
    };
    const event: CustomerEvent = {
      subject,
      subjectKind: "customer",
      name,
      occurredAt: at,
      eventId: null,
      sourceId: "s",
      sourcePartition: 0,
      sourceOffset: offset,
      ordinal: 0,
      count: 1,
      attributes: null,
      properties: "{}",
      order: null,
    };
    keep(foldEvents({ partition: 0, definitions, meta, sequence }, [{ record, event }], states, new Map()));
  }
  meta.clock = clock;
  const records: ReturnType<typeof keep>[] = [];
  const counts: number[] = [];
  for (let offset = happened.length; ; offset += 1) {
    const due = [...timers]
      .map(([subject, timer]) => ({ subject, ...timer }))
      .filter(({ dueAt }) => dueAt <= clock)
      .sort(inOrderOfInstant)
      .slice(0, max);
    if (due.length === 0) return { records, counts };
    const { fired, ...result } = foldClock(
      { partition: 0, definitions, meta, sequence },
      { offset, appendedAt: clock, due, max },
      states,
    );
    counts.push(fired);
    records.push(keep(result));
  }
}

const noonThings: readonly Happened[] = [
  { subject: "ann", name: "page.viewed", at: noon },
  { subject: "ann", name: "order.placed", at: noon },
  { subject: "bob", name: "page.viewed", at: noon + hour / 2 },
];

it("given a customer who leaves twice and another in between, when one clock record fires, then all leave in order of instant (F3)", () => {
  expect(fire(noonThings, noon + 10 * hour, 250).records).toEqual([
    [
      ["ann", "viewed", noon + hour],
      ["bob", "viewed", noon + 1.5 * hour],
      ["ann", "bought", noon + 2 * hour],
    ],
  ]);
});

it("given a clock record that may fire two, then the second exit of one comes before the first of another that is due later (F3)", () => {
  const happened = [
    { subject: "ann", name: "page.viewed", at: noon },
    { subject: "ann", name: "order.placed", at: noon },
    { subject: "bob", name: "page.viewed", at: noon + 1.2 * hour },
  ];
  expect(fire(happened, noon + 10 * hour, 2).records).toEqual([
    [
      ["ann", "viewed", noon + hour],
      ["ann", "bought", noon + 2 * hour],
    ],
    [["bob", "viewed", noon + 2.2 * hour]],
  ]);
});

it("given any customers, then clock records of any size give the same exits in the same order, and none fires more than it may (F3)", () => {
  const happened = fc.array(
    fc.record({
      subject: fc.constantFrom("a", "b", "c", "d", "e", "f", "g"),
      name: fc.constantFrom("page.viewed", "order.placed", "email.opened"),
      at: fc.integer({ min: 0, max: 40 }).map((minutes) => noon + minutes * 60_000),
    }),
    { minLength: 1, maxLength: 30 },
  );
  fc.assert(
    fc.property(happened, fc.integer({ min: 1, max: 9 }), (things, max) => {
      const ordered = things.toSorted((one, other) => one.at - other.at);
      const small = fire(ordered, noon + 10 * hour, max);
      const whole = fire(ordered, noon + 10 * hour, 1_000);
      expect(small.records.flat()).toEqual(whole.records.flat());
      expect(whole.records).toHaveLength(1);
      expect(Math.max(...small.counts)).toBeLessThanOrEqual(max);
      const instants = whole.records.flat().map(([, , instant]) => Number(instant));
      expect(instants).toEqual(instants.toSorted((one, other) => one - other));
    }),
    { numRuns: 300 },
  );
});
