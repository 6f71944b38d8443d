import type { CustomerEvent } from "@tidemark/contracts";
import { definitionSets, emptyMeta } from "@tidemark/runtime";
import { expect, it } from "vitest";
import { contentOf } from "../src/event-content.ts";
import { type EventRecord, foldEvents } from "../src/fold.ts";

const noon = Date.UTC(2026, 4, 1, 12);

function event(given: Partial<CustomerEvent>): CustomerEvent {
  return {
    subject: "ann",
    subjectKind: "customer",
    name: "page.viewed",
    occurredAt: noon,
    eventId: null,
    sourceId: "s",
    sourcePartition: 0,
    sourceOffset: 0,
    ordinal: 0,
    count: 1,
    attributes: null,
    properties: "{}",
    order: null,
    ...given,
  };
}

it("given an event as intake writes it, then it says what it says", () => {
  expect(contentOf(event({ properties: '{"path":"/"}' }))).toEqual({ properties: { path: "/" } });
  expect(contentOf(event({ attributes: '{"country":"DE"}' }))).toEqual({
    properties: {},
    attributes: { country: "DE" },
  });
});

it.each<[string, Partial<CustomerEvent>]>([
  ["properties that are no JSON", { properties: "{bad" }],
  ["properties that are a list", { properties: "[]" }],
  ["properties that are null", { properties: "null" }],
  ["attributes that are no JSON", { attributes: "x" }],
  ["attributes that are a number", { attributes: "5" }],
  ["a time before 1900", { occurredAt: Date.UTC(1899, 11, 31) }],
])(
  "given %s in the midst of good events, then it is rejected, a dead letter, and the others are folded",
  (_, given) => {
    const sets = definitionSets("UTC");
    const bought = { kind: "segment", id: "seen", when: { count: "page.viewed", atLeast: 2 } };
    const version = {
      kind: "segment",
      id: "seen",
      version: 1,
      filling: false,
      document: JSON.stringify(bought),
    };
    const records = [event({}), event(given), event({})].map((one, offset): EventRecord => {
      const record = {
        topic: "customer-events",
        partition: 0,
        offset,
        timestamp: noon,
        key: null,
        value: null,
        headers: [],
      };
      return { record, event: { ...one, sourceOffset: offset } };
    });
    const input = {
      partition: 0,
      definitions: sets.apply(sets.unpack(null), [version], false),
      meta: emptyMeta(),
      sequence: 0,
    };
    const result = foldEvents(input, records, new Map(), new Map());
    expect(result.rejected.map(({ offset, reason }) => [offset, reason])).toEqual([[1, "unreadable"]]);
    expect(result.deadLetters.map(({ record, reason }) => [record.offset, reason])).toEqual([
      [1, "unreadable"],
    ]);
    expect(result.changes.map(({ subject, to }) => [subject, to])).toEqual([["ann", "in"]]);
  },
);
