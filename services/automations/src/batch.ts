/**
 * A batch of changes: which webhooks they set off, and their delivery. Every endpoint has its own way, so one that
 * hangs delays the others only at the end of the batch; messages about one subject go to an endpoint one by one.
 */
import {
  type ChangeCursor,
  type ChangeVerdict,
  type Fence,
  judgeChange,
  passFence,
  type SegmentChange,
} from "@tidemark/contracts";
import type { LogRecord } from "@tidemark/runtime";
import type { InForce } from "./in-force.ts";
import type { ReadRecord } from "./read-records.ts";
import { type Webhook, webhooksOf } from "./webhook.ts";

/** A change that counts, and what it sets off. */
export interface Step {
  readonly record: LogRecord;
  readonly webhooks: readonly Webhook[];
  /** Behind this record. */
  readonly cursor: ChangeCursor;
}

/** Numbers are missing before the change at this offset. */
export interface Gap {
  readonly offset: number;
  readonly expected: number;
  readonly found: number;
}

export interface Batch {
  /** One a record. */
  readonly steps: readonly Step[];
  readonly verdicts: readonly ChangeVerdict[];
  readonly gaps: readonly Gap[];
  /** How many automations left a change alone because it is history. */
  readonly historic: number;
}

/** The same records, cursor and automations give the same messages. */
export function planBatch(cursor: ChangeCursor, records: readonly ReadRecord[], inForce: InForce): Batch {
  const verdicts: ChangeVerdict[] = [];
  const gaps: Gap[] = [];
  let current = cursor;
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

  const steps = records.map(({ record, decoded, isRepaired }): Step => {
    let webhooks: readonly Webhook[] = [];
    if (decoded?.type === "tidemark.changes.Fence") current = passFence(current, decoded.value as Fence);
    if (decoded?.type === "tidemark.changes.SegmentChange")
      webhooks = actOn(record, decoded.value as SegmentChange, isRepaired === true);
    return { record, webhooks, cursor: current };
  });
  return { steps, verdicts, gaps, historic };
}

/** Settles one message; answers false where it was abandoned. */
export type Settle = (webhook: Webhook, change: LogRecord) => Promise<boolean>;

/**
 * Settles all messages, at once but for those of one subject to one endpoint. Answers how many steps, from the first,
 * are settled whole: all of them, unless something was abandoned.
 */
export async function settleBatch(steps: readonly Step[], settle: Settle): Promise<number> {
  const open = steps.map(({ webhooks }) => webhooks.length);
  const chains = new Map<string, { readonly at: number; readonly webhook: Webhook }[]>();
  steps.forEach(({ webhooks }, at) => {
    for (const webhook of webhooks) {
      const key = `${webhook.endpoint}|${webhook.subject}`;
      const chain = chains.get(key) ?? [];
      chain.push({ at, webhook });
      chains.set(key, chain);
    }
  });
  const walk = async (chain: readonly { readonly at: number; readonly webhook: Webhook }[]) => {
    for (const { at, webhook } of chain) {
      const step = steps[at];
      if (step === undefined || !(await settle(webhook, step.record))) return;
      open[at] = (open[at] ?? 0) - 1;
    }
  };
  await Promise.all([...chains.values()].map(walk));
  const first = open.findIndex((left) => left > 0);
  return first < 0 ? steps.length : first;
}
