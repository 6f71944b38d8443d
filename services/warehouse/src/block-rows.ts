/** A block's records as rows by table, and the cursor behind them. The same records and cursor give the same rows. */
import {
  type ChangeCursor,
  type ChangeFate,
  type Codec,
  type CustomerEvent,
  type Decoded,
  type Erased,
  type Erasure,
  type Fence,
  judgeChange,
  type Merge,
  type MergeRequest,
  notAhead,
  passFence,
  type RejectedEvent,
  type Rescore,
  type SegmentChange,
  type SweepApply,
  type SweepBatch,
  type Unmerge,
  UnreadableError,
} from "@tidemark/contracts";
import type { LogRecord } from "@tidemark/runtime";
import {
  type ArchivedErasure,
  archivedErased,
  archivedErasure,
  archivedUnmerge,
  erasedRow,
  erasureRow,
  isErased,
  mergeRow,
  noTombstones,
  rescoreRow,
  sweepApplyRow,
  sweepBatchRow,
  type Tombstones,
} from "./erasure/archived-erasure.ts";
import { type ArchivedRequest, archivedRequest } from "./erasure/archived-request.ts";
import {
  controlRecordRow,
  customerEventRow,
  rejectedEventRow,
  segmentChangeRow,
  type TableName,
  unreadableRow,
} from "./rows.ts";

export interface BlockRows {
  readonly tables: ReadonlyMap<TableName, readonly object[]>;
  /** Behind the block's last record. */
  readonly cursor: ChangeCursor;
  /** How many changes got which verdict. */
  readonly verdicts: ReadonlyMap<ChangeFate, number>;
  /** The first change of each gap, with the number expected in its place. */
  readonly gaps: readonly { readonly expected: number; readonly found: number; readonly offset: number }[];
  /** Offsets of records that do not decode. */
  readonly unreadable: readonly number[];
  /** What is to be removed of what was archived before, once these rows are there. */
  readonly erasures: readonly ArchivedErasure[];
  /** Requests of merges among these rows. */
  readonly requests: readonly ArchivedRequest[];
}

/** Rejects when the schema registry is away. `tombstones` are those of the partition; more are put there. */
export async function blockRows(
  codec: Codec,
  cursor: ChangeCursor,
  records: readonly LogRecord[],
  tombstones: Tombstones = noTombstones(),
): Promise<BlockRows> {
  const tables = new Map<TableName, object[]>();
  const verdicts = new Map<ChangeFate, number>();
  const gaps: { expected: number; found: number; offset: number }[] = [];
  const unreadable: number[] = [];
  const erasures: ArchivedErasure[] = [];
  const requests: ArchivedRequest[] = [];
  let current = cursor;
  const add = (table: TableName, row: object) => {
    const rows = tables.get(table);
    if (rows) rows.push(row);
    else tables.set(table, [row]);
  };

  for (const record of records) {
    const decoded = await decode(codec, record);
    if (decoded === undefined) {
      unreadable.push(record.offset);
      add("control_records", unreadableRow(record));
      continue;
    }
    switch (decoded.type) {
      case "tidemark.log.CustomerEvent": {
        const event = notAhead(decoded.value as CustomerEvent, record.timestamp);
        if (!isErased(tombstones, record.offset, event))
          add("customer_events", customerEventRow(record, event));
        break;
      }
      case "tidemark.log.Erasure":
        erasures.push(archivedErasure(tombstones, record, decoded.value as Erasure));
        add("control_records", erasureRow(record, decoded.value as Erasure));
        break;
      case "tidemark.log.MergeRequest":
        requests.push(archivedRequest(record, decoded.value as MergeRequest));
        add("control_records", controlRecordRow(record, decoded.type, decoded.value));
        break;
      case "tidemark.log.Unmerge":
        erasures.push(archivedUnmerge(record, decoded.value as Unmerge));
        add("control_records", controlRecordRow(record, decoded.type, decoded.value));
        break;
      case "tidemark.log.RejectedEvent":
        add("rejected_events", rejectedEventRow(record, decoded.value as RejectedEvent));
        break;
      case "tidemark.changes.SegmentChange": {
        const change = decoded.value as SegmentChange;
        const judged = judgeChange(current, change);
        verdicts.set(judged.verdict, (verdicts.get(judged.verdict) ?? 0) + 1);
        if (judged.verdict === "gap") {
          gaps.push({ expected: current.sequence + 1, found: change.sequence, offset: record.offset });
        }
        if (judged.verdict === "new" || judged.verdict === "gap") {
          add("segment_changes", segmentChangeRow(record, change));
        }
        current = judged.cursor;
        break;
      }
      case "tidemark.changes.Fence":
        current = passFence(current, decoded.value as Fence);
        add("control_records", controlRecordRow(record, decoded.type, decoded.value));
        break;
      case "tidemark.log.SweepApply":
        add("control_records", sweepApplyRow(tombstones, record, decoded.value as SweepApply));
        break;
      case "tidemark.log.SweepBatch":
        add("control_records", sweepBatchRow(tombstones, record, decoded.value as SweepBatch));
        break;
      case "tidemark.log.Merge":
      case "tidemark.log.Absorb":
        add("control_records", mergeRow(tombstones, record, decoded.type, decoded.value as Merge));
        break;
      case "tidemark.log.Rescore":
        add("control_records", rescoreRow(tombstones, record, decoded.value as Rescore));
        break;
      case "tidemark.changes.Erased": {
        const erased = decoded.value as Erased;
        if (erased.epoch >= current.epoch) erasures.push(archivedErased(record, erased));
        add("control_records", erasedRow(record, erased));
        break;
      }
      default:
        add("control_records", controlRecordRow(record, decoded.type, decoded.value));
    }
  }
  return { tables, cursor: current, verdicts, gaps, unreadable, erasures, requests };
}

async function decode(codec: Codec, record: LogRecord): Promise<Decoded | undefined> {
  if (record.value === null) return undefined;
  try {
    return codec.decodeSync(record.value) ?? (await codec.decode(record.value));
  } catch (error) {
    if (error instanceof UnreadableError) return undefined;
    throw error;
  }
}
