/**
 * One atomic step of a partition: a clock record, one about who is who, a run of what changes definitions, or a run of
 * everything else. Reads what the store holds of those concerned and folds; nothing is told to anybody here.
 */
import type { Clock as ClockRecord } from "@tidemark/contracts";
import {
  applyLoad,
  copyMeta,
  type DefinitionEntry,
  type DefinitionSet,
  type DefinitionSets,
  type LogRecord,
  notSwept,
  type PartitionMeta,
  type StateStore,
} from "@tidemark/runtime";
import type { DueTimers } from "./due-timers.ts";
import type { Entry } from "./entry.ts";
import {
  type EventRecord,
  type FoldInput,
  type FoldResult,
  foldEvents,
  joined,
  orderKeyOf,
  subjectKeyOf,
  tombstoneKeyOf,
} from "./fold.ts";
import { foldClock } from "./fold-clock.ts";
import { foldRescores, type RescoreRecord, subjectKeyOfRescore } from "./fold-cuts.ts";
import { foldSweepApplies, type SweepApplyRecord, subjectKeysOfApply } from "./fold-sweep.ts";
import type { Holding } from "./holding.ts";
import { partitionReads } from "./identity/context.ts";
import { type IdentityEntry, isIdentityEntry } from "./identity/entry.ts";
import { foldIdentity } from "./identity/fold-identity.ts";
import type { UnreadableRecord } from "./publisher.ts";

export interface Step {
  readonly entries: readonly Entry[];
  /** As it is after the step. */
  readonly meta: PartitionMeta;
  readonly result: FoldResult & { readonly unreadable?: readonly UnreadableRecord[] };
  /** Where they change. */
  readonly definitions?: DefinitionSet;
  readonly events: number;
  /** Timers; undefined where the step is not a clock record's. */
  readonly fired?: number;
}

export interface StepPorts {
  readonly store: StateStore;
  readonly definitionSets: DefinitionSets;
  readonly timers: DueTimers;
  /** See WorkerPorts. */
  readonly turn?: () => Promise<void>;
}

/** Subjects that sweeps bring something to in one step: what comes behind them in the loop waits for no more. */
const mostApplies = 200;

/** Cuts what was read into steps. A record is never in two: a position stands for all of it. */
export function* cutIntoSteps(entries: readonly Entry[]): Generator<readonly Entry[]> {
  let at = 0;
  while (at < entries.length) {
    const first = entries[at];
    let end = at + 1;
    if (!standsAlone(first)) {
      const ofDefinitions = changesDefinitions(first);
      let applies = appliesIn(first);
      while (
        end < entries.length &&
        !standsAlone(entries[end]) &&
        changesDefinitions(entries[end]) === ofDefinitions &&
        (applies === 0 || applies + appliesIn(entries[end]) <= mostApplies)
      ) {
        applies += appliesIn(entries[end]);
        end += 1;
      }
    }
    yield entries.slice(at, end);
    at = end;
  }
}

/** Rejects where the store does not answer. */
export function foldStep(
  ports: StepPorts,
  partition: number,
  held: Holding,
  entries: readonly Entry[],
): Promise<Step> {
  const input: StepInput = {
    ports,
    held,
    fold: {
      partition,
      definitions: held.definitions,
      meta: copyMeta(held.meta),
      sequence: held.progress.sequence,
    },
  };
  const first = entries[0];
  if (first?.type === "clock") return stepOfClock(input, first.record, first.clock);
  if (changesDefinitions(first)) return stepOfDefinitions(input, entries);
  if (first !== undefined && isIdentityEntry(first)) return stepOfIdentity(input, first);
  return stepOfEvents(input, entries);
}

interface StepInput {
  readonly ports: StepPorts;
  readonly held: Holding;
  readonly fold: FoldInput;
}

async function stepOfEvents({ ports, held, fold }: StepInput, entries: readonly Entry[]): Promise<Step> {
  const { meta, partition } = fold;
  const events = entries.filter((entry) => entry.type === "event");
  const [states, images] = await Promise.all([
    load(ports.store, partition, "subjects", new Set(entries.flatMap((entry) => keysOf(held.meta, entry)))),
    load(ports.store, partition, "orders", new Set(events.flatMap(({ event }) => orderKeyOf(event) ?? []))),
  ]);
  await ports.turn?.();
  const results: FoldResult[] = [];
  let run: EventRecord[] = [];
  let applies: SweepApplyRecord[] = [];
  let rescores: RescoreRecord[] = [];
  /** All but one are empty. */
  const flush = (): void => {
    if (run.length + applies.length + rescores.length === 0) return;
    const from = { ...fold, sequence: results.at(-1)?.sequence ?? fold.sequence };
    const result =
      run.length > 0
        ? foldEvents(from, run, states, images)
        : applies.length > 0
          ? foldSweepApplies(from, applies, states)
          : foldRescores(from, rescores, states);
    for (const { subject, state } of result.subjects) states.set(subject, state);
    for (const { key, image } of result.orders) images.set(key, image);
    results.push(result);
    run = [];
    applies = [];
    rescores = [];
  };
  const unreadable: UnreadableRecord[] = [];
  for (const entry of entries) {
    if (entry.type === "event") {
      if (applies.length + rescores.length > 0) flush();
      run.push(entry);
    } else if (entry.type === "sweep-apply") {
      if (run.length + rescores.length > 0) flush();
      applies.push(...entry.applies.map((apply, at) => ({ record: entry.record, apply, at })));
    } else if (entry.type === "rescore") {
      if (run.length + applies.length > 0) flush();
      rescores.push(entry);
    } else if (entry.type === "load-begin" || entry.type === "load-end") {
      flush();
      applyLoad(meta, entry.type, `${entry.load.sourceId}/${entry.load.sourcePartition}`);
    } else if (entry.type === "unreadable") unreadable.push(entry);
  }
  flush();
  return {
    entries,
    meta,
    result: { ...joined(results, fold.sequence), unreadable },
    events: events.length,
  };
}

function keysOf(meta: PartitionMeta, entry: Entry): readonly string[] {
  if (entry.type === "sweep-apply") return entry.applies.flatMap((apply) => subjectKeysOfApply(meta, apply));
  if (entry.type === "rescore") return [subjectKeyOfRescore(entry.rescore)];
  if (entry.type !== "event") return [];
  const { event } = entry;
  const tombstone = tombstoneKeyOf(meta, event);
  return tombstone === null ? [subjectKeyOf(event)] : [subjectKeyOf(event), tombstone];
}

async function stepOfIdentity({ ports, fold }: StepInput, entry: IdentityEntry): Promise<Step> {
  const reads = partitionReads(ports.store, fold.partition);
  const result = await foldIdentity({ ...fold, sets: ports.definitionSets, reads }, entry);
  return { entries: [entry], meta: fold.meta, result, events: 0 };
}

async function stepOfDefinitions({ ports, fold }: StepInput, entries: readonly Entry[]): Promise<Step> {
  const { definitions: before, meta } = fold;
  const changes = entries.flatMap((entry): DefinitionEntry[] => {
    if (entry.type === "sweep") return [{ ...entry, offset: entry.record.offset }];
    if (entry.type === "cuts")
      return [{ ...entry, offset: entry.record.offset, appendedAt: entry.record.timestamp }];
    return entry.type === "definition" || entry.type === "sweep-end" || entry.type === "rescore-end"
      ? [entry]
      : [];
  });
  const after = ports.definitionSets.fold(before, changes, meta.hasEvents);
  if (after.sweeps > before.sweeps) meta.swept = notSwept;
  const step = { entries, meta, result: joined([], fold.sequence), events: 0 };
  return after === before ? step : { ...step, definitions: after };
}

async function stepOfClock({ ports, fold }: StepInput, record: LogRecord, clock: ClockRecord): Promise<Step> {
  const { meta, partition } = fold;
  meta.clock = Math.max(meta.clock, Math.min(clock.at, record.timestamp));
  const due = await ports.timers.due(meta, clock.max);
  const states = await load(ports.store, partition, "subjects", new Set(due.map(({ subject }) => subject)));
  await ports.turn?.();
  const { offset, timestamp: appendedAt } = record;
  const { fired, ...result } = foldClock(fold, { offset, appendedAt, due, max: clock.max }, states);
  return { entries: [{ type: "clock", record, clock }], meta, result, events: 0, fired };
}

async function load(
  store: StateStore,
  partition: number,
  what: "subjects" | "orders",
  keys: ReadonlySet<string>,
): Promise<Map<string, Buffer | null>> {
  const names = [...keys];
  const values = names.length === 0 ? [] : await store[what](partition, names);
  return new Map(names.map((name, at) => [name, values[at] ?? null]));
}

const definitionTypes: ReadonlySet<Entry["type"]> = new Set([
  "definition",
  "sweep",
  "sweep-end",
  "cuts",
  "rescore-end",
]);

function changesDefinitions(entry: Entry | undefined): boolean {
  return entry !== undefined && definitionTypes.has(entry.type);
}

function appliesIn(entry: Entry | undefined): number {
  return entry?.type === "sweep-apply" ? entry.applies.length : 0;
}

function standsAlone(entry: Entry | undefined): boolean {
  return entry !== undefined && (entry.type === "clock" || isIdentityEntry(entry));
}
