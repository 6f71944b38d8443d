import type { CustomerEvent, DefinitionVersion } from "@tidemark/contracts";
import type { LogRecord } from "@tidemark/runtime";
import { definitionSets, emptyMeta } from "@tidemark/runtime";
import { describe, expect, it } from "vitest";
import { type EventRecord, type FoldedChange, foldEvents } from "../src/fold.ts";
import { foldClock } from "../src/fold-clock.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** A partition in memory: records go in one by one, as its log would bring them. */
function partition(documents: readonly object[], zone = "UTC") {
  const sets = definitionSets(zone);
  const meta = emptyMeta();
  const states = new Map<string, Buffer | null>();
  const images = new Map<string, Buffer | null>();
  const timers = new Map<string, { set: "live" | "held"; dueAt: number }>();
  const versions = documents.map(
    (document, at): DefinitionVersion => ({
      kind: (document as { kind: string }).kind,
      id: (document as { id: string }).id,
      version: at + 1,
      filling: false,
      document: JSON.stringify(document),
    }),
  );
  const definitions = sets.apply(sets.unpack(null), versions, false);
  let offset = 0;
  let sequence = 0;
  const record = (appendedAt: number): LogRecord => ({
    topic: "customer-events",
    partition: 3,
    offset: offset++,
    timestamp: appendedAt,
    key: null,
    value: null,
    headers: [],
  });
  const keep = (result: ReturnType<typeof foldEvents>) => {
    sequence = result.sequence;
    for (const { subject, state, timer } of result.subjects) {
      states.set(subject, state);
      if (timer) timers.set(subject, timer);
      else timers.delete(subject);
    }
    for (const { key, image } of result.orders) images.set(key, image);
    return result;
  };
  return {
    meta,
    timers,
    event(event: Partial<CustomerEvent>, appendedAt: number) {
      const whole: CustomerEvent = {
        subject: "c1",
        subjectKind: "customer",
        name: "page.viewed",
        occurredAt: appendedAt,
        eventId: null,
        sourceId: "interactions",
        sourcePartition: 0,
        sourceOffset: offset,
        ordinal: 0,
        count: 1,
        attributes: null,
        properties: "{}",
        order: null,
        ...event,
      };
      const records: EventRecord[] = [{ record: record(appendedAt), event: whole }];
      return keep(foldEvents({ partition: 3, definitions, meta, sequence }, records, states, images));
    },
    clock(at: number, max = 250) {
      meta.clock = Math.max(meta.clock, at);
      const due = [...timers]
        .filter(
          ([, timer]) => timer.dueAt <= meta.clock && (timer.set === "live" || meta.openLoads.size === 0),
        )
        .sort(([, a], [, b]) => a.dueAt - b.dueAt)
        .slice(0, max)
        .map(([subject, { set, dueAt }]) => ({ subject, set, dueAt }));
      return keep(
        foldClock(
          { partition: 3, definitions, meta, sequence },
          { offset: record(at).offset, appendedAt: at, due, max },
          states,
        ),
      );
    },
    /** Clock records until nothing is due. */
    clocks(at: number) {
      const changes: FoldedChange[] = [];
      for (let turn = 0; turn < 100; turn += 1) {
        changes.push(...this.clock(at).changes);
        if (![...timers.values()].some(({ dueAt }) => dueAt <= at)) break;
      }
      return changes;
    },
  };
}

const bought60 = {
  kind: "segment",
  id: "bought-60",
  name: "Bought in the last 60 days",
  when: { count: "order.placed", during: { last: "60 days" }, atLeast: 1 },
};

function order(id: string, at: number, total = 10): Partial<CustomerEvent> {
  return {
    name: "order.placed",
    occurredAt: at,
    sourceId: "orders",
    properties: JSON.stringify({ orderId: id, total }),
    order: { orderId: id, action: "placed", version: null, refund: null },
  };
}

describe("a partition is the fold of its log", () => {
  it("given a birthday tomorrow in Tokyo, when local midnight comes, then the customer enters, and leaves a day later", () => {
    const log = partition([
      {
        kind: "segment",
        id: "birthday",
        name: "Birthday",
        zone: "customer",
        when: { anniversary: "birthDate", today: true },
      },
    ]);
    const now = Date.UTC(2026, 4, 1, 0, 0);
    const first = log.event(
      {
        name: "profile.updated",
        attributes: JSON.stringify({ birthDate: "1990-05-02", zone: "Asia/Tokyo" }),
      },
      now,
    );
    expect(first.changes).toEqual([]);
    // Tokyo is nine hours ahead all year: 2 May begins there at 15:00 UTC on 1 May.
    const midnight = Date.UTC(2026, 4, 1, 15, 0);
    expect(log.clocks(midnight - 1)).toEqual([]);
    const entered = log.clocks(midnight);
    expect(entered).toMatchObject([
      {
        definition: "birthday",
        from: "out",
        to: "in",
        effectiveAt: midnight,
        changesAt: midnight + day,
        cause: "time",
        historic: false,
      },
    ]);
    expect(log.clocks(midnight + day)).toMatchObject([
      { definition: "birthday", from: "in", to: "out", effectiveAt: midnight + day, cause: "time" },
    ]);
  });

  it("given an order, when 60 days have passed, then the customer leaves at that millisecond with no event", () => {
    const log = partition([bought60]);
    const at = Date.UTC(2026, 0, 1, 12, 0, 0, 7);
    expect(log.event(order("o1", at), at + 50).changes).toMatchObject([
      {
        sequence: 1,
        changeId: "3-1",
        to: "in",
        effectiveAt: at,
        changesAt: at + 60 * day,
        cause: "event",
        causeEvent: "order.placed",
      },
    ]);
    // The window (t - 60 d, t] holds the order until t - 60 d reaches it.
    expect(log.clocks(at + 60 * day - 1)).toEqual([]);
    expect(log.clocks(at + 60 * day)).toMatchObject([
      { sequence: 2, to: "out", effectiveAt: at + 60 * day, cause: "time", causeEvent: null },
    ]);
  });

  it("given a source position seen before, then the event is rejected and changes nothing (F2)", () => {
    const log = partition([bought60]);
    const at = Date.UTC(2026, 0, 1);
    log.event({ ...order("o1", at), sourceOffset: 5 }, at);
    const again = log.event({ ...order("o2", at + 1), sourceOffset: 5 }, at + 1);
    expect(again.rejected).toMatchObject([
      { reason: "repeated-source-position", sourceOffset: 5, ordinal: 0 },
    ]);
    expect(again.changes).toEqual([]);
    const second = log.event({ ...order("o3", at + 2), sourceOffset: 5, ordinal: 1 }, at + 2);
    expect(second.rejected).toEqual([]);
  });

  it("given an event id seen within a day, then its repeat is rejected; without an id both count", () => {
    const log = partition([bought60]);
    const at = Date.UTC(2026, 0, 1);
    log.event({ eventId: "e-1" }, at);
    expect(log.event({ eventId: "e-1" }, at + hour).rejected).toMatchObject([
      { reason: "repeated-event-id" },
    ]);
    expect(log.event({}, at + hour).rejected).toEqual([]);
  });

  it("given history in a load, then timers in the past are held until the load ends, and settle at their own instants", () => {
    const log = partition([bought60]);
    const at = Date.UTC(2024, 0, 1);
    const appendedAt = Date.UTC(2026, 0, 1);
    log.meta.openLoads.add("orders/0");
    expect(log.event(order("o1", at), appendedAt).changes).toMatchObject([
      { to: "in", effectiveAt: at, historic: true },
    ]);
    expect(log.timers.get("customer:c1")?.set).toBe("held");
    expect(log.clock(appendedAt + 1).changes).toEqual([]);
    log.meta.openLoads.delete("orders/0");
    expect(log.clocks(appendedAt + 2)).toMatchObject([
      { to: "out", effectiveAt: at + 60 * day, historic: true, cause: "time" },
    ]);
  });

  it("given an order two days old with no load, then it is history; its overdue timer settles after 30 s", () => {
    const log = partition([bought60]);
    const now = Date.UTC(2026, 5, 1);
    expect(
      log.event(order("o1", now - 61 * day), now).changes.map(({ historic, to }) => [historic, to]),
    ).toEqual([[true, "in"]]);
    expect(log.clocks(now + 29_999)).toEqual([]);
    expect(log.clocks(now + 30_000)).toMatchObject([{ to: "out", effectiveAt: now - day, historic: true }]);
  });

  it("given more timers due than one clock record may fire, then it fires that many, earliest first (F3)", () => {
    const log = partition([bought60]);
    const at = Date.UTC(2026, 0, 1);
    for (const [index, subject] of ["a", "b", "c"].entries()) {
      log.event({ ...order(`o-${subject}`, at + index), subject }, at + index);
    }
    const fired = log.clock(at + 60 * day + 10, 2).changes;
    expect(fired.map(({ subject }) => subject)).toEqual(["a", "b"]);
    expect(log.clock(at + 60 * day + 10, 2).changes.map(({ subject }) => subject)).toEqual(["c"]);
  });

  it("given a late event behind the customer's clock, then the net difference comes with cause late", () => {
    const twice = { ...bought60, id: "bought-twice", when: { ...bought60.when, atLeast: 2 } };
    const log = partition([twice]);
    const at = Date.UTC(2026, 0, 10);
    log.event(order("o1", at), at);
    const late = log.event(order("o0", at - 10 * 60_000), at + 1_000);
    // Two orders by then; the earlier event cannot take effect before the customer's clock, where it was learned.
    expect(late.changes).toMatchObject([
      { definition: "bought-twice", to: "in", cause: "late", historic: false },
    ]);
  });
});
