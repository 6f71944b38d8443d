/** A batch of changes: which of them count, and which webhooks they set off. */
import {
  type ChangeVerdict,
  type Fence,
  judgeChange,
  passFence,
  type SegmentChange,
} from "@tidemark/contracts";
import type { LogRecord } from "@tidemark/runtime";
import type { InForce } from "./in-force.ts";
import type { Place } from "./position.ts";
import type { ReadRecord } from "./read-records.ts";
import { type Webhook, webhooksOf } from "./webhook.ts";

/** A record that sets something off. */
export interface Step {
  /** Where it stands and its headers. */
  readonly record: LogRecord;
  readonly webhooks: readonly Webhook[];
  /** Whoever goes on from here comes by this record again. */
  readonly before: Place;
}

/** Numbers are missing before the change at this offset. */
export interface Gap {
  readonly offset: number;
  readonly expected: number;
  readonly found: number;
}

export interface Batch {
  readonly steps: readonly Step[];
  /** Behind all of them. */
  readonly end: Place;
  readonly verdicts: readonly ChangeVerdict[];
  readonly gaps: readonly Gap[];
  /** How many automations left a change alone because it is history. */
  readonly historic: number;
  /** What nobody can read. */
  readonly unreadable: readonly LogRecord[];
}

/** The same records, place and automations give the same messages. */
export function planBatch(from: Place, records: Iterable<ReadRecord>, inForce: InForce): Batch {
  const verdicts: ChangeVerdict[] = [];
  const gaps: Gap[] = [];
  const unreadable: LogRecord[] = [];
  let current = from.cursor;
  let place = from;
  let historic = 0;

  const actOn = (record: LogRecord, change: SegmentChange, isRepaired: boolean): readonly Webhook[] => {
    const epoch = isRepaired ? current.epoch : change.epoch;
    const { verdict, cursor: after } = judgeChange(current, { sequence: change.sequence, epoch });
    verdicts.push(verdict);
    if (verdict === "gap")
      gaps.push({ offset: record.offset, expected: current.sequence + 1, found: change.sequence });
    current = after;
    if (verdict === "repeat" || verdict === "void") return [];
    const matches = inForce.matches(change);
    historic += matches.leave.length;
    return matches.act.flatMap((automation) => webhooksOf(change, automation));
  };

  const steps: Step[] = [];
  for (const { record, decoded, isRepaired } of records) {
    const before = place;
    let webhooks: readonly Webhook[] = [];
    if (decoded === undefined) unreadable.push(record);
    if (decoded?.type === "tidemark.changes.Fence") current = passFence(current, decoded.value as Fence);
    if (decoded?.type === "tidemark.changes.SegmentChange")
      webhooks = actOn(record, decoded.value as SegmentChange, isRepaired === true);
    // What was found elsewhere in the topic stands before the record at which it was missed.
    if (!isRepaired) place = { offset: record.offset + 1, cursor: current };
    if (webhooks.length > 0) steps.push({ record: lean(record), webhooks, before });
  }
  return { steps, end: place, verdicts, gaps, historic, unreadable };
}

/** Where the record stands and its headers: messages wait long, and would keep the whole of what was fetched. */
function lean({ topic, partition, offset, timestamp, headers }: LogRecord): LogRecord {
  const own = headers.map(([name, content]) => [name, Buffer.from(content)] as const);
  return { topic, partition, offset, timestamp, key: null, value: null, headers: own };
}
