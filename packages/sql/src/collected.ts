/** What is collected of each subject: one list for each selector, with what is asked of its events beside them. */
import type { Selector } from "@tidemark/core";
import { nowColumn } from "./asked.ts";
import type { Parameters } from "./parameters.ts";
import { selectorSql, valuesSql } from "./selector.ts";
import { columnName, number } from "./text.ts";

/** Elements have `at`, `partition`, `offset`, `sign` and `own` (not a correction), and what was asked for. */
interface Collected {
  /** The column: an array of named tuples. */
  readonly name: string;
  /** Numbers at a path, in units: an array in each element. */
  units(path: readonly string[]): string;
  /** Values at a path that can be told apart: an array of texts in each element. */
  keys(path: readonly string[]): string;
  /** What is at a path, as one JSON text, empty where it is missing. */
  value(path: readonly string[]): string;
}

export interface CollectedBook {
  /**
   * `reachMs`: events so long ago, and older ones, make no difference to what is asked; without it all may. They are left
   * out where nobody else asks for them.
   */
  of(selector: Selector, reachMs?: number): Collected;
  /** Names of the events that any list is of. */
  events(): string[];
  /** Whether any list needs more of its events than that they are there. */
  readsProperties(): boolean;
  /** Columns beside the contributions: which selector a row is of, and what is asked of it. */
  rowColumns(): { readonly tests: string[]; readonly values: string[] };
  /** Columns of the query that groups them by subject. */
  columns(): string[];
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly sql: string;
}

interface List {
  readonly event: string;
  readonly collected: Collected;
  readonly test: (reachMs: number) => string;
  readonly values: () => string[];
  readonly readsProperties: () => boolean;
  readonly column: () => string;
}

const place: readonly Column[] = [
  { name: "at", type: "Int64", sql: "at" },
  { name: "partition", type: "UInt32", sql: "partition" },
  { name: "offset", type: "Int64", sql: "offset" },
  { name: "sign", type: "Int8", sql: "sign" },
  { name: "own", type: "Bool", sql: "own" },
];

export function collectedBook(parameters: Parameters): CollectedBook {
  const lists = new Map<string, List>();
  const reaches = new Map<List, number>();
  const names = new Set<string>();

  const open = (selector: Selector): List => {
    const base = columnName(selector.event);
    let name = base;
    for (let more = 2; names.has(name); more += 1) name = `${base}_${more}`;
    names.add(name);
    const isOne = `is_${name}`;
    const selectorTest = selectorSql(selector, parameters);
    const asked = new Map<string, Column>();
    const ask = (
      prefix: string,
      path: readonly string[],
      type: string,
      sql: (values: string) => string,
    ): string => {
      const column = columnName(prefix, ...path);
      const key = JSON.stringify([prefix, path]);
      const known = asked.get(key);
      if (known !== undefined) return known.name;
      const taken = [...asked.values()].filter((one) => one.name === column).length;
      const unique = taken === 0 ? column : `${column}_${asked.size + 1}`;
      // Reading JSON costs: only where it is one of these events.
      const text = `if(${isOne}, ${sql(valuesSql("properties", path, parameters))}, ${type === "String" ? "''" : "[]"})`;
      asked.set(key, { name: unique, type, sql: text });
      return unique;
    };
    const collected: Collected = {
      name,
      units: (path) =>
        ask(
          "units",
          path,
          "Array(Int64)",
          (values) =>
            `arrayMap(unit -> assumeNotNull(unit), arrayFilter(unit -> unit IS NOT NULL AND abs(unit) <= 9007199254740991, arrayMap(value -> unitsOf(value), ${values})))`,
        ),
      keys: (path) =>
        ask(
          "keys",
          path,
          "Array(String)",
          (values) =>
            `arrayFilter(key -> key != '', arrayMap(value -> multiIf(isText(value), concat('s', textOf(value)), value = 'true', 't', value = 'false', 'f', isList(value) OR startsWith(value, '{') OR unitsOf(value) IS NULL, '', concat('n', toString(assumeNotNull(unitsOf(value))))), arrayFlatten(arrayMap(value -> if(isList(value), JSONExtractArrayRaw(value), [value]), ${values}))))`,
        ),
      value: (path) =>
        ask(
          "value",
          path,
          "String",
          (values) =>
            `if(length(${values}) > 1, concat('[', arrayStringConcat(${values}, ','), ']'), arrayElement(${values}, 1))`,
        ),
    };
    const column = (): string => {
      const columns = [...place, ...asked.values()];
      const type = `Tuple(${columns.map((one) => `${one.name} ${one.type}`).join(", ")})`;
      const given = [
        ...place.map((one) => one.sql),
        ...[...asked.values()].map((one) => `${name}_${one.name}`),
      ];
      return `groupArrayIf(CAST((${given.join(", ")}), '${type}'), ${isOne}) AS ${name}`;
    };
    return {
      event: selector.event,
      collected,
      column,
      // Long histories cost little where a window is short.
      test: (reachMs) =>
        `${Number.isFinite(reachMs) ? `at > ${nowColumn} - ${number(reachMs)} AND ` : ""}${selectorTest} AS ${isOne}`,
      readsProperties: () => selector.where !== undefined || asked.size > 0,
      values: () => [...asked.values()].map((one) => `${one.sql} AS ${name}_${one.name}`),
    };
  };

  return {
    of(selector, reachMs = Number.POSITIVE_INFINITY) {
      const key = JSON.stringify([selector.event, selector.where ?? null]);
      const list = lists.get(key) ?? open(selector);
      lists.set(key, list);
      reaches.set(list, Math.max(reachMs, reaches.get(list) ?? 0));
      return list.collected;
    },
    events: () => [...new Set([...lists.values()].map(({ event }) => event))],
    readsProperties: () => [...lists.values()].some(({ readsProperties }) => readsProperties()),
    rowColumns: () => ({
      tests: [...reaches].map(([{ test }, reachMs]) => test(reachMs)),
      values: [...lists.values()].flatMap(({ values }) => values()),
    }),
    columns: () => [...lists.values()].map(({ column }) => column()),
  };
}
