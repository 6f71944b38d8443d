/**
 * Named columns, each worked out once: a column stands in a SELECT around those that it names. A name that is taken by
 * another expression gets a number.
 */
import { indented } from "./text.ts";

interface Column {
  readonly name: string;
  readonly sql: string;
  readonly level: number;
}

export interface Stages {
  /** The name that an expression got. */
  named(name: string, sql: string): string;
  /** The innermost query, and all columns around it. */
  around(source: string): string;
}

/**
 * ClickHouse puts SELECTs in each other together as one expression, and what stands in a branch of it that may be left
 * out it works out again for each column that names it, and what that names too: of columns that rest on columns that is
 * a multitude, in gigabytes. It puts nothing together across an ARRAY JOIN, which copies rows: only where it is deep.
 */
const levelsTogether = 4;

const namePattern = /[A-Za-z_][A-Za-z0-9_]*/g;

/** `reserved`: names that no column may have, as they are what the query answers with. */
export function stages(reserved: ReadonlySet<string>): Stages {
  const byName = new Map<string, Column>();
  const bySql = new Map<string, string>();
  return {
    named(wanted, sql) {
      const known = bySql.get(sql);
      if (known !== undefined) return known;
      let name = wanted;
      for (let more = 2; byName.has(name) || reserved.has(name); more += 1) name = `${wanted}_${more}`;
      const below = [...sql.matchAll(namePattern)].map(([word]) => byName.get(word)?.level ?? 0);
      byName.set(name, { name, sql, level: 1 + Math.max(0, ...below) });
      bySql.set(sql, name);
      return name;
    },
    around(source) {
      const columns = [...byName.values()];
      const highest = Math.max(0, ...columns.map(({ level }) => level));
      let query = source;
      for (let level = 1; level <= highest; level += 1) {
        const own = columns
          .filter((column) => column.level === level)
          .map(({ name, sql }) => `${sql} AS ${name}`);
        const apart = level >= levelsTogether ? `\nARRAY JOIN [${level}] AS level_${level}` : "";
        query = `SELECT *,\n    ${own.join(",\n    ")}\nFROM\n(\n${indented(query, 4)}\n)${apart}`;
      }
      return query;
    },
  };
}
