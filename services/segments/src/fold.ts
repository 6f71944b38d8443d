/**
 * Rule 0: a partition's state is the fold of its log. Everything here is a function of the records and of what
 * earlier records left; no wall clock, no I/O. Laws that tests cite (F3 is in fold-clock.ts):
 *  F1 the same records give the same changes with the same numbers, however they are cut into batches.
 *  F2 a source position is admitted once: what is not above the highest seen is rejected.
 */

import {
  type CustomerEvent,
  type Erased,
  type OrderChange,
  type RejectedEvent,
  type SegmentChange,
  type SourcePosition,
  type SubjectKind,
  subjectKey,
} from "@tidemark/contracts";
import {
  type CustomerState,
  emptyCustomer,
  foldEvent,
  type Plan,
  packCustomer,
  rememberEventId,
  seenEventId,
  type Transition,
  unpackCustomer,
} from "@tidemark/core";
import {
  applyOrderChange,
  type DefinitionSet,
  type LogRecord,
  type OrderImage,
  type OrderWrite,
  type PartitionMeta,
  packOrderImage,
  packRedirect,
  planFor,
  type Redirect,
  readRedirect,
  readTombstone,
  type SubjectWrite,
  sentThrough,
  tombstoneKey,
  unpackOrderImage,
} from "@tidemark/runtime";

import { contentOf } from "./event-content.ts";
import { historicAfterMs } from "./historic.ts";
import { forwardedEvent, type Onward, sourceOf } from "./onward.ts";
import { staleCuts } from "./stale-cuts.ts";

/** How long a timer that history armed in the past waits where no load is under way, in ms. */
const historicSettleMs = 30_000;

export interface EventRecord {
  readonly record: LogRecord;
  readonly event: CustomerEvent;
}

/** A change as the fold knows it; when it was detected and by which owner is added when it is published. */
export type FoldedChange = Omit<SegmentChange, "detectedAt" | "epoch">;

interface DeadLetter {
  readonly record: LogRecord;
  readonly reason: string;
}

export interface FoldResult {
  readonly changes: readonly FoldedChange[];
  readonly rejected: readonly RejectedEvent[];
  readonly deadLetters: readonly DeadLetter[];
  readonly subjects: readonly SubjectWrite[];
  readonly orders: readonly OrderWrite[];
  /** What goes to other partitions of customer-events before this is committed. */
  readonly onward: readonly Onward[];
  /** Told behind the changes. */
  readonly erased: readonly Omit<Erased, "epoch">[];
  readonly sequence: number;
}

export interface FoldInput {
  readonly partition: number;
  readonly definitions: DefinitionSet;
  /** Changed in place. */
  readonly meta: PartitionMeta;
  readonly sequence: number;
}

export function subjectKeyOf(event: CustomerEvent): string {
  return subjectKey(event.subjectKind, event.subject);
}

/** The tombstone to look for, where the event may be of somebody who was erased since; null where it cannot be. */
export function tombstoneKeyOf(meta: PartitionMeta, event: CustomerEvent): string | null {
  return event.occurredAt > meta.erasedThrough ? null : tombstoneKey(event.subjectKind, event.subject);
}

export function orderKeyOf(event: CustomerEvent): string | null {
  return event.order === null ? null : `${subjectKeyOf(event)}|${event.order.orderId}`;
}

interface Folded {
  readonly plan: Plan;
  readonly state: CustomerState;
  timer: SubjectWrite["timer"];
}

/** Folds events in order. `states` and `images` hold what was stored for every subject and order named. */
export function foldEvents(
  input: FoldInput,
  records: readonly EventRecord[],
  states: ReadonlyMap<string, Buffer | null>,
  images: ReadonlyMap<string, Buffer | null>,
): FoldResult {
  const { definitions, meta, partition } = input;
  const output = new Output(input);
  const folded = new Map<string, Folded>();
  /** Those that changed. */
  const redirects = new Map<string, Redirect>();
  const orders = new Map<string, OrderImage | null>();
  const changedOrders = new Set<string>();
  /** How long the subject's key is, by order. */
  const owners = new Map<string, number>();

  for (const { record, event } of records) {
    const source = `${event.sourceId}/${event.sourcePartition}`;
    const reject = (reason: string): void => output.reject(record, event, reason);
    if (!advanceSource(meta, event)) {
      reject("repeated-source-position");
      continue;
    }
    const key = subjectKeyOf(event);
    if (isErased(meta, event, states)) {
      reject("erased");
      continue;
    }
    const stored = states.get(key) ?? null;
    const redirect = redirects.get(key) ?? (stored && readRedirect(stored));
    if (redirect !== null) {
      if (event.occurredAt > redirect.through) redirects.set(key, sentThrough(redirect, event.occurredAt));
      output.onward.push(forwardedEvent(event, redirect.into, sourceOf(partition, record.offset, 0)));
      reject("forwarded");
      continue;
    }
    const subject = folded.get(key) ?? openSubject(definitions, event, stored);
    if (event.eventId !== null && seenEventId(subject.state, event.eventId, record.timestamp)) {
      reject("repeated-event-id");
      continue;
    }
    const content = contentOf(event);
    if (content === undefined) {
      reject("unreadable");
      output.deadLetters.push({ record, reason: "unreadable" });
      continue;
    }
    const { properties, attributes } = content;
    let contributions = [
      { name: event.name, occurredAt: event.occurredAt, sign: 1 as const, properties, remembered: true },
    ] as readonly Parameters<typeof foldEvent>[2]["contributions"][number][];
    if (event.order !== null) {
      const orderKey = orderKeyOf(event) ?? "";
      const before = orders.has(orderKey)
        ? (orders.get(orderKey) ?? null)
        : openImage(images.get(orderKey) ?? null);
      const order = event as CustomerEvent & { readonly order: OrderChange };
      const outcome = applyOrderChange(before, order, properties, record.timestamp);
      if (outcome.outcome === "rejected") {
        reject(outcome.reason);
        continue;
      }
      if (outcome.outcome === "dead-letter") {
        reject(outcome.reason);
        output.deadLetters.push({ record, reason: outcome.reason });
        continue;
      }
      orders.set(orderKey, outcome.image);
      owners.set(orderKey, key.length);
      changedOrders.add(orderKey);
      contributions = outcome.contributions;
    }
    if (event.eventId !== null) rememberEventId(subject.state, event.eventId, record.timestamp);
    meta.hasEvents = true;
    const historic = meta.openLoads.has(source) || record.timestamp - event.occurredAt > historicAfterMs;
    for (const moved of staleCuts(definitions, subject.plan, subject.state, () => historic) ?? [])
      output.change(moved.transitions, event.subject, event.subjectKind, moved.historic, record.offset, null);
    const transitions = foldEvent(subject.plan, subject.state, {
      occurredAt: event.occurredAt,
      partition,
      offset: record.offset,
      ...(attributes === undefined ? {} : { attributes }),
      contributions,
    });
    output.change(transitions, event.subject, event.subjectKind, historic, record.offset, event.name);
    subject.timer = armAfterEvent(subject.state.timer, historic, record.timestamp, meta.openLoads.size > 0);
    folded.set(key, subject);
  }
  return output.result(
    [
      ...[...folded].map(([subject, { plan, state, timer }]) => {
        return { subject, state: packed(plan, state), timer };
      }),
      ...[...redirects].map(([subject, to]) => ({ subject, state: packRedirect(to), timer: null })),
    ],
    [...changedOrders].map((key) => {
      const image = orders.get(key);
      return { key, subject: key.slice(0, owners.get(key)), image: image ? packOrderImage(image) : null };
    }),
  );
}

/** Several folds of one step as one; a subject written twice keeps its last write. */
export function joined(results: readonly FoldResult[], sequence: number): FoldResult {
  const [only] = results;
  if (only && results.length === 1) return only;
  return {
    changes: results.flatMap((result) => result.changes),
    rejected: results.flatMap((result) => result.rejected),
    deadLetters: results.flatMap((result) => result.deadLetters),
    subjects: [
      ...new Map(
        results.flatMap((result) => result.subjects).map((write) => [write.subject, write]),
      ).values(),
    ],
    orders: [
      ...new Map(results.flatMap((result) => result.orders).map((write) => [write.key, write])).values(),
    ],
    onward: results.flatMap((result) => result.onward),
    erased: results.flatMap((result) => result.erased),
    sequence: results.at(-1)?.sequence ?? sequence,
  };
}

/** False where the position is not above the highest seen (F2). */
export function advanceSource(meta: PartitionMeta, event: SourcePosition): boolean {
  const source = `${event.sourceId}/${event.sourcePartition}`;
  const seen = meta.sources.get(source);
  if (seen) {
    const [offset, ordinal] = seen;
    if (event.sourceOffset < offset || (event.sourceOffset === offset && event.ordinal <= ordinal))
      return false;
  }
  meta.sources.set(source, [event.sourceOffset, event.ordinal]);
  return true;
}

function isErased(
  meta: PartitionMeta,
  event: CustomerEvent,
  states: ReadonlyMap<string, Buffer | null>,
): boolean {
  const key = tombstoneKeyOf(meta, event);
  const tombstone = key === null ? null : readTombstone(states.get(key) ?? null);
  return tombstone !== null && event.occurredAt <= tombstone.erasedAt;
}

function openSubject(definitions: DefinitionSet, event: CustomerEvent, bytes: Buffer | null): Folded {
  const { subject, subjectKind } = event;
  return { ...openCustomer(definitions, subjectKind, subject, bytes), timer: null };
}

/** A subject as it was stored, with its plan. Who comes new has no history: no sweep under way has to reach it. */
export function openCustomer(
  definitions: DefinitionSet,
  kind: SubjectKind,
  id: string,
  bytes: Buffer | null,
): { readonly plan: Plan; readonly state: CustomerState } {
  const plan = planFor(definitions, bytes);
  if (bytes !== null) return { plan, state: unpackCustomer(plan, bytes, id) };
  const state = emptyCustomer(kind, id);
  state.sweep = definitions.sweeps;
  return { plan, state };
}

function openImage(bytes: Buffer | null): OrderImage | null {
  return bytes === null ? null : unpackOrderImage(bytes);
}

export function packed(plan: Plan, state: CustomerState): Buffer {
  const bytes = packCustomer(plan, state);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function armAfterEvent(
  instant: number | null,
  historic: boolean,
  appendedAt: number,
  loading: boolean,
): SubjectWrite["timer"] {
  if (instant === null) return null;
  if (!historic || instant > appendedAt) return { set: "live", dueAt: instant };
  if (loading) return { set: "held", dueAt: instant };
  return { set: "live", dueAt: Math.max(appendedAt + historicSettleMs, instant + 1) };
}

export class Output {
  readonly changes: FoldedChange[] = [];
  readonly rejected: RejectedEvent[] = [];
  readonly deadLetters: DeadLetter[] = [];
  readonly onward: Onward[] = [];
  readonly erased: Omit<Erased, "epoch">[] = [];
  readonly partition: number;
  sequence: number;

  constructor(input: FoldInput) {
    this.partition = input.partition;
    this.sequence = input.sequence;
  }

  reject(record: LogRecord, event: SourcePosition, reason: string): void {
    const { sourceId, sourcePartition, sourceOffset, ordinal } = event;
    this.rejected.push({
      partition: this.partition,
      offset: record.offset,
      sourceId,
      sourcePartition,
      sourceOffset,
      ordinal,
      reason,
    });
  }

  change(
    transitions: readonly Transition[],
    subject: string,
    subjectKind: "customer" | "company",
    historic: boolean,
    causeOffset: number,
    eventName: string | null,
  ): void {
    for (const transition of transitions) {
      this.sequence += 1;
      this.changes.push({
        sequence: this.sequence,
        changeId: `${this.partition}-${this.sequence}`,
        subject,
        subjectKind,
        definitionKind: transition.kind,
        definition: transition.id,
        definitionVersion: transition.version,
        from: transition.from,
        to: transition.to,
        effectiveAt: transition.effectiveAt,
        changesAt: transition.changesAt,
        historic,
        cause: transition.cause,
        causeEvent: transition.cause === "time" ? null : eventName,
        causeOffset,
        mark: transition.mark
          ? {
              color: transition.mark.color ?? null,
              icon: transition.mark.icon ?? null,
              label: transition.mark.label ?? null,
            }
          : null,
      });
    }
  }

  result(subjects: readonly SubjectWrite[], orders: readonly OrderWrite[]): FoldResult {
    const { changes, rejected, deadLetters, onward, erased, sequence } = this;
    return { changes, rejected, deadLetters, subjects, orders, onward, erased, sequence };
  }
}
