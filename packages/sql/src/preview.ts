/** What a definition would come to: its states of everybody against what is published, or its numbers. */
import type { Definition, SubjectKind } from "@tidemark/core";
import { keyInSampleSql, keySql } from "./archive/sample.ts";
import { compileQuery, type Query, type SqlOptions } from "./compile.ts";
import { settingsSql } from "./settings.ts";
import { indented } from "./text.ts";

export interface PreviewOptions extends Omit<SqlOptions, "asOf" | "upTo"> {
  /** The instant that is asked about, in ms. */
  readonly at: number;
  /** What else is live, as `segment/ID/in` and `classification/ID/CATEGORY`: told how many they share. */
  readonly live: readonly string[];
  /** Ids in each sample at most. */
  readonly most: number;
  /** Of ClickHouse, such as `max_threads`. */
  readonly settings: Readonly<Record<string, string | number>>;
}

/** A row for each state, and what is published of those who would have it. */
export interface StateRow {
  /** `in` or empty; the category; the code of a scoring, empty where there is none. */
  readonly state: string;
  /** `in`, the category, or empty for none. */
  readonly published: string;
  readonly subjects: number;
  /** Some of them: those with the lowest keys. */
  readonly sample: readonly string[];
  /** Places in `live`, from 1, and how many of these subjects are there. */
  readonly shared: readonly [places: readonly number[], counts: readonly number[]];
}

/** The one row of numbers, in units of 1/10,000. */
export interface NumbersRow {
  readonly subjects: number;
  /** Subjects that have a number. */
  readonly present: number;
  readonly mean: number | null;
  readonly lowest: number;
  readonly highest: number;
  /** At `previewShares`. */
  readonly quantiles: readonly (number | null)[];
  /** Of a sample, ascending; else empty. */
  readonly numbers: readonly number[];
}

/** Shares of subjects at which quantiles are told: linear interpolation (Hyndman and Fan, type 7). */
export const previewShares = [0.05, 0.25, 0.5, 0.75, 0.95] as const;

type Preview = Pick<Query, "sql" | "parameters">;

/** `name`: `kind/id` of a segment, classification or scoring. Answers `StateRow`s. */
export function statesQuery(
  definitions: readonly Definition[],
  subject: SubjectKind,
  name: string,
  { at, live, most, settings, ...options }: PreviewOptions,
): Preview {
  const { sql, parameters, columns } = compileQuery(definitions, subject, [name], { ...options, asOf: [at] });
  const halvings = Math.log2(options.oneOf ?? 1);
  const [kind = "", id = ""] = name.split("/");
  const known = `subject_kind = {subject_kind:String} AND toUnixTimestamp64Milli(effective_at) <= {as_of:Array(Int64)}[1]${keyInSampleSql(halvings, "subject_key")}`;
  const text = `SELECT
    state,
    published,
    count() AS subjects,
    arrayMap(one -> one.2, groupArraySorted(${Math.floor(most)})((subject_key, subject))) AS sample,
    sumMap(places, arrayMap(place -> toUInt64(1), places)) AS shared
FROM
(
    SELECT
        subject_key,
        max(subject) AS subject,
        max(state) AS state,
        max(is_known) AS is_known,
        max(own) AS published,
        groupArrayIf(place, place > 0) AS places
    FROM
    (
        SELECT ${keySql("subject")} AS subject_key, subject, ${stateSql(kind, columns[name] ?? "")} AS state, true AS is_known, '' AS own, toUInt32(0) AS place
        FROM
        (
${indented(sql, 12)}
        )
        UNION ALL
        SELECT subject_key, '' AS subject, '' AS state, false AS is_known, toString(argMax(to_state, step)) AS own, toUInt32(0) AS place
        FROM keyed_steps
        WHERE definition_kind = {preview_kind:String} AND definition = {preview_id:String} AND ${known}
        GROUP BY subject_key
        HAVING own != 'out'${live.length === 0 ? "" : `\n${indented(sharedSql(known), 8)}`}
    )
    GROUP BY subject_key
)
WHERE is_known
GROUP BY state, published
${settingsSql(settings)}`;
  return {
    sql: lean(text),
    parameters: {
      ...parameters,
      preview_kind: kind,
      preview_id: id,
      ...(live.length === 0 ? {} : sharedParameters(live)),
    },
  };
}

/** Where each is among what else is live, by the last step: keys and names of few values are grouped in half the time that texts take. */
const sharedSql = (known: string): string => `UNION ALL
SELECT subject_key, '' AS subject, '' AS state, false AS is_known, '' AS own,
    argMax(transform(to_name, {preview_live:Array(String)}, arrayMap(place -> toUInt32(place), arrayEnumerate({preview_live:Array(String)})), toUInt32(0)), step) AS place
FROM keyed_steps
WHERE definition IN {preview_ids:Array(String)} AND ${known}
GROUP BY subject_key, definition_key
HAVING place > 0`;

/** As steps name them: the segment, or classification/category. */
function sharedParameters(live: readonly string[]): Record<string, readonly string[]> {
  const parts = live.map((one) => one.split("/"));
  return {
    preview_live: parts.map(([kind, id = "", category]) => (kind === "segment" ? id : `${id}/${category}`)),
    preview_ids: [...new Set(parts.map(([, id = ""]) => id))],
  };
}

/** `name`: `kind/id` of a metric or an engagement. Answers one `NumbersRow`. */
export function numbersQuery(
  definitions: readonly Definition[],
  subject: SubjectKind,
  name: string,
  { at, settings, live: _, most: __, ...options }: PreviewOptions,
): Preview {
  const { sql, parameters, columns } = compileQuery(definitions, subject, [name], { ...options, asOf: [at] });
  const isSample = (options.oneOf ?? 1) > 1;
  const text = `SELECT
    count() AS subjects,
    count(units) AS present,
    avg(toFloat64(units)) AS mean,
    ifNull(min(units), 0) AS lowest,
    ifNull(max(units), 0) AS highest,
    quantilesExactInclusive(${previewShares.join(", ")})(units) AS quantiles,
    ${isSample ? "arraySort(groupArray(assumeNotNull(units)))" : "CAST([], 'Array(Int64)')"} AS numbers
FROM
(
    SELECT ${columns[name]} AS units
    FROM
    (
${indented(sql, 8)}
    )
)
${settingsSql(settings)}`;
  return { sql: lean(text), parameters };
}

function stateSql(kind: string, column: string): string {
  if (kind === "segment") return `if(${column}, 'in', '')`;
  return kind === "scoring" ? `ifNull(toString(${column}.5), '')` : column;
}

/** Texts are bound, so every space at a line's beginning is ours. */
function lean(text: string): string {
  return text.replaceAll(/^ +/gm, "");
}
