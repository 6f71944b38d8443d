/**
 * What core costs alone, with no I/O: an event is folded, the definitions it touches are evaluated, the customer is
 * encoded. CPU time of the process, so that neighbours matter less; a round of all customers that was least disturbed
 * is told beside the mean.
 */
import process from "node:process";
import {
  buildPlan,
  emptyCustomer,
  type FoldEvent,
  foldEvent,
  type Plan,
  packCustomer,
  parseDefinitions,
  unpackCustomer,
} from "@tidemark/core";
import { bytesWithRfmPack } from "./customer-bytes.ts";
import { benchDefinitions } from "./definitions.ts";
import { history } from "./events.ts";

interface Cost {
  readonly eventsPerSecond: number;
  readonly microsecondsPerEvent: number;
  /** The same in the round that was least disturbed. */
  readonly leastMicroseconds: number;
  readonly changesPerEvent: number;
  readonly bytesPerCustomer: number;
}

export interface CoreFigures {
  /** An event that touches three features, by number of definitions. */
  readonly touchingThreeFeatures: Readonly<Record<number, Cost>>;
  /** The bench's fifty definitions and history: each customer is decoded, folded, encoded. */
  readonly history: Cost;
  /** With the RFM pack and 20 orders, in the mean. */
  readonly bytesWithRfmPack: number;
}

export function measureCore(say: (message: string) => void): CoreFigures {
  const touchingThreeFeatures: Record<number, Cost> = {};
  for (const definitions of [10, 50, 100, 1_000]) {
    touchingThreeFeatures[definitions] = measureTouching(definitions);
    say(`core: ${definitions} definitions ${JSON.stringify(touchingThreeFeatures[definitions])}`);
  }
  const figures = { touchingThreeFeatures, history: measureHistory(), bytesWithRfmPack: bytesWithRfmPack() };
  say(`core: history ${JSON.stringify(figures.history)}`);
  return figures;
}

/** Documents as users write them, in a plan. */
export function planOf(documents: readonly object[]): Plan {
  const { definitions, faults } = parseDefinitions(documents);
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  const inputs = definitions.map((definition) => ({ definition, version: 1, filling: false }));
  return buildPlan(inputs, { zone: "Europe/Berlin" });
}

/** Ten definitions over three features of order.placed; the rest over events that do not come. */
function documentsTouching(count: number): object[] {
  const of = "order.placed";
  const last = (days: number): object => ({ last: `${days} days` });
  const read: object[] = [
    { count: of, during: last(30), atLeast: 1 },
    { count: of, during: last(14), atLeast: 3 },
    { sum: "total", of, during: last(30), atLeast: 500 },
    { sum: "total", of, during: last(7), atLeast: 100 },
    { average: "total", of, during: last(30), above: 40 },
    { since: "last", of, atLeast: "60 days" },
    { since: "last", of, between: ["7 days", "14 days"] },
    { distinct: "channel", of, during: last(30), atLeast: 2 },
    {
      all: [
        { count: of, during: last(30), atLeast: 2 },
        { since: "last", of, atLeast: "30 days" },
      ],
    },
    { not: { count: of, during: last(21), atLeast: 1 } },
  ];
  const rest = Array.from({ length: count - read.length }, (_, index) => ({
    count: `event.number-${index}`,
    during: last(30 + index),
    atLeast: 1,
  }));
  return [...read, ...rest].map((when, index) => ({ kind: "segment", id: `s${index}`, when }));
}

const customers = 200;
const rounds = 1_000;
/** So that each customer has 20 orders in the longest window. */
const betweenOrdersMs = 36 * 3_600_000;

function measureTouching(definitions: number): Cost {
  const plan = planOf(documentsTouching(definitions));
  const states = Array.from({ length: customers }, (_, at) => emptyCustomer("customer", `c${at}`));
  const channels = ["web", "shop", "app"];
  let offset = 0;
  return costOf(customers, rounds, (round, count) => {
    states.forEach((state, at) => {
      offset += 1;
      const occurredAt = Date.UTC(2026, 0, 1) + round * betweenOrdersMs + at * 7_919;
      const properties = { total: 20 + ((offset * 7) % 60), channel: channels[offset % 3] };
      const changes = foldEvent(plan, state, {
        occurredAt,
        partition: 0,
        offset,
        contributions: [{ name: "order.placed", occurredAt, sign: 1, properties, remembered: true }],
      });
      count(changes.length, packCustomer(plan, state).length);
    });
  });
}

function measureHistory(): Cost {
  const plan = planOf(benchDefinitions());
  const from = Date.UTC(2026, 0, 1);
  const shape = { customers: 10_000, events: 200_000, from, to: from + 120 * 86_400_000, seed: 1 };
  const events = [...history(shape)].map(
    ({ subject, occurredAt, name, attributes, properties }, offset): readonly [string, FoldEvent] => [
      subject,
      {
        occurredAt,
        partition: 0,
        offset,
        ...(attributes ? { attributes: JSON.parse(attributes) } : {}),
        contributions: [{ name, occurredAt, sign: 1, properties: JSON.parse(properties), remembered: true }],
      },
    ],
  );
  const packed = new Map<string, Uint8Array>();
  const perRound = 2_000;
  return costOf(perRound, events.length / perRound, (round, count) => {
    for (const [subject, event] of events.slice(round * perRound, (round + 1) * perRound)) {
      const held = packed.get(subject);
      const state =
        held === undefined ? emptyCustomer("customer", subject) : unpackCustomer(plan, held, subject);
      const changes = foldEvent(plan, state, event);
      const bytes = packCustomer(plan, state);
      packed.set(subject, bytes);
      count(changes.length, bytes.length);
    }
  });
}

/** Of the second half of the rounds, so that all is compiled and customers have their history. */
function costOf(
  eventsPerRound: number,
  roundCount: number,
  run: (round: number, count: (changes: number, bytes: number) => void) => void,
): Cost {
  let [changes, bytes, least] = [0, 0, Number.POSITIVE_INFINITY];
  const count = (changed: number, length: number): void => {
    changes += changed;
    bytes += length;
  };
  const measuredFrom = Math.floor(roundCount / 2);
  let started = process.cpuUsage();
  for (let round = 0; round < roundCount; round += 1) {
    if (round === measuredFrom) {
      [changes, bytes] = [0, 0];
      started = process.cpuUsage();
    }
    const begun = process.hrtime.bigint();
    run(round, count);
    const tookMicroseconds = Number(process.hrtime.bigint() - begun) / 1_000;
    if (round >= measuredFrom) least = Math.min(least, tookMicroseconds / eventsPerRound);
  }
  const { user, system } = process.cpuUsage(started);
  const events = eventsPerRound * (roundCount - measuredFrom);
  return {
    eventsPerSecond: Math.round((events / (user + system)) * 1e6),
    microsecondsPerEvent: rounded((user + system) / events),
    leastMicroseconds: rounded(least),
    changesPerEvent: rounded(changes / events),
    bytesPerCustomer: Math.round(bytes / events),
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
