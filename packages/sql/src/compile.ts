/** Definitions of one kind of subject as one query: a row for each subject, a column for each answer asked for. */
import {
  type Classification,
  type Cuts,
  type Definition,
  type Segment,
  type SubjectKind,
  type ZoneCalendar,
  zoneCalendar,
} from "@tidemark/core";
import {
  admittedSql,
  contributionsSql,
  leavesSql,
  ordersSql,
  plainContributionsSql,
} from "./archive/contributions.ts";
import { attributeSql, hasAttributeSql } from "./attribute.ts";
import { collectedBook } from "./collected.ts";
import { conditionSql } from "./conditions/condition.ts";
import { dateFunctions } from "./conditions/dates.ts";
import { fadedPoints, roundedPoints } from "./conditions/engagement.ts";
import { scores } from "./conditions/score.ts";
import type { Context } from "./context.ts";
import { measureOf, roundedUnits } from "./numbers/measure.ts";
import { type ParameterValue, parameterBook } from "./parameters.ts";
import { stages } from "./stages.ts";
import { columnName, indented } from "./text.ts";
import { valueFunctions } from "./value.ts";
import { constantZone, customerZone, type Names } from "./zone.ts";

export interface SqlOptions {
  /** IANA name of the workspace's zone. */
  readonly zone: string;
  /** ms; events that occurred by then count, and conditions are asked then. */
  readonly asOf: number;
  /** Cut points in force, as in the stream. */
  readonly cuts?: Cuts;
  /** What customers have in their attribute `zone`, for definitions in the customer's own zone. */
  readonly customerZones?: readonly string[];
}

export interface Query {
  readonly sql: string;
  /** By name, as ClickHouse takes them (`param_NAME`). */
  readonly parameters: Readonly<Record<string, ParameterValue | number>>;
  /** The column of each definition asked for, by `kind/id`. */
  readonly columns: Readonly<Record<string, string>>;
}

type Answering = Exclude<Definition["kind"], "automation" | "list">;

/**
 * `wanted`: `kind/id` of segments (true or false), classifications (the category), metrics (units of 1/10,000, null where
 * there is none), engagements (units) and scorings (recency, frequency, monetary, total, code). RangeError where one is
 * unknown or of another kind of subject.
 */
export function compileQuery(
  definitions: readonly Definition[],
  subject: SubjectKind,
  wanted: readonly string[],
  options: SqlOptions,
): Query {
  const workspace = zoneCalendar(options.zone);
  if (workspace === undefined) throw new RangeError(`unknown zone ${options.zone}`);
  const byName = new Map(
    definitions.map((definition) => [`${definition.kind}/${definition.id}`, definition]),
  );
  const parameters = parameterBook();
  const collected = collectedBook(parameters);
  const lists: Names = new Map();
  const columns = stages();
  const zones = [workspace, ...(options.customerZones ?? []).flatMap((name) => zoneCalendar(name) ?? [])];
  const zoneNames = [
    options.zone,
    ...(options.customerZones ?? []).filter((name) => zoneCalendar(name) !== undefined),
  ];
  let usesAttributes = false;

  const contextAt = (now: number): Context => {
    const answers = new Map<string, string>();
    const once = (name: string, compute: () => string): string => {
      const known = answers.get(name) ?? columns.named(columnName(...name.split("/")), compute());
      answers.set(name, known);
      return known;
    };
    const context: Context = {
      subject,
      now,
      collected,
      parameters,
      cuts: options.cuts ?? {},
      definition: (kind, id) => {
        const found = byName.get(`${kind}/${id}`);
        if (found === undefined || (found.kind !== "automation" && found.subject !== subject))
          throw new RangeError(`no ${kind} ${id} about a ${subject}`);
        return found as Extract<Definition, { kind: typeof kind }>;
      },
      zoneOf(zone) {
        if (zone === "workspace") return constantZone(workspace, lists);
        if (zone !== "customer") return constantZone(zoneCalendar(zone.name) ?? workspace, lists);
        const name = context.attribute(["zone"]);
        const place = columns.named(
          "zone_place",
          `greatest(1, indexOf(${parameters.texts(zoneNames)}, if(isText(${name}), textOf(${name}), '')))`,
        );
        return customerZone(zones as readonly ZoneCalendar[], place, lists);
      },
      attribute(path) {
        usesAttributes = true;
        return columns.named(columnName("attribute", ...path), attributeSql(path, parameters));
      },
      hasAttribute(path) {
        usesAttributes = true;
        return columns.named(columnName("has", ...path), hasAttributeSql(path, parameters));
      },
      metric(id) {
        const { aggregate, zone } = context.definition("metric", id);
        return {
          measure: measureOf(context, aggregate, zone),
          ofPopulation: measureOf(context, aggregate, zone, true),
        };
      },
      segment: (id) => once(`segment/${id}`, () => segmentSql(context, context.definition("segment", id))),
      classification: (id) =>
        once(`classification/${id}`, () =>
          classificationSql(context, context.definition("classification", id)),
        ),
      at: (instant) => contextAt(instant),
      named: columns.named,
    };
    return context;
  };

  const context = contextAt(options.asOf);
  const answered: Record<string, string> = {};
  const selected: string[] = [];
  for (const name of wanted) {
    const definition = byName.get(name);
    if (definition === undefined) throw new RangeError(`no definition ${name}`);
    const column = columnName(...name.split("/"));
    answered[name] = column;
    const sql = answerSql(context, definition.kind as Answering, definition.id);
    selected.push(sql === column ? column : `${sql} AS ${column}`);
  }

  const hasOrders = definitionsUseOrders(parameters.values);
  const functions = { ...valueFunctions, ...dateFunctions };
  const subjects = `SELECT ${["subject", ...collected.columns()].join(",\n    ")}\nFROM contributions\nGROUP BY subject`;
  const source = usesAttributes
    ? `SELECT * FROM subjects LEFT JOIN leaves USING (subject)`
    : `SELECT * FROM subjects`;
  const body = columns.around(source);
  const parts = [
    ...Object.entries(functions).map(([name, sql]) => `${sql} AS ${name}`),
    ...[...lists].map(([name, sql]) => `${sql} AS ${name}`),
    `admitted AS\n(\n${indented(admittedSql, 4)}\n)`,
    ...(hasOrders ? [`orders AS\n(\n${indented(ordersSql, 4)}\n)`] : []),
    `contributions AS\n(\n${indented(hasOrders ? contributionsSql : plainContributionsSql, 4)}\n)`,
    ...(usesAttributes ? [`leaves AS\n(\n${indented(leavesSql, 4)}\n)`] : []),
    `subjects AS\n(\n${indented(subjects, 4)}\n)`,
  ];
  const sql = `WITH\n${parts.map((part) => indented(part, 4)).join(",\n")}\nSELECT ${["subject", ...selected].join(",\n    ")}\nFROM\n(\n${indented(body, 4)}\n)`;
  return {
    sql,
    parameters: { subject_kind: subject, as_of: options.asOf, ...parameters.values },
    columns: answered,
  };
}

/** Corrections concern orders as they were placed. */
function definitionsUseOrders(values: Readonly<Record<string, ParameterValue>>): boolean {
  return Object.values(values).includes("order.placed");
}

function answerSql(context: Context, kind: Answering, id: string): string {
  switch (kind) {
    case "segment":
      return context.segment(id);
    case "classification":
      return context.classification(id);
    case "metric":
      return roundedUnits(context.metric(id).measure);
    case "engagement":
      return roundedPoints(fadedPoints(context, context.definition("engagement", id)));
    case "scoring": {
      const { recency, frequency, monetary, total, code } = scores(
        context,
        context.definition("scoring", id),
      );
      return `tuple(${[recency, frequency, monetary, total, code].join(", ")})`;
    }
  }
}

function segmentSql(context: Context, { id, when, leave, stayMs, zone }: Segment): string {
  if (leave === undefined && stayMs === undefined) return conditionSql(context, when, zone);
  // What holds on to its members hangs on what was before: the published membership says it.
  return `subject IN (
    SELECT subject FROM segment_changes
    WHERE definition_kind = 'segment' AND definition = ${context.parameters.text(id)} AND subject_kind = {subject_kind:String}
        AND effective_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
    GROUP BY subject HAVING argMax(to_state, sequence) = 'in')`;
}

function classificationSql(context: Context, { categories, otherwise, zone }: Classification): string {
  const { parameters } = context;
  const cases = categories.flatMap(({ id, when }) => [
    conditionSql(context, when, zone),
    parameters.text(id),
  ]);
  if (cases.length === 0) return parameters.text(otherwise);
  return `multiIf(${[...cases, parameters.text(otherwise)].join(", ")})`;
}
