/** What there is to tell at the end of a load, from ClickHouse and the topics. */
import { topicNames } from "@tidemark/contracts";
import type { Log, Warehouse } from "@tidemark/runtime";
import type { ChangeShown } from "./change-line.ts";

export interface SizeShown {
  readonly kind: string;
  readonly definition: string;
  readonly category: string;
  readonly members: number;
  /** Written when events existed, so it emits nothing yet. */
  readonly filling: boolean;
}

export interface Summary {
  /** Records by source topic. */
  readonly sources: readonly (readonly [topic: string, records: number])[];
  readonly events: number;
  readonly changes: number;
  readonly deadLetters: number;
  readonly sizes: readonly SizeShown[];
  /** Newest first. */
  readonly lastChanges: readonly ChangeShown[];
  /** Somebody to look at. */
  readonly example: string | null;
}

interface DefinitionRow {
  readonly kind: string;
  readonly id: string;
  readonly filling: boolean | number;
}

interface SizeRow {
  readonly definition_kind: string;
  readonly definition: string;
  readonly category: string;
  readonly members: number;
}

interface ChangeRow {
  readonly subject_kind: string;
  readonly subject: string;
  readonly definition_kind: string;
  readonly definition: string;
  readonly from_state: string | null;
  readonly to_state: string;
  readonly effective: number;
  readonly changes: number | null;
  readonly cause: string;
  readonly cause_event: string | null;
}

export async function summarise(log: Log, warehouse: Warehouse, changesShown: number): Promise<Summary> {
  const sources: (readonly [string, number])[] = [];
  for (const topic of [topicNames.orders, topicNames.interactions, topicNames.lifecycle])
    sources.push([topic, await recordsIn(log, topic)]);
  const [events, changes, lastChanges] = await Promise.all([
    count(warehouse, "admitted_events"),
    count(warehouse, "segment_changes"),
    newestChanges(warehouse, changesShown),
  ]);
  return {
    sources,
    events,
    changes,
    deadLetters: await recordsIn(log, topicNames.deadLetters),
    sizes: await sizes(warehouse),
    lastChanges,
    example: lastChanges.find(({ subjectKind }) => subjectKind === "customer")?.subject ?? null,
  };
}

/** How many records a topic holds. */
export async function recordsIn(log: Log, topic: string): Promise<number> {
  const [starts, ends] = await Promise.all([log.startOffsets(topic), log.endOffsets(topic)]);
  return ends.reduce((sum, end, partition) => sum + end - (starts[partition] ?? 0), 0);
}

async function count(warehouse: Warehouse, table: "admitted_events" | "segment_changes"): Promise<number> {
  const [row] = await warehouse.query<{ readonly rows: number }>(`SELECT count() AS rows FROM ${table}`);
  return row?.rows ?? 0;
}

/** Segments without a member too; of classifications the categories that have one. */
async function sizes(warehouse: Warehouse): Promise<readonly SizeShown[]> {
  const [definitions, rows] = await Promise.all([
    warehouse.query<DefinitionRow>(
      "SELECT kind, id, filling FROM definitions WHERE kind IN ('segment', 'classification') ORDER BY kind DESC, id",
    ),
    warehouse.query<SizeRow>("SELECT definition_kind, definition, category, members FROM segment_sizes"),
  ]);
  return definitions.flatMap(({ kind, id, filling }) => {
    const own = rows.filter((row) => row.definition_kind === kind && row.definition === id);
    const categories = own.length > 0 || kind === "classification" ? own : [{ category: "in", members: 0 }];
    return categories
      .map(({ category, members }) => ({
        kind,
        definition: id,
        category,
        members,
        filling: Boolean(filling),
      }))
      .sort((a, b) => b.members - a.members);
  });
}

async function newestChanges(warehouse: Warehouse, limit: number): Promise<readonly ChangeShown[]> {
  const rows = await warehouse.query<ChangeRow>(
    `SELECT subject_kind, subject, definition_kind, definition, from_state, to_state,
            toUnixTimestamp64Milli(effective_at) AS effective,
            if(isNull(changes_at), NULL, toUnixTimestamp64Milli(assumeNotNull(changes_at))) AS changes,
            cause, cause_event
     FROM segment_changes ORDER BY effective_at DESC, kafka_partition, sequence DESC LIMIT {limit:UInt32}`,
    { limit },
  );
  return rows.map((row) => ({
    subjectKind: row.subject_kind,
    subject: row.subject,
    definitionKind: row.definition_kind,
    definition: row.definition,
    from: row.from_state,
    to: row.to_state,
    effectiveAt: row.effective,
    changesAt: row.changes,
    cause: row.cause,
    causeEvent: row.cause_event,
  }));
}
