/** Definitions of one kind of subject as one query: a row for each subject, a column for each answer asked for. */
import {
  type Classification,
  type Cuts,
  type Definition,
  type Segment,
  type SubjectKind,
  zoneCalendar,
} from "@tidemark/core";
import { admittedSql, contributionsSql, leavesSql } from "./archive/contributions.ts";
import type { Extent } from "./archive/extent.ts";
import { identitySql } from "./archive/identity.ts";
import { changedOrdersSql, ordersSql } from "./archive/orders.ts";
import { keyBelow } from "./archive/sample.ts";
import { type Asked, asked, later, nowColumn, nowPlace } from "./asked.ts";
import { attributeSql, hasAttributeSql } from "./attribute.ts";
import { collectedBook } from "./collected.ts";
import { conditionSql } from "./conditions/condition.ts";
import { dateFunctions } from "./conditions/dates.ts";
import { fadedPoints, roundedPoints } from "./conditions/engagement.ts";
import { populationSql, scores } from "./conditions/score.ts";
import type { Context } from "./context.ts";
import { measureOf, roundedUnits } from "./numbers/measure.ts";
import { type ParameterValue, parameterBook } from "./parameters.ts";
import { stages } from "./stages.ts";
import { columnName, indented } from "./text.ts";
import { valueFunctions } from "./value.ts";
import { constantZone, customerZone, type Lists } from "./zone.ts";

export interface SqlOptions {
  /** IANA name of the workspace's zone. */
  readonly zone: string;
  /** Instants in ms, a row of each subject for each; events that occurred by then count, and conditions are asked then. */
  readonly asOf: readonly number[];
  /** Cut points in force, as in the stream. */
  readonly cuts?: Cuts;
  /** What customers have in their attribute `zone`, for definitions in the customer's own zone. */
  readonly customerZones?: readonly string[];
  /** By partition of `customer-events`, the offset below which records count; without it, all that are archived. */
  readonly upTo?: readonly number[];
  /** False where it is known that nobody ever became part of anybody: what says who did is left out. */
  readonly hasMerges?: boolean;
  /** Asks about one subject of so many: a power of two; without it about all. */
  readonly oneOf?: number;
}

export interface Query {
  readonly sql: string;
  /** By name, as ClickHouse takes them (`param_NAME`). */
  readonly parameters: Readonly<Record<string, ParameterValue | readonly number[]>>;
  /** The column of each definition asked for, by `kind/id`. */
  readonly columns: Readonly<Record<string, string>>;
}

/** Before the key of a cut request: what each subject adds to its population. */
export const population = "population/";

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
  const lists: Lists = new Map();
  const answered = Object.fromEntries(wanted.map((name) => [name, columnName(...name.split("/"))]));
  const columns = stages(new Set(Object.values(answered)));
  const customerZones = (options.customerZones ?? []).filter((name) => zoneCalendar(name) !== undefined);
  const zoneNames = [options.zone, ...customerZones];
  const zones = zoneNames.map((name) => zoneCalendar(name) ?? workspace);
  const isBounded = options.upTo !== undefined;
  const extent: Extent = {
    isBounded,
    hasMerges: options.hasMerges ?? true,
    halvings: Math.round(Math.log2(options.oneOf ?? 1)),
    instants: options.asOf.length,
  };
  let usesAttributes = false;

  const contextOf = (when: Asked): Context => {
    const answers = new Map<string, string>();
    const once = (name: string, compute: () => string): string => {
      const known = answers.get(name) ?? columns.named(columnName(name), compute());
      answers.set(name, known);
      return known;
    };
    const around = { asked: when, named: columns.named, lists };
    const context: Context = {
      subject,
      publishedBound: isBounded
        ? `\n        AND (cause_offset < {up_to:Array(Int64)}[kafka_partition + 1] OR cause = 'time')`
        : "",
      asked: when,
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
        if (zone === "workspace") return constantZone(workspace, around);
        if (zone !== "customer") return constantZone(zoneCalendar(zone.name) ?? workspace, around);
        const name = context.attribute(["zone"]);
        const place = columns.named(
          "zone_place",
          `greatest(1, indexOf(${parameters.texts(zoneNames)}, textOf(${name})))`,
        );
        return customerZone(zones, place, around);
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
          measure: measureOf(context, aggregate, zone, `metric_${id}`),
          ofPopulation: measureOf(context, aggregate, zone, `metric_${id}`, true),
        };
      },
      segment: (id) => once(`in_${id}`, () => segmentSql(context, context.definition("segment", id))),
      classification: (id) =>
        once(`category_of_${id}`, () => classificationSql(context, context.definition("classification", id))),
      later: (byMs) => contextOf(later(when, byMs)),
      named: columns.named,
    };
    return context;
  };

  const context = contextOf(asked(options.asOf));
  const selected: string[] = [];
  for (const name of wanted) {
    if (name.startsWith(population)) {
      selected.push(`${populationSql(context, name.slice(population.length))} AS ${answered[name]}`);
      continue;
    }
    const definition = byName.get(name);
    if (definition === undefined) throw new RangeError(`no definition ${name}`);
    selected.push(`${answerSql(context, definition.kind as Answering, definition.id)} AS ${answered[name]}`);
  }

  const events = collected.events();
  const names = parameters.texts(events);
  // Corrections concern orders as they were placed.
  const hasOrders = events.includes("order.placed");
  const keys = `subject, ${nowColumn}, ${nowPlace}`;
  const { tests, values } = collected.rowColumns();
  const told = tests.length === 0 ? "contributions" : selectFrom(["*", ...tests], "contributions");
  const chosen = values.length === 0 ? told : selectFrom(["*", ...values], told);
  const subjects = `${selectFrom([keys, ...collected.columns()], chosen)}\nGROUP BY ${keys}`;
  const source = usesAttributes
    ? `SELECT * FROM subjects LEFT JOIN leaves USING (subject, ${nowColumn})`
    : `SELECT * FROM subjects`;
  const body = selectFrom(
    ["subject", `fromUnixTimestamp64Milli(${nowColumn}, 'UTC') AS as_of`, ...selected],
    `(\n${indented(columns.around(source), 4)}\n)`,
  );
  const queries = [
    ...identitySql(extent),
    ["admitted", admittedSql(extent)],
    ...(hasOrders && !extent.hasMerges ? [["changed_orders", changedOrdersSql(extent)]] : []),
    ...(hasOrders ? [["orders", ordersSql(extent)]] : []),
    [
      "contributions",
      contributionsSql(names, { hasOrders, readsProperties: collected.readsProperties() }, extent),
    ],
    ...(usesAttributes ? [["leaves", leavesSql]] : []),
    ["subjects", subjects],
  ].map(([name, sql = ""]) => `${name} AS\n(\n${indented(sql, 4)}\n)`);
  const functions = functionsUsed({ ...valueFunctions, ...dateFunctions }, `${queries.join()} ${body}`);
  const parts = [...[...functions, ...lists].map(([name, sql]) => `${sql} AS ${name}`), ...queries];
  return {
    sql: `${extent.hasMerges ? "WITH RECURSIVE" : "WITH"}\n${parts.map((part) => indented(part, 4)).join(",\n")}\n${body}`,
    parameters: {
      subject_kind: subject,
      as_of: options.asOf,
      ...(options.upTo === undefined ? {} : { up_to: options.upTo }),
      ...(extent.halvings === 0 ? {} : { key_below: keyBelow(extent.halvings) }),
      ...parameters.values,
    },
    columns: answered,
  };
}

function selectFrom(columns: readonly string[], source: string): string {
  const from = source.startsWith("SELECT") ? `(\n${indented(source, 4)}\n)` : source;
  return `SELECT ${columns.join(",\n    ")}\nFROM ${from}`;
}

/** Those of the functions that a query calls, and those that they call. */
function functionsUsed(functions: Readonly<Record<string, string>>, sql: string): [string, string][] {
  const used = Object.entries(functions).filter(([name]) => sql.includes(`${name}(`));
  const inner = Object.entries(functions).filter(
    ([name]) => !used.some(([known]) => known === name) && used.some(([, own]) => own.includes(`${name}(`)),
  );
  return inner.length === 0
    ? used
    : functionsUsed(functions, `${sql} ${inner.map(([name]) => `${name}(`).join()}`);
}

function answerSql(context: Context, kind: Answering, id: string): string {
  switch (kind) {
    case "segment":
      return `toBool(${askedSegment(context, context.definition("segment", id))})`;
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

/** Of what holds on to its members: who enters is one, who leaves is none, all others are what is published. */
function askedSegment(context: Context, segment: Segment): string {
  const { id, when, leave, stayMs, zone } = segment;
  const published = context.segment(id);
  if (!isLatch(segment)) return published;
  const stays =
    leave === undefined || stayMs !== undefined ? "" : ` AND NOT (${conditionSql(context, leave, zone)})`;
  return `(${conditionSql(context, when, zone)} OR (${published}${stays}))`;
}

function isLatch({ leave, stayMs }: Segment): boolean {
  return leave !== undefined || stayMs !== undefined;
}

function segmentSql(context: Context, segment: Segment): string {
  const { id, when, zone } = segment;
  if (!isLatch(segment)) return conditionSql(context, when, zone);
  // What holds on to its members hangs on what was before: the published membership says it.
  return `(subject, ${nowColumn}) IN (
    SELECT subject, ${nowColumn}
    FROM membership_steps
    ARRAY JOIN {as_of:Array(Int64)} AS ${nowColumn}
    WHERE definition_kind = 'segment' AND definition = ${context.parameters.text(id)} AND subject_kind = {subject_kind:String}
        AND toUnixTimestamp64Milli(effective_at) <= ${nowColumn}${context.publishedBound}
    GROUP BY subject, ${nowColumn}
    HAVING argMax(to_state, step) = 'in')`;
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
