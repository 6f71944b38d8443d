/**
 * Cut points of everybody: quantiles by linear interpolation (Hyndman and Fan, type 7) in whole units, worked out as
 * core's `cut-points.ts` does, so that both find the same number.
 */
import type { CutRequest, Definition, SubjectKind } from "@tidemark/core";
import { compileQuery, population, type Query, type SqlOptions } from "./compile.ts";
import { settingsSql } from "./settings.ts";
import { columnName, indented } from "./text.ts";

interface CutsOptions extends Omit<SqlOptions, "asOf" | "oneOf"> {
  /** The instant that is asked about, in ms. */
  readonly at: number;
  /** Of ClickHouse, such as `max_threads`. */
  readonly settings: Readonly<Record<string, string | number>>;
}

/** The one row: for each request, in their order, how many are in its population, and its cut points in units. */
export interface CutsRow {
  readonly cuts: readonly (readonly [subjects: number, points: readonly number[]])[];
}

/** As core's: shares are whole numbers of this. */
const sharesPerOne = 25_200_000;

/** `requests` are core's, of this kind of subject. */
export function cutsQuery(
  definitions: readonly Definition[],
  subject: SubjectKind,
  requests: readonly CutRequest[],
  { at, settings, ...options }: CutsOptions,
): Pick<Query, "sql" | "parameters"> {
  const names = requests.map(({ key }) => population + key);
  const { sql, parameters, columns } = compileQuery(definitions, subject, names, { ...options, asOf: [at] });
  const sorted = names.map((name, index) => {
    const list = columnName("sorted", String(index + 1));
    return { list, sql: `arraySort(groupArray(${columns[name]})) AS ${list}` };
  });
  const points = requests.map(({ shares }, index) => {
    const list = sorted[index]?.list ?? "";
    const whole = shares.map((share) => Math.round(share * sharesPerOne));
    return `(length(${list}), if(empty(${list}), [], arrayMap(share -> ${quantileSql(list)}, [${whole.join(", ")}])))`;
  });
  const text = `SELECT [${points.join(", ")}] AS cuts
FROM
(
    SELECT ${sorted.map((one) => one.sql).join(",\n        ")}
    FROM
    (
${indented(sql, 8)}
    )
)
${settingsSql(settings)}`;
  // Texts are bound, so every space at a line's beginning is ours.
  return { sql: text.replaceAll(/^ +/gm, ""), parameters };
}

/** Of n values the quantile at p lies at place (n - 1) p, counted from 0; halves of a unit go up. */
function quantileSql(list: string): string {
  const place = `((toInt64(length(${list})) - 1) * share)`;
  const index = `intDiv(${place}, ${sharesPerOne})`;
  const below = `${list}[${index} + 1]`;
  const above = `${list}[least(${index} + 2, toInt64(length(${list})))]`;
  const part = `(${place} - ${index} * ${sharesPerOne})`;
  return `${below} + toInt64(intDiv(2 * toInt256(${part}) * toInt256(${above} - ${below}) + ${sharesPerOne}, 2 * ${sharesPerOne}))`;
}
