/** The archive with all migrations in ClickHouse's engine within this process. */
import type { CustomerEvent, SegmentChange } from "@tidemark/contracts";
import type { LogRecord, Warehouse } from "@tidemark/runtime";
import { Session } from "chdb";
import { migrate, readMigrations } from "../src/index.ts";
import { controlRecordRow, customerEventRow, segmentChangeRow } from "../src/rows.ts";
import { customerEvent, segmentChange } from "./samples.ts";

export interface ChdbWarehouse extends Warehouse {
  /** Rows of a query without parameters. */
  rows<Row>(sql: string): Promise<readonly Row[]>;
  /** SQL that reads a file in place: `INSERT INTO ... SELECT ... FROM file(...)`. */
  run(sql: string): void;
}

export async function chdbWarehouse(): Promise<ChdbWarehouse> {
  const session = new Session();
  session.query("SET output_format_json_quote_64bit_integers = 0, compile_expressions = 0, max_threads = 1");
  // As the adapter has it: what hangs on a table drops a repeat with it.
  session.query(
    "SET deduplicate_blocks_in_dependent_materialized_views = 1, allow_nondeterministic_mutations = 1",
  );
  const query = <Row>(sql: string, parameters: Readonly<Record<string, unknown>> = {}): Row[] => {
    const text = session.queryBind(sql, parameters, "JSONEachRow").trim();
    return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Row);
  };
  const warehouse: ChdbWarehouse = {
    run: (sql) => void session.query(sql),
    execute: async (sql) => void session.query(sql),
    query: async (sql, parameters) => query(sql, parameters),
    rows: async (sql) => query(sql),
    async insert(table, rows, token) {
      if (rows.length === 0) return;
      const lines = rows.map((row) => JSON.stringify(row)).join("\n");
      session.query(
        `INSERT INTO ${table} SETTINGS insert_deduplication_token = '${token}', insert_deduplicate = 1 FORMAT JSONEachRow ${lines}`,
      );
    },
    close: async () => session.cleanup(),
  };
  await migrate(warehouse, await readMigrations());
  return warehouse;
}

let offset = 0;

function recordAt(timestamp: number): LogRecord {
  offset += 1;
  return { topic: "customer-events", partition: 0, offset, timestamp, key: null, value: null, headers: [] };
}

/** Events in the order given, appended as they happened; answers their offsets. */
export async function archiveEvents(
  warehouse: Warehouse,
  events: readonly Partial<CustomerEvent>[],
): Promise<readonly number[]> {
  const records = events.map((event) => recordAt(event.occurredAt ?? customerEvent({}).occurredAt));
  const rows = events.map((event, at) => customerEventRow(records[at] as LogRecord, customerEvent(event)));
  await warehouse.insert("customer_events", rows, `events-${records[0]?.offset}`);
  return records.map((record) => record.offset);
}

/** Changes in the order given, with sequence numbers from 1. */
export async function archiveChanges(
  warehouse: Warehouse,
  changes: readonly Partial<SegmentChange>[],
): Promise<void> {
  const rows = changes.map((change, at) =>
    segmentChangeRow(recordAt(0), segmentChange({ sequence: at + 1, ...change })),
  );
  await warehouse.insert("segment_changes", rows, `changes-${offset}`);
}

export async function archiveControl(warehouse: Warehouse, type: string, value: object): Promise<void> {
  const record = recordAt(0);
  await warehouse.insert(
    "control_records",
    [controlRecordRow(record, type, value)],
    `control-${record.offset}`,
  );
}
