import { describe, expect, it } from "vitest";
import { type CustomerEvent, notAhead } from "../src/index.ts";

const event: CustomerEvent = {
  subject: "ann",
  subjectKind: "customer",
  name: "page.viewed",
  occurredAt: 1_000,
  eventId: null,
  sourceId: "shop",
  sourcePartition: 0,
  sourceOffset: 0,
  ordinal: 0,
  count: 1,
  attributes: null,
  properties: "{}",
  order: null,
};

describe("given an event of the second 1 s", () => {
  it.each([
    ["later, at 2 s, then it keeps its time", 2_000, 1_000],
    ["in that very millisecond, then it keeps its time", 1_000, 1_000],
    ["a millisecond before, then it happened when it was appended", 999, 999],
    ["an hour before its source's clock, then it happened when it was appended", -3_599_000, -3_599_000],
  ])("when the broker appends it %s", (_, appendedAt, expected) => {
    expect(notAhead(event, appendedAt)).toEqual({ ...event, occurredAt: expected });
  });
});
