/**
 * What was lost and what came twice: by numbers against what was sent, and the members of every segment by brute
 * force. Nothing of the engine is used.
 */
import type { Warehouse } from "@tidemark/runtime";
import { customerName } from "./events.ts";
import type { Producer } from "./producer.ts";

export interface Verdict {
  readonly lost: number;
  readonly repeated: number;
  /** A sentence for each finding. */
  readonly findings: readonly string[];
}

interface Customer {
  orders: number;
  cents: number;
  path: string;
  viewedAt: number;
  newsletter: boolean;
}

const viewedLatelyMs = 120_000;

/** Everything has to be drained up to `asOf`, in ms. `received` are the ids of webhooks, by endpoint. */
export async function judge(
  warehouse: Warehouse,
  producer: Producer,
  asOf: number,
  received: Readonly<Record<string, ReadonlyMap<string, number>>>,
): Promise<Verdict> {
  const findings: string[] = [];
  let [lost, repeated] = [0, 0];
  const compare = (what: string, expected: number, rows: number, distinct: number): void => {
    lost += Math.max(0, expected - distinct);
    repeated += rows - distinct + Math.max(0, distinct - expected);
    if (rows !== expected || distinct !== expected)
      findings.push(`${what}: ${expected} expected, ${rows} found, ${distinct} of them distinct`);
  };
  const events = await row<{ total: number; distinct: number }>(
    warehouse,
    "SELECT count() AS total, uniqExact(source_id, source_partition, source_offset, ordinal) AS distinct FROM admitted_events WHERE source_id != 'poison'",
  );
  compare("events", producer.count(), events.total, events.distinct);
  const changes = await row<{ total: number; distinct: number; last: number }>(
    warehouse,
    `SELECT sum(rows) AS total, sum(numbers) AS distinct, sum(highest) AS last FROM (
       SELECT count() AS rows, uniqExact(sequence) AS numbers, max(sequence) AS highest
       FROM segment_changes GROUP BY kafka_partition)`,
  );
  compare("changes", changes.last, changes.total, changes.distinct);
  const entered = await warehouse.query<{ id: string }>(
    "SELECT change_id AS id FROM segment_changes WHERE definition = 'spent-500' AND to_state = 'in' AND NOT historic",
  );
  for (const [endpoint, automation] of [
    ["quick", "thank-you"],
    ["hung", "thank-you-too"],
  ] as const) {
    const ids = received[endpoint] ?? new Map();
    const expected = new Set(entered.map(({ id }) => `${id}/${automation}/0`));
    const missing = [...expected].filter((id) => !ids.has(id));
    const tooMany = [...ids.keys()].filter((id) => !expected.has(id));
    lost += missing.length;
    repeated += tooMany.length;
    if (missing.length + tooMany.length > 0)
      findings.push(`webhooks to ${endpoint}: ${missing.length} missing, ${tooMany.length} of no change`);
  }
  const expected = bruteForce(producer, asOf);
  const found = await membersOf(warehouse, asOf);
  for (const [segment, members] of expected) {
    const there = found.get(segment) ?? new Set();
    const missing = [...members].filter((customer) => !there.has(customer)).length;
    const tooMany = [...there].filter((customer) => !members.has(customer)).length;
    lost += missing;
    repeated += tooMany;
    if (missing + tooMany > 0) findings.push(`${segment}: ${missing} members missing, ${tooMany} too many`);
  }
  return { lost, repeated, findings };
}

function bruteForce(producer: Producer, asOf: number): ReadonlyMap<string, ReadonlySet<string>> {
  const customers = new Map<number, Customer>();
  for (const { event, occurredAt } of producer.all()) {
    const known = customers.get(event.customer) ?? {
      orders: 0,
      cents: 0,
      path: "",
      viewedAt: Number.NEGATIVE_INFINITY,
      newsletter: false,
    };
    customers.set(event.customer, known);
    if (event.kind === "order") {
      known.orders += 1;
      known.cents += event.cents;
    } else if (event.kind === "view") {
      known.path = event.path;
      known.viewedAt = occurredAt;
    } else known.newsletter = event.newsletter;
  }
  const those = (isMember: (customer: Customer) => boolean): ReadonlySet<string> =>
    new Set(
      [...customers].filter(([, customer]) => isMember(customer)).map(([number]) => customerName(number)),
    );
  return new Map([
    ["ordered-5", those(({ orders }) => orders >= 5)],
    ["spent-500", those(({ cents }) => cents >= 50_000)],
    ["likes-sales", those(({ path }) => path === "/sale")],
    ["viewed-lately", those(({ viewedAt }) => viewedAt > asOf - viewedLatelyMs)],
    ["newsletter", those(({ newsletter }) => newsletter)],
  ]);
}

async function membersOf(
  warehouse: Warehouse,
  asOf: number,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const rows = await warehouse.query<{ definition: string; subjects: string[] }>(
    `SELECT definition, groupArray(subject) AS subjects FROM (
       SELECT definition, subject, argMax(to_state, sequence) AS state FROM segment_changes
       WHERE effective_at <= fromUnixTimestamp64Milli({asOf:Int64}) GROUP BY definition, subject)
     WHERE state = 'in' GROUP BY definition`,
    { asOf },
  );
  return new Map(rows.map(({ definition, subjects }) => [definition, new Set(subjects)]));
}

async function row<Row>(warehouse: Warehouse, sql: string): Promise<Row> {
  const [first] = await warehouse.query<Row>(sql);
  if (first === undefined) throw new Error(`no answer to ${sql}`);
  return Object.fromEntries(
    Object.entries(first as object).map(([name, value]) => [name, Number(value)]),
  ) as Row;
}
