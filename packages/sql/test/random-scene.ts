/** Random definitions and random histories as both executors get them: records of the log, and rows of the archive. */
import fc from "fast-check";
import { attributeValues } from "../../../services/warehouse/src/attribute-values.ts";
import { readableJson } from "../../../services/warehouse/src/rows.ts";
import type { CustomerEvent, OrderChange } from "../../contracts/src/index.ts";
import {
  buildPlan,
  type Contribution,
  type Cuts,
  type Definition,
  type FoldEvent,
  type Plan,
  type SubjectKind,
} from "../../core/src/index.ts";
import { denseHistory } from "../../core/test/support/dense-history.ts";
import {
  cutsOf,
  definitions,
  definitionsWithoutLatches,
  type RandomDefinitions,
} from "../../core/test/support/random-definitions.ts";
import { history } from "../../core/test/support/random-history.ts";
import { wildJsonEvents } from "../../core/test/support/wild-events.ts";
import { applyOrderChange, type OrderImage } from "../../runtime/src/index.ts";
import type { Row } from "./archive.ts";
import { renamed, renamedCuts } from "./batch.ts";

export interface Scene {
  readonly subject: SubjectKind;
  readonly zone: string;
  /** Of several sets, under ids of their own. */
  readonly definitions: readonly Definition[];
  readonly cuts: Cuts;
  readonly plan: Plan;
  readonly lives: readonly Life[];
  /** Ascending. */
  readonly instants: readonly number[];
}

/** One subject. */
export interface Life {
  readonly id: string;
  /** In the order of the log. */
  readonly records: readonly LogRecord[];
  /** Asked about from then on: where some came late, only behind all of them. */
  readonly from: number;
}

export interface LogRecord {
  readonly occurredAt: number;
  readonly partition: number;
  readonly offset: number;
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly order: OrderChange | null;
}

/** The event that random definitions call `a` is the one that has corrections. */
const placed = "order.placed";

const orderSpec = fc.option(
  fc.record({
    orderId: fc.constantFrom("o1", "o2", "o3"),
    action: fc.constantFrom(
      "updated" as const,
      "cancelled" as const,
      "refunded" as const,
      "refunded" as const,
    ),
    version: fc.option(fc.integer({ min: 1, max: 4 }), { nil: null, freq: 2 }),
    refund: fc.constantFrom(null, 0.5, 5, 10, 12.5, 40),
  }),
  { nil: null, freq: 3 },
);
const orderSpecs = fc.array(orderSpec, { minLength: 14, maxLength: 14 });

/**
 * What happened, without what core's own histories take back: orders take back here. All of a subject is in one
 * partition, whose order is that of its orders' changes.
 */
function recordsOf(events: readonly FoldEvent[], specs: readonly (OrderSpec | null)[]): LogRecord[] {
  const partition = events[0]?.partition ?? 0;
  return events.map(({ occurredAt, offset, attributes, contributions }, index) => {
    const [own] = contributions;
    const spec = specs[index % specs.length] ?? null;
    const name = own?.name === "a" ? placed : (own?.name ?? "c");
    return {
      occurredAt,
      partition,
      offset,
      name,
      properties: own?.properties ?? {},
      ...(attributes === undefined ? {} : { attributes }),
      order: orderOf(name, spec),
    };
  });
}

type OrderSpec = Pick<OrderChange, "orderId" | "version" | "refund"> & {
  readonly action: "updated" | "cancelled" | "refunded";
};

function orderOf(name: string, spec: OrderSpec | null): OrderChange | null {
  if (spec === null || name === "c") return null;
  const { orderId, version } = spec;
  if (name === placed) return { orderId, action: "placed", version, refund: null };
  return { orderId, action: spec.action, version, refund: spec.action === "refunded" ? spec.refund : null };
}

const plainLife = fc.tuple(history, orderSpecs).map(([events, specs]) => recordsOf(events, specs));
const wildLife = fc.tuple(wildJsonEvents, orderSpecs).map(([events, specs]) =>
  recordsOf(
    events.map((event, offset) => ({ ...event, offset })).sort((a, b) => a.occurredAt - b.occurredAt),
    specs,
  ),
);
const denseLife = fc
  .tuple(fc.nat(), fc.integer({ min: 200, max: 700 }), orderSpecs)
  .map(([seed, count, specs]) => recordsOf(denseHistory(seed, count), specs.with(1, null).with(3, null)));

const life = fc
  .oneof(
    { weight: 12, arbitrary: plainLife },
    { weight: 3, arbitrary: wildLife },
    { weight: 1, arbitrary: denseLife },
  )
  .chain((records) =>
    fc.oneof(
      { weight: 3, arbitrary: fc.constant({ records, isLate: false }) },
      fc
        .shuffledSubarray(records, { minLength: records.length, maxLength: records.length })
        .map((shuffled) => ({ records: shuffled, isLate: true })),
    ),
  );

const spans = [
  0,
  0,
  0,
  3_600_000,
  6 * 3_600_000,
  86_400_000,
  7 * 86_400_000,
  30 * 86_400_000,
  60 * 86_400_000,
];

export interface Sizes {
  readonly sets: number;
  readonly lives: number;
  readonly instants: number;
}

/** The same scene for the same seed. */
export function sceneOf(seed: number, { sets, lives, instants }: Sizes): Scene {
  const sample = <Value>(arbitrary: fc.Arbitrary<Value>, numRuns: number): Value[] =>
    fc.sample(arbitrary, { seed, numRuns });
  const given = sample(fc.oneof(definitions, definitionsWithoutLatches), sets);
  const zone = given[0]?.zone ?? "UTC";
  const subject: SubjectKind = seed % 4 === 0 ? "company" : "customer";
  const all: Definition[] = [];
  let cuts: Cuts = {};
  given.forEach((one, index) => {
    const own = ofOrders(one, subject);
    all.push(...renamed(own.definitions, `d${index}-`));
    const plan = buildPlan(inputsOf(own.definitions), { zone });
    cuts = { ...cuts, ...renamedCuts(cutsOf({ ...own, zone }, plan), `d${index}-`) };
  });
  const drawn = sample(life, lives).map(({ records, isLate }, index): Life => {
    const inLog = records.map((record, offset) => ({ ...record, offset }));
    const newest = Math.max(...inLog.map(({ occurredAt }) => occurredAt));
    return { id: `s${index}`, records: inLog, from: isLate ? newest : Number.NEGATIVE_INFINITY };
  });
  const moments = drawn.flatMap(({ records }) => records.map(({ occurredAt }) => occurredAt));
  const near = fc
    .tuple(fc.nat(), fc.constantFrom(...spans), fc.constantFrom(-1, 0, 0, 1), fc.boolean())
    .map(([which, span, by, onDay]) => {
      const at = (moments[which % moments.length] ?? 0) + span + by;
      return onDay && span > 0 ? Math.floor(at / 3_600_000) * 3_600_000 : at;
    });
  const asked = sample(near, instants).filter((at) => at < Date.UTC(2118, 0, 1));
  const inForce = { zone, cuts };
  const unique = [...new Map(all.map((one) => [`${one.kind}/${one.id}`, one])).values()];
  return {
    subject,
    zone,
    definitions: unique,
    cuts,
    plan: buildPlan(inputsOf(unique), inForce),
    lives: drawn,
    instants: [...new Set(asked)].sort((a, b) => a - b),
  };
}

function inputsOf(all: readonly Definition[]) {
  return all.map((definition) => ({ definition, version: 1, filling: false }));
}

function ofOrders(given: RandomDefinitions, subject: SubjectKind): RandomDefinitions {
  const text = JSON.stringify(given.definitions).replaceAll('"event":"a"', `"event":"${placed}"`);
  const own = JSON.parse(text) as Definition[];
  return { ...given, definitions: own.map((one) => ({ ...one, subject }) as Definition) };
}

export interface Admission {
  readonly record: LogRecord;
  /** Null: not admitted. */
  readonly event: FoldEvent | null;
}

/** As services/segments admits them. */
export function admissionsOf(records: readonly LogRecord[]): Admission[] {
  const orders = new Map<string, OrderImage>();
  return records.map((record) => {
    const { occurredAt, partition, offset, name, properties, attributes, order } = record;
    const own: Contribution = { name, occurredAt, sign: 1, properties, remembered: true };
    const place = { occurredAt, partition, offset, ...(attributes === undefined ? {} : { attributes }) };
    if (order === null) return { record, event: { ...place, contributions: [own] } };
    const change = { name, occurredAt, order } as CustomerEvent & { readonly order: OrderChange };
    const before = orders.get(order.orderId) ?? null;
    const outcome = applyOrderChange(before, change, properties, occurredAt);
    if (outcome.outcome !== "folded") return { record, event: null };
    orders.set(order.orderId, outcome.image);
    return { record, event: { ...place, contributions: outcome.contributions } };
  });
}

export function rowsOf(subject: SubjectKind, id: string, admissions: readonly Admission[]) {
  const events = admissions.map(({ record }): Row => {
    const { occurredAt, partition, offset, name, properties, attributes, order } = record;
    const text = attributes === undefined ? null : JSON.stringify(attributes);
    return {
      kafka_partition: partition,
      offset,
      appended_at: textOf(occurredAt),
      subject_kind: subject,
      subject: id,
      name,
      occurred_at: textOf(occurredAt),
      attributes: text,
      attribute_values: attributeValues(text),
      properties: readableJson(JSON.stringify(properties)),
      order_id: order?.orderId ?? null,
      order_action: order?.action ?? null,
      order_version: order?.version ?? null,
      order_refund: order?.refund ?? null,
    };
  });
  const rejected = admissions
    .filter(({ event }) => event === null)
    .map(({ record }): Row => ({ event_partition: record.partition, event_offset: record.offset }));
  return { events, rejected };
}

/** As ClickHouse writes an instant. */
export function textOf(at: number): string {
  return new Date(at).toISOString().replace("T", " ").slice(0, 23);
}
