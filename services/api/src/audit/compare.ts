/** What is published at a mark, against what SQL says: differences of everybody, and the evidence of some. */
import type { Cuts, Definition, SubjectKind } from "@tidemark/core";
import type { Warehouse } from "@tidemark/runtime";
import { type Comparison, comparisonQuery, foretellsLatch } from "@tidemark/sql";
import type { Mark } from "./mark.ts";

interface Audited {
  /** In force, with all that they refer to. */
  readonly definitions: readonly Definition[];
  readonly cuts: Cuts;
  /** IANA. */
  readonly zone: string;
}

interface Compared {
  /** Segments and classifications, as `kind/id`. */
  readonly names: readonly string[];
  readonly subjects: number;
  /** Subjects times the definitions about their kind. */
  readonly answers: number;
  /** Subjects that differ; of those beyond the bound only that they are. */
  readonly differing: number;
  readonly differences: readonly Difference[];
}

export interface Difference {
  readonly kind: SubjectKind;
  readonly subject: string;
  /** `kind/id`. */
  readonly definition: string;
  /** `in` or `out`; the category, null for none. */
  readonly stream: string | null;
  readonly sql: string | null;
}

/** Subjects whose differences are looked into, of each kind. */
const mostSubjects = 1_000;

/** Segments and classifications that SQL can tell. */
function auditedNames(definitions: readonly Definition[], kind: SubjectKind): string[] {
  return definitions
    .filter((one) => (one.kind === "segment" || one.kind === "classification") && one.subject === kind)
    .map(({ kind: type, id }) => `${type}/${id}`)
    .filter((name) => !foretellsLatch(definitions, name));
}

export async function compareAtMark(
  warehouse: Pick<Warehouse, "query">,
  { definitions, cuts, zone }: Audited,
  { at, upTo }: Mark,
): Promise<Compared> {
  const customerZones = JSON.stringify(definitions).includes('"zone":"customer"')
    ? await zonesOf(warehouse)
    : [];
  let compared: Compared = { names: [], subjects: 0, answers: 0, differing: 0, differences: [] };
  for (const kind of ["customer", "company"] as const) {
    const names = auditedNames(definitions, kind);
    if (names.length === 0) continue;
    const options = { zone, cuts, customerZones, at, upTo, most: mostSubjects };
    let subjects = 0;
    for (const { of, sql, parameters } of queriesOf(names, (some) =>
      comparisonQuery(definitions, kind, some, options),
    )) {
      const [row] = await warehouse.query<Comparison>(sql, parameters);
      if (row === undefined) continue;
      subjects = Math.max(subjects, row.subjects);
      compared = {
        ...compared,
        names: [...compared.names, ...of],
        answers: compared.answers + row.subjects * of.length,
        differing: compared.differing + row.differing,
        differences: [...compared.differences, ...row.differences.flatMap((one) => differencesOf(kind, one))],
      };
    }
    compared = { ...compared, subjects: compared.subjects + subjects };
  }
  return compared;
}

/** ClickHouse reads queries up to 262,144 bytes (`max_query_size`). */
const mostBytes = 200_000;

/** As few as are short enough. */
function queriesOf<Compiled extends { readonly sql: string }>(
  names: readonly string[],
  compile: (names: readonly string[]) => Compiled,
): readonly (Compiled & { readonly of: readonly string[] })[] {
  const compiled = compile(names);
  if (names.length === 1 || compiled.sql.length <= mostBytes) return [{ ...compiled, of: names }];
  const half = Math.ceil(names.length / 2);
  return [...queriesOf(names.slice(0, half), compile), ...queriesOf(names.slice(half), compile)];
}

function differencesOf(
  kind: SubjectKind,
  [subject, ofSql, published]: Comparison["differences"][number],
): Difference[] {
  const [sql, stream] = [new Map(ofSql), new Map(published)];
  const names = [...new Set([...sql.keys(), ...stream.keys()])].filter(
    (name) => sql.get(name) !== stream.get(name),
  );
  const none = (name: string): string | null => (name.startsWith("segment/") ? "out" : null);
  return names.map((definition) => ({
    kind,
    subject,
    definition,
    stream: stream.get(definition) ?? none(definition),
    sql: sql.get(definition) ?? none(definition),
  }));
}

/** Zones that customers ever had. */
async function zonesOf(warehouse: Pick<Warehouse, "query">): Promise<string[]> {
  const rows = await warehouse.query<{ readonly zone: string }>(
    "SELECT DISTINCT JSONExtractString(attribute_values['zone']) AS zone FROM customer_events WHERE has(mapKeys(attribute_values), 'zone')",
  );
  return rows.map(({ zone }) => zone).filter((zone) => zone !== "");
}

/** What a difference rests on. Times in ISO 8601. */
export interface Evidence {
  readonly partition: number | null;
  /** Admitted below the mark, under the subject's own id and under ids that became part of it last. */
  readonly events: number;
  /** The newest, oldest first. */
  readonly newest: readonly Row[];
  /** Published changes of the definition, the newest, oldest first. */
  readonly changes: readonly Row[];
}

type Row = Readonly<Record<string, unknown>>;

const newest = 20;

export async function evidenceOf(
  warehouse: Pick<Warehouse, "query">,
  { upTo }: Mark,
  { kind, subject, definition }: Difference,
): Promise<Evidence> {
  const [definitionKind = "", ...id] = definition.split("/");
  const parameters = { kind, subject, upTo, definitionKind, definition: id.join("/") };
  const events = await warehouse.query<Row & { readonly partition: number; readonly total: number }>(
    `SELECT kafka_partition AS partition, offset, name, occurred_at AS occurredAt, appended_at AS appendedAt,
       properties, attributes, order_id AS orderId, order_action AS orderAction, count() OVER () AS total
     FROM customer_events
     WHERE subject_kind = {kind:String} AND subject = {subject:String} AND offset < {upTo:Array(Int64)}[kafka_partition + 1]
       AND (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)
     ORDER BY occurred_at DESC, offset DESC LIMIT ${newest}`,
    parameters,
  );
  const changes = await warehouse.query<Row>(
    `SELECT sequence, from_state AS "from", to_state AS "to", effective_at AS effectiveAt, detected_at AS detectedAt, cause,
       cause_offset AS causeOffset, definition_version AS version, historic
     FROM segment_changes
     WHERE subject_kind = {kind:String} AND subject = {subject:String} AND definition_kind = {definitionKind:String}
       AND definition = {definition:String}
     ORDER BY sequence DESC LIMIT ${newest}`,
    parameters,
  );
  const [first] = events;
  return {
    partition: first?.partition ?? null,
    events: first?.total ?? 0,
    newest: events.map(({ total: _, ...event }) => event).reverse(),
    changes: [...changes].reverse(),
  };
}
