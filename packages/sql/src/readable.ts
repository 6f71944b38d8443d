/** A query with what it is given written out, to be read, and pasted into any client of ClickHouse. */
import type { Query } from "./compile.ts";
import { settingsSql } from "./settings.ts";

/** As a comment above it: what it answers, and when. Names may hold anything. */
export function readableSql({ sql, parameters }: Query, comments: readonly string[]): string {
  const filled = sql.replaceAll(/\{(\w+):[^}]+\}/g, (whole, name: string) =>
    Object.hasOwn(parameters, name) ? literal(parameters[name] ?? "") : whole,
  );
  const lines = comments.map((comment) => `-- ${comment.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")}\n`);
  return `${lines.join("")}${filled}\n${settingsSql()}\n`;
}

type Value = string | number | readonly string[] | readonly number[];

function literal(value: Value): string {
  if (typeof value === "string") return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  if (typeof value === "number") return String(value);
  return `[${value.map((item: string | number) => literal(item)).join(", ")}]`;
}
