/** Real data that nobody here wrote, and what others make of it. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Session } from "chdb";
import { afterAll, expect } from "vitest";
import type { Ran } from "./backtest-support.ts";

const folder = fileURLToPath(new URL("../../../../shared/data/", import.meta.url));

export const dataFile = (name: string): string => `${folder}${name}`;

/** Says so where the data are not here: the tests are skipped then. */
export function hasData(name: string): boolean {
  const isHere = existsSync(dataFile(name));
  if (!isHere) process.stdout.write(`${name} is not at ../shared/data: its tests are skipped\n`);
  return isHere;
}

export interface Sql {
  /** Keeps the rows of a query under a name. */
  keep(name: string, sql: string): void;
  rows(sql: string): readonly Readonly<Record<string, unknown>>[];
}

/** ClickHouse's engine in this process, until the tests of the file are over; there is one a process. */
export function openSql(): Sql {
  let session: Session | undefined;
  const query = (sql: string, format?: string): string => {
    session ??= new Session();
    return session.query(sql, format);
  };
  afterAll(() => session?.cleanup());
  return {
    keep: (name, sql) => void query(`CREATE TABLE ${name} ENGINE = Memory AS ${sql}`),
    rows(sql) {
      const text = query(sql, "JSONEachRow").trim();
      return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
}

/** By customer; those who have no such metric are not in it. */
export function metricOf({ metrics }: Ran, name: string): ReadonlyMap<string, number> {
  return new Map(
    metrics.flatMap(([id = "", metric, value]) => (metric === name ? [[id, Number(value)]] : [])),
  );
}

export function membersOf({ members }: Ran, segment: string): ReadonlySet<string> {
  return new Set(members.flatMap(([id = "", , definition]) => (definition === segment ? [id] : [])));
}

/** Prints how many are equal, and fails with the first that are not. */
export function expectAllEqual<T>(
  what: string,
  expected: ReadonlyMap<string, T>,
  found: (id: string) => T | undefined,
): void {
  const different = [...expected].filter(([id, value]) => found(id) !== value);
  process.stdout.write(`${what}: ${expected.size - different.length} of ${expected.size} equal\n`);
  expect(different.slice(0, 5).map(([id, value]) => ({ id, expected: value, found: found(id) }))).toEqual([]);
  expect(expected.size).toBeGreaterThan(0);
}

/** A column of the rows by their `id`. */
export function column(
  rows: readonly Readonly<Record<string, unknown>>[],
  name: string,
): Map<string, unknown> {
  return new Map(rows.map((row) => [String(row.id), row[name]]));
}

/** Of every customer: whether the segment has it, against a column of 0 and 1. */
export function expectSegment(ran: Ran, segment: string, expected: ReadonlyMap<string, unknown>): void {
  const members = membersOf(ran, segment);
  const inside = [...expected.values()].filter((value) => value === 1).length;
  expect(ran.json.segments[segment]).toBe(inside);
  // A segment of nobody or everybody would show nothing.
  expect(inside).toBeGreaterThan(0);
  expect(inside).toBeLessThan(expected.size);
  expectAllEqual(`${segment} (${inside} members)`, expected, (id) => (members.has(id) ? 1 : 0));
}

/** Of every customer: its number, against a column; null is none. */
export function expectMetric(ran: Ran, metric: string, expected: ReadonlyMap<string, unknown>): void {
  const found = metricOf(ran, metric);
  expectAllEqual(metric, expected, (id) => found.get(id) ?? null);
}
