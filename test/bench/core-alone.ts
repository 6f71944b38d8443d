/** What core costs alone, with no I/O: an event is folded, evaluated, and the customer encoded. */
import {
  buildPlan,
  type CustomerState,
  emptyCustomer,
  type FoldEvent,
  foldEvent,
  packCustomer,
  parseDefinitions,
  type Plan,
  unpackCustomer,
} from "@tidemark/core";
import { benchDefinitions } from "./definitions.ts";
import { history } from "./events.ts";

export interface CoreCost {
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly microsecondsPerEvent: number;
}

export function benchPlan(documents: readonly object[] = benchDefinitions()): Plan {
  const { definitions, faults } = parseDefinitions(documents);
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  return buildPlan(
    definitions.map((definition) => ({ definition, version: 1, filling: false })),
    { zone: "Europe/Berlin" },
  );
}

/** `decode`: each customer is read from its bytes before each event, as `segments` does for one it has not seen lately. */
export function measureHistory(events: number, customers: number, decode: boolean): CoreCost & { changes: number; bytes: number } {
  const plan = benchPlan();
  const from = Date.UTC(2026, 0, 1);
  const all = [...history({ customers, events, from, to: from + 120 * 86_400_000, seed: 1 })].map(
    ({ subject, occurredAt, name, attributes, properties }, offset): readonly [string, FoldEvent] => [
      subject,
      {
        occurredAt,
        partition: 0,
        offset,
        ...(attributes ? { attributes: JSON.parse(attributes) } : {}),
        contributions: [
          { name, occurredAt, sign: 1, properties: JSON.parse(properties), remembered: true },
        ],
      },
    ],
  );
  const states = new Map<string, CustomerState>();
  const packed = new Map<string, Uint8Array>();
  let changes = 0;
  let bytes = 0;
  const started = process.cpuUsage();
  for (const [subject, event] of all) {
    let state = states.get(subject);
    if (decode) {
      const held = packed.get(subject);
      state = held === undefined ? undefined : unpackCustomer(plan, held, subject);
    }
    state ??= emptyCustomer("customer", subject);
    changes += foldEvent(plan, state, event).length;
    const encoded = packCustomer(plan, state);
    bytes += encoded.length;
    if (decode) packed.set(subject, encoded);
    else states.set(subject, state);
  }
  const used = process.cpuUsage(started);
  const microseconds = used.user + used.system;
  return {
    events,
    eventsPerSecond: Math.round((events / microseconds) * 1e6),
    microsecondsPerEvent: Math.round((microseconds / events) * 100) / 100,
    changes,
    bytes: Math.round(bytes / events),
  };
}
if (process.argv[1]?.endsWith("core-alone.ts")) {
  console.log(measureHistory(300_000, 20_000, false));
  console.log(measureHistory(300_000, 20_000, true));
}

/** Ten definitions over three features of order.placed; the rest over events that do not come. */
export function touching(definitions: number): object[] {
  const of = "order.placed";
  const last = (days: number): object => ({ last: `${days} days` });
  const read: object[] = [
    { count: of, during: last(30), atLeast: 1 },
    { count: of, during: last(90), atLeast: 3 },
    { sum: "total", of, during: last(60), atLeast: 500 },
    { sum: "total", of, during: last(365), atLeast: 1_000 },
    { average: "total", of, during: last(180), above: 40 },
    { since: "last", of, atLeast: "60 days" },
    { since: "last", of, between: ["7 days", "14 days"] },
    { distinct: "channel", of, during: last(90), atLeast: 2 },
    { all: [{ count: of, during: last(90), atLeast: 2 }, { since: "last", of, atLeast: "30 days" }] },
    { not: { count: of, during: last(60), atLeast: 1 } },
  ];
  const rest = Array.from({ length: definitions - read.length }, (_, index) => ({
    count: `event.number-${index}`,
    during: last(30 + index),
    atLeast: 1,
  }));
  return [...read, ...rest].map((when, index) => ({ kind: "segment", id: `s${index}`, when }));
}

export function measureTouching(definitions: number, customers = 1_000, rounds = 100): CoreCost & { bytes: number; changes: number } {
  const plan = benchPlan(touching(definitions));
  const from = Date.UTC(2026, 0, 1);
  const states = Array.from({ length: customers }, (_, at) => emptyCustomer("customer", `c${at}`));
  const channels = ["web", "shop", "app"];
  let [offset, bytes, changes] = [0, 0, 0];
  let started = process.cpuUsage();
  for (let round = 0; round < rounds; round += 1) {
    if (round === rounds / 2) {
      started = process.cpuUsage();
      [bytes, changes] = [0, 0];
    }
    for (const [at, state] of states.entries()) {
      offset += 1;
      const occurredAt = from + round * 18 * 86_400_000 + at * 7_919;
      const properties = { total: 20 + ((offset * 7) % 60), channel: channels[offset % 3] };
      changes += foldEvent(plan, state, {
        occurredAt,
        partition: 0,
        offset,
        contributions: [{ name: "order.placed", occurredAt, sign: 1, properties, remembered: true }],
      }).length;
      bytes += packCustomer(plan, state).length;
    }
  }
  const used = process.cpuUsage(started);
  const events = (customers * rounds) / 2;
  const microseconds = used.user + used.system;
  return {
    events,
    eventsPerSecond: Math.round((events / microseconds) * 1e6),
    microsecondsPerEvent: Math.round((microseconds / events) * 100) / 100,
    changes: changes / events,
    bytes: Math.round(bytes / events),
  };
}
