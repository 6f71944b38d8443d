import { Counter, Gauge, type Registry } from "@tidemark/runtime";
import type { Block } from "./block.ts";
import type { BlockRows } from "./block-rows.ts";

/** What the archiver tells about its work. */
export interface ArchiveObserver {
  inserted(block: Block, rows: BlockRows): void;
  failed(): void;
  buffered(bytes: number): void;
}

/** Counters in Prometheus' names. */
export function archiveMetrics(registry: Registry): ArchiveObserver {
  const registers = [registry];
  const rowsTotal = new Counter({
    name: "tidemark_warehouse_rows_total",
    help: "Rows inserted, by table.",
    labelNames: ["table"],
    registers,
  });
  const blocks = new Counter({
    name: "tidemark_warehouse_blocks_total",
    help: "Blocks inserted, by topic.",
    labelNames: ["topic"],
    registers,
  });
  const changes = new Counter({
    name: "tidemark_warehouse_changes_total",
    help: "Segment changes by verdict: new, repeat, void (of an owner shut out), gap (numbers before it are missing).",
    labelNames: ["verdict"],
    registers,
  });
  const unreadable = new Counter({
    name: "tidemark_warehouse_unreadable_total",
    help: "Records that do not decode; they are kept as bytes in control_records.",
    registers,
  });
  const failures = new Counter({
    name: "tidemark_warehouse_failures_total",
    help: "Rounds that failed and are tried again.",
    registers,
  });
  const buffered = new Gauge({
    name: "tidemark_warehouse_buffered_bytes",
    help: "Bytes of records that wait for their insert.",
    registers,
  });
  return {
    inserted({ topic }, { tables, verdicts, unreadable: offsets }) {
      blocks.inc({ topic });
      for (const [table, rows] of tables) rowsTotal.inc({ table }, rows.length);
      for (const [verdict, count] of verdicts) changes.inc({ verdict }, count);
      unreadable.inc(offsets.length);
    },
    failed: () => failures.inc(),
    buffered: (bytes) => buffered.set(bytes),
  };
}
