import { describe, expect, it } from "vitest";
import type {
  Classification,
  Condition,
  Definition,
  Metric,
  Scoring,
  Segment,
} from "../src/definition/definition.ts";
import {
  buildPlan,
  describeCustomer,
  emptyCustomer,
  type FoldEvent,
  fireTimer,
  foldEvent,
  packCustomer,
  rememberEventId,
  seenEventId,
  unpackCustomer,
} from "../src/index.ts";

const hour = 3_600_000;
const day = 24 * hour;
const noon = Date.UTC(2026, 4, 1, 12);
const common = { tags: [], subject: "customer", zone: "workspace" } as const;

function segment(id: string, when: Condition, zone: Segment["zone"] = "workspace"): Segment {
  return { ...common, kind: "segment", id, name: id, zone, when };
}
function total(id: string, name: "sum" | "average" | "count" = "sum"): Metric {
  const aggregate = { function: name, of: { event: "order.placed" }, during: { type: "all" } } as const;
  return {
    ...common,
    kind: "metric",
    id,
    name: id,
    aggregate: name === "count" ? aggregate : { ...aggregate, path: ["total"] },
  };
}
const atLeast = (metric: string, value: number): Condition => ({
  op: "metric",
  metric,
  compare: { op: "atLeast", value },
});
const plan = (
  definitions: readonly Definition[],
  filling: readonly string[] = [],
  slots?: Record<string, number>,
) =>
  buildPlan(
    definitions.map((definition) => ({ definition, version: 1, filling: filling.includes(definition.id) })),
    slots === undefined ? { zone: "UTC" } : { zone: "UTC", slots },
  );

let offset = 0;
function event(
  occurredAt: number,
  properties: Record<string, unknown> | null,
  attributes?: Record<string, unknown>,
): FoldEvent {
  offset += 1;
  const contributions =
    properties === null
      ? []
      : [{ name: "order.placed", occurredAt, sign: 1 as const, properties, remembered: true }];
  return { occurredAt, partition: 0, offset, contributions, ...(attributes ? { attributes } : {}) };
}
function correction(occurredAt: number, orderedAt: number, before: number, after: number): FoldEvent {
  const given = (sign: 1 | -1, amount: number) => ({
    name: "order.placed",
    occurredAt: orderedAt,
    sign,
    properties: { total: amount },
    remembered: false,
  });
  return { ...event(occurredAt, null), contributions: [given(-1, before), given(1, after)] };
}
const told = (transitions: ReturnType<typeof foldEvent>) =>
  transitions.map(({ id, from, to, cause }) => `${id} ${from}>${to} ${cause}`);

describe("what a plan does with its definitions", () => {
  it("given a metric that is filling, then all that rests on it is silent, and the rest is not", () => {
    const definitions = [
      segment("parent", { op: "not", of: { op: "segment", segment: "rich" } }),
      segment("rich", atLeast("revenue", 5)),
      total("revenue"),
      segment("poor", { op: "not", of: atLeast("orders", 9) }),
      total("orders", "count"),
    ];
    const made = plan(definitions, ["revenue"]);
    expect(["rich", "parent", "poor"].map((id) => made.status("segment", id))).toEqual([
      "filling",
      "filling",
      "active",
    ]);
    expect(made.status("segment", "unknown")).toBeUndefined();
    expect(told(foldEvent(made, emptyCustomer("customer", "ann"), event(noon, { total: 9 })))).toEqual([
      "poor out>in event",
    ]);
  });

  it("given a definition added and another removed, then what was packed before still reads", () => {
    const before = plan([
      total("revenue"),
      segment("rich", atLeast("revenue", 5)),
      segment("gone", atLeast("revenue", 1)),
    ]);
    const state = emptyCustomer("customer", "ann");
    foldEvent(before, state, event(noon, { total: 7 }));
    const after = plan(
      [total("orders", "count"), segment("rich", atLeast("revenue", 5)), total("revenue")],
      [],
      JSON.parse(JSON.stringify(before.slots)),
    );
    const read = unpackCustomer(after, packCustomer(before, state), "ann");
    expect(told(foldEvent(after, read, event(noon + 1, { total: -3 })))).toEqual(["rich in>out event"]);
    const again = unpackCustomer(before, packCustomer(after, read), "ann");
    expect([...again.memberships.keys()]).toEqual([before.slotOf("segment/rich")]);
  });

  it("given several changes at one instant, then leaves, moves, enters, children before parents", () => {
    const tier: Classification = {
      ...common,
      kind: "classification",
      id: "tier",
      name: "tier",
      categories: [{ id: "vip", name: "VIP", when: atLeast("revenue", 10) }],
      otherwise: "plain",
    };
    const low = segment("low", { op: "not", of: atLeast("revenue", 10) });
    const parent = segment("a-parent", { op: "segment", segment: "rich" });
    const made = plan([
      parent,
      segment("rich", { op: "classification", classification: "tier", in: ["vip"] }),
      tier,
      low,
      total("revenue"),
    ]);
    const state = emptyCustomer("customer", "ann");
    expect(told(foldEvent(made, state, event(noon, {})))).toEqual([
      "tier null>plain event",
      "low out>in event",
    ]);
    expect(told(foldEvent(made, state, event(noon + 1, { total: 10 })))).toEqual([
      "low in>out event",
      "tier plain>vip event",
      "rich out>in event",
      "a-parent out>in event",
    ]);
  });
});

describe("events that come late or change", () => {
  it("given an order corrected behind the clock, then the net difference is told once, not before its last change", () => {
    const made = plan([total("revenue"), segment("rich", atLeast("revenue", 50))]);
    const state = emptyCustomer("customer", "ann");
    foldEvent(made, state, event(noon, { total: 60 }));
    foldEvent(made, state, event(noon + day, {}));
    const [change] = foldEvent(made, state, correction(noon - hour, noon, 60, 20));
    expect(change).toMatchObject({ from: "in", to: "out", cause: "late", effectiveAt: noon });
    expect(describeCustomer(made, state, noon + day).metrics).toEqual({ revenue: 20 });
  });

  it("given a correction, then the last event and its property stay as they were", () => {
    const last = segment("web", {
      op: "attribute",
      path: { from: "last", of: { event: "order.placed" }, take: ["total"] },
      compare: { op: "is", value: 60, ignoreCase: false },
    });
    const made = plan([last]);
    const state = emptyCustomer("customer", "ann");
    foldEvent(made, state, event(noon, { total: 60 }));
    expect(foldEvent(made, state, correction(noon + 1, noon, 60, 20))).toEqual([]);
  });

  it("given 300 distinct instants, then the newest 256 leave to the millisecond and older ones by the hour", () => {
    const made = plan([
      segment("any", {
        op: "aggregate",
        aggregate: {
          function: "count",
          of: { event: "order.placed" },
          during: { type: "rolling", lastMs: 10 * day, endingBeforeMs: 0 },
        },
        compare: { op: "atLeast", value: 300 },
      }),
    ]);
    const state = emptyCustomer("customer", "ann");
    // Half past noon and every minute after: the first 44 go into the hours from 12:00 and 13:00.
    for (let minute = 0; minute < 300; minute += 1)
      foldEvent(made, state, event(noon + (30 + minute) * 60_000, {}));
    expect(state.memberships.get(made.slotOf("segment/any")!)?.value).toBe("in");
    const [left] = fireTimer(made, unpackCustomer(made, packCustomer(made, state), "ann"), noon + 20 * day);
    expect(left?.effectiveAt).toBe(noon + 10 * day);
  });
});

describe("a zone of the customer's own", () => {
  const birthday = segment(
    "birthday",
    {
      op: "anniversary",
      path: { from: "attribute", path: ["birthDate"] },
      direction: "next",
      days: 0,
      leapDay: "february-28",
    },
    "customer",
  );

  it("given a birthday tomorrow in Tokyo, then it begins at 15:00 UTC, and moving to Berlin moves it to 22:00", () => {
    const made = plan([birthday]);
    const state = emptyCustomer("customer", "ann");
    foldEvent(made, state, event(noon, null, { birthDate: "1990-05-02", zone: "Asia/Tokyo" }));
    expect(state.timer).toBe(noon + 3 * hour);
    foldEvent(made, state, event(noon + hour, null, { zone: "Europe/Berlin" }));
    // The timer was armed for Tokyo's midnight: a safe bound, at which nothing is told.
    expect(fireTimer(made, state, noon + 3 * hour)).toEqual([]);
    expect(state.clock).toBe(noon + hour);
    expect(state.timer).toBe(noon + 10 * hour);
    expect(fireTimer(made, state, noon + 10 * hour)[0]).toMatchObject({
      to: "in",
      changesAt: noon + 34 * hour,
    });
  });

  it("given a zone that is none, then the workspace's holds", () => {
    const made = plan([birthday]);
    const state = emptyCustomer("customer", "ann");
    foldEvent(made, state, event(noon, null, { birthDate: "1990-05-02", zone: "Mars/Olympus" }));
    expect(state.timer).toBe(noon + 12 * hour);
  });

  it("given orders at 22:30 and 23:30 UTC, then the zone in force decides which day they were in", () => {
    const today = segment(
      "today",
      {
        op: "aggregate",
        aggregate: {
          function: "count",
          of: { event: "order.placed" },
          during: { type: "calendar", which: "this", period: "day" },
        },
        compare: { op: "is", value: 2, ignoreCase: false },
      },
      "customer",
    );
    const made = plan([today]);
    const state = emptyCustomer("customer", "ann");
    foldEvent(made, state, event(noon + 10.5 * hour, {}, { zone: "UTC" }));
    expect(told(foldEvent(made, state, event(noon + 11.5 * hour, {})))).toEqual(["today out>in event"]);
    // In Athens (+03:00) both were after midnight; in Dublin (+01:00) only the second was.
    expect(told(foldEvent(made, state, event(noon + 11.6 * hour, null, { zone: "Europe/Dublin" })))).toEqual([
      "today in>out event",
    ]);
    expect(told(foldEvent(made, state, event(noon + 11.7 * hour, null, { zone: "Europe/Athens" })))).toEqual([
      "today out>in event",
    ]);
  });
});

describe("scores", () => {
  const card: Scoring = {
    ...common,
    kind: "scoring",
    id: "rfm",
    name: "RFM",
    parts: {
      recency: {
        value: { type: "since", edge: "last", of: { event: "order.placed" } },
        cuts: { type: "thresholds", bounds: [30 * day, 60 * day] },
      },
      frequency: {
        value: { type: "metric", metric: "orders" },
        cuts: { type: "thresholds", bounds: [20_000, 30_000] },
      },
      monetary: {
        value: { type: "metric", metric: "revenue" },
        cuts: { type: "thresholds", bounds: [1_000_000] },
      },
    },
  };
  const fresh = segment("fresh", {
    op: "score",
    scoring: "rfm",
    part: "recency",
    compare: { op: "is", value: 3, ignoreCase: false },
  });

  it("given thresholds as lower bounds, then recency is reversed and falls on the day", () => {
    const made = plan([card, total("orders", "count"), total("revenue"), fresh]);
    const state = emptyCustomer("customer", "ann");
    foldEvent(made, state, event(noon - day, { total: 60 }));
    foldEvent(made, state, event(noon, { total: 40 }));
    // Two orders reach the first bound of frequency, 100.0000 the one of money: 3, 2, 2.
    expect(describeCustomer(made, state, noon).scores.rfm).toEqual({
      recency: 3,
      frequency: 2,
      monetary: 2,
      total: 7,
      code: 322,
    });
    expect(describeCustomer(made, state, noon + 30 * day).scores.rfm).toMatchObject({ recency: 2 });
    expect(describeCustomer(made, state, noon + 30 * day - 1).segments).toEqual([
      { id: "fresh", since: noon - day, changesAt: noon + 30 * day },
    ]);
    expect(describeCustomer(made, state, noon + 30 * day).segments).toEqual([]);
    expect(state.clock).toBe(noon);
  });

  it("given no order, then there is no recency, no total and no code, and no score condition holds", () => {
    const made = plan([card, total("orders", "count"), total("revenue"), fresh]);
    const state = emptyCustomer("customer", "ann");
    expect(foldEvent(made, state, event(noon, null, { a: 1 }))).toEqual([]);
    expect(describeCustomer(made, state, noon).scores.rfm).toEqual({
      recency: null,
      frequency: 1,
      monetary: 1,
      total: null,
      code: null,
    });
  });

  it("given the card and 20 orders, then the customer packs into 250 bytes", () => {
    const made = plan([card, total("orders", "count"), total("revenue"), fresh]);
    const state = emptyCustomer("customer", "ann");
    for (let order = 0; order < 20; order += 1)
      foldEvent(made, state, event(noon + order * 17 * day + order * 1_234_567, { total: 12.34 * order }));
    expect(packCustomer(made, state).length).toBeLessThanOrEqual(250);
  });
});

describe("attributes", () => {
  it("given writes in any order, then the last by time wins leaf by leaf, and null above unsets what lies below", () => {
    const made = plan([]);
    const patches = [
      event(noon, null, { subscription: { plan: "basic", endsAt: "2026-06-01" }, tags: ["a"] }),
      event(noon + 1, null, { subscription: { plan: "pro" } }),
      event(noon + 2, null, { subscription: null, name: "" }),
      event(noon + 3, null, { subscription: { plan: "new" } }),
    ];
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [2, 0, 3, 1],
    ]) {
      const state = emptyCustomer("customer", "ann");
      for (const place of order) foldEvent(made, state, patches[place]!);
      const read = unpackCustomer(made, packCustomer(made, state), "ann");
      expect(describeCustomer(made, read, noon).attributes).toEqual({
        name: "",
        subscription: { plan: "new" },
        tags: ["a"],
      });
    }
  });
});

describe("event ids", () => {
  it("given an id again within a day of append time, then it was seen; after that, or 64 ids later, it is new", () => {
    const made = plan([]);
    const state = emptyCustomer("customer", "ann");
    rememberEventId(state, "e-1", noon);
    const read = unpackCustomer(made, packCustomer(made, state), "ann");
    expect(seenEventId(read, "e-1", noon + 23 * hour)).toBe(true);
    expect(seenEventId(read, "e-2", noon + 1)).toBe(false);
    expect(seenEventId(read, "e-1", noon + 25 * hour)).toBe(false);
    for (let other = 0; other < 64; other += 1) rememberEventId(read, `other-${other}`, noon + other);
    expect(seenEventId(read, "e-1", noon + hour)).toBe(false);
    expect(seenEventId(read, "other-0", noon + hour)).toBe(true);
  });
});
