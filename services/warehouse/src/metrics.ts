import { bufferMetrics, Counter, type Registry, sharedMetrics, verdictMetrics } from "@tidemark/runtime";
import type { Block } from "./block.ts";
import type { BlockRows } from "./block-rows.ts";

/** What the archiver tells about its work. */
export interface ArchiveObserver {
  /** `ageMs` is the time since the block's oldest record was appended. */
  inserted(block: Block, rows: BlockRows, ageMs: number): void;
  /** Retention took records of a topic before they were archived. */
  trimmed?(topic: string, records: number): void;
  failed(): void;
  buffered(bytes: number): void;
}

/** Counters in Prometheus' names. */
export function archiveMetrics(registry: Registry, maxBufferedBytes: number): ArchiveObserver {
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
  const { judged } = verdictMetrics(registry);
  const { retried, took } = sharedMetrics(registry);
  const unreadable = new Counter({
    name: "tidemark_warehouse_unreadable_total",
    help: "Records that do not decode; they are kept as bytes in control_records.",
    registers,
  });
  let held = 0;
  bufferMetrics(registry, [{ name: "archive", boundBytes: maxBufferedBytes, bytes: () => held }]);
  const trimmed = new Counter({
    name: "tidemark_warehouse_trimmed_total",
    help: "Records that retention took before they were archived: raise an alarm.",
    labelNames: ["topic"],
    registers,
  });
  return {
    inserted({ topic }, { tables, verdicts, unreadable: offsets }, ageMs) {
      took("log-to-archive", ageMs);
      blocks.inc({ topic });
      for (const [table, rows] of tables) rowsTotal.inc({ table }, rows.length);
      for (const [verdict, count] of verdicts) judged(verdict, count);
      unreadable.inc(offsets.length);
    },
    trimmed: (topic, records) => trimmed.inc({ topic }, records),
    failed: retried,
    buffered(bytes) {
      held = bytes;
    },
  };
}
