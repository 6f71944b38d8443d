/** What was published of everybody, against what the archived events say. */
import type { Definition, SubjectKind } from "@tidemark/core";
import { compileQuery, type Query, type SqlOptions } from "./compile.ts";
import { settingsSql } from "./settings.ts";
import { indented } from "./text.ts";

interface ComparisonOptions extends Omit<SqlOptions, "asOf" | "upTo"> {
  /** The instant that is asked about, in ms. */
  readonly at: number;
  /** The mark: by partition, the offset below which records count. */
  readonly upTo: readonly number[];
  /** Differences answered at most; all are counted. */
  readonly most: number;
}

/** The one row of the answer. */
export interface Comparison {
  readonly subjects: number;
  readonly differing: number;
  /** (subject, what SQL says, what was published), each as pairs of (kind/id, `in` or category). */
  readonly differences: readonly (readonly [subject: string, sql: States, published: States])[];
}

type States = readonly (readonly [name: string, state: string])[];

/**
 * `names`: segments and classifications, as `kind/id`. Published at the mark is what records below it brought about, and
 * what time did up to the instant, whichever record found that out.
 */
export function comparisonQuery(
  definitions: readonly Definition[],
  subject: SubjectKind,
  names: readonly string[],
  { at, upTo, most, ...options }: ComparisonOptions,
): Pick<Query, "sql" | "parameters"> {
  const { sql, parameters, columns } = compileQuery(definitions, subject, names, {
    ...options,
    asOf: [at],
    upTo,
  });
  const states = names.map((name) => {
    const column = columns[name] ?? "";
    return name.startsWith("segment/") ? `if(${column}, 'in', '')` : column;
  });
  const compared = `SELECT
    count() AS subjects,
    countIf(of_sql != published) AS differing,
    groupArrayIf(${Math.floor(most)})((subject, of_sql, published), of_sql != published) AS differences
FROM
(
    SELECT
        subject,
        groupArrayArrayIf(states, is_sql) AS of_sql,
        groupArrayArrayIf(states, NOT is_sql) AS published
    FROM
    (
        SELECT
            subject,
            true AS is_sql,
            arraySort(arrayFilter(state -> state.2 != '', arrayZip({compared_names:Array(String)}, [${states.join(", ")}]))) AS states
        FROM
        (
${indented(sql, 12)}
        )
        UNION ALL
        SELECT subject, false AS is_sql, arraySort(groupArray((name, state))) AS states
        FROM
        (
            SELECT subject, concat(definition_kind, '/', definition) AS name, toString(argMax(to_state, step)) AS state
            FROM membership_steps
            WHERE subject_kind = {subject_kind:String}
                AND concat(definition_kind, '/', definition) IN {compared_names:Array(String)}
                AND (cause_offset < {up_to:Array(Int64)}[kafka_partition + 1] OR (cause = 'time' AND toUnixTimestamp64Milli(effective_at) <= {as_of:Array(Int64)}[1]))
            GROUP BY subject, name
        )
        WHERE state != 'out'
        GROUP BY subject
    )
    GROUP BY subject
)
${settingsSql()}`;
  // Texts are bound, so every space at a line's beginning is ours.
  return { sql: compared.replaceAll(/^ +/gm, ""), parameters: { ...parameters, compared_names: names } };
}
