/**
 * Owns one partition: takes it over, then fold, publish, commit (rules 1 and 2 of "Effectively once").
 * Whatever fails on the way, the answer is the same: drop all in memory, take over again, fold again.
 */
import { type Clock as ClockRecord, type Codec, type SegmentChange, topicNames } from "@tidemark/contracts";
import {
  applyLoad,
  type Clock,
  copyMeta,
  type DefinitionEntry,
  type DefinitionSet,
  type DefinitionSets,
  emptyMeta,
  type Log,
  type Logger,
  type LogRecord,
  type Ownership,
  type PartitionMeta,
  type PartitionProgress,
  packMeta,
  type StateStore,
  type Tracing,
  unpackMeta,
} from "@tidemark/runtime";
import type { Archive } from "./archive.ts";
import { type Entry, readEntry } from "./entry.ts";
import {
  type DueTimer,
  type EventRecord,
  type FoldInput,
  type FoldResult,
  foldClock,
  foldEvents,
  joined,
  orderKeyOf,
  subjectKeyOf,
  tombstoneKeyOf,
} from "./fold.ts";
import { foldSweepApplies, type SweepApplyRecord, subjectKeysOfApply } from "./fold-sweep.ts";
import { partitionReads } from "./identity/context.ts";
import { type IdentityEntry, isIdentityEntry } from "./identity/entry.ts";
import { foldIdentity } from "./identity/fold-identity.ts";
import { appendOnward } from "./onward.ts";
import {
  appendDeadLetters,
  appendErased,
  appendFence,
  appendRejected,
  type Published,
  publishChanges,
  readPublished,
  type UnreadableRecord,
} from "./publisher.ts";
import { readEvents } from "./read-events.ts";

export interface WorkerPorts {
  readonly log: Log;
  readonly store: StateStore;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly definitionSets: DefinitionSets;
  /** Where what the topics hold no more is to be had. Without it, a position that was trimmed away is an error. */
  readonly archive?: Archive;
  readonly observe: WorkerObserver;
  /** Nothing is recorded where there is none. */
  readonly tracing?: Tracing;
}

/** What the worker tells metrics. */
export interface WorkerObserver {
  events(count: number): void;
  published(
    changes: readonly SegmentChange[],
    rejected: readonly { readonly reason: string }[],
    deadLetters: readonly { readonly reason: string }[],
    /** When the record that brought a change about was appended, by its offset, in ms. */
    appendedAt: (causeOffset: number) => number | undefined,
  ): void;
  fired(count: number): void;
  /** The partition's clock, in ms. */
  clock(partition: number, at: number): void;
  /** A step failed and is tried again. */
  failed(): void;
}

export interface PartitionWorker {
  readonly partition: number;
  /** Takes the partition and answers the offset to read `customer-events` from. */
  takeOver(): Promise<number>;
  /**
   * Folds records, publishes what changes, commits. Returns when it is done or the partition was given up;
   * answers whether a clock record was among them.
   */
  process(records: readonly LogRecord[]): Promise<boolean>;
  /** Folds all that lies before an offset, as `process` would on its way to a record there. */
  catchUpTo(offset: number): Promise<void>;
  /**
   * Nothing may come for long: asks the store whether it still is the one that was committed to, and folds again where
   * it came back younger. Rejects where the store is away.
   */
  verify(): Promise<void>;
  /** The partition moved to somebody else; anything under way ends at its next step. */
  giveUp(): void;
  clockAheadMs(): number;
  nextDueAt(): number;
  refreshDue(): Promise<void>;
  /** Appends a clock record that fires at most `max` timers. */
  appendClock(at: number, max: number): Promise<void>;
}

const retryDelayMs = { first: 100, most: 5_000 };

/** Somebody else wrote, or the store came back younger: what is in memory is void. */
class OwnershipLost extends Error {
  constructor(outcome: string) {
    super(`the state of the partition could not be committed: ${outcome}`);
    this.name = "OwnershipLost";
  }
}

export function createPartitionWorker(partition: number, ports: WorkerPorts): PartitionWorker {
  return new Worker(partition, ports);
}

class Worker implements PartitionWorker {
  readonly partition: number;
  readonly #ports: WorkerPorts;
  #ownership: Ownership | null = null;
  #progress: PartitionProgress = { position: 0, sequence: 0, changesOffset: 0 };
  #meta: PartitionMeta = emptyMeta();
  #definitions: DefinitionSet;
  /** Changes up to this number are in the topic already. */
  #publishedThrough = 0;
  #liveDueAt = Number.POSITIVE_INFINITY;
  #heldDueAt = Number.POSITIVE_INFINITY;
  #commits = 0;
  #clockRead = false;
  #givenUp = false;
  /** `at` of the clock record that was appended last, and how far that was ahead of its append. */
  #clockAppended = Number.NEGATIVE_INFINITY;
  #clockAheadMs = 0;
  /** One thing at a time; null when nothing is under way. */
  #turn: Promise<unknown> | null = null;
  /** As of the last time that the store was asked. */
  #verifiedCommits = -1;

  constructor(partition: number, ports: WorkerPorts) {
    this.partition = partition;
    this.#ports = ports;
    this.#definitions = ports.definitionSets.unpack(null);
  }

  async takeOver(): Promise<number> {
    const { store } = this.#ports;
    let ownership = await store.takeOver(this.partition);
    for (;;) {
      const state = await store.load(this.partition);
      const { epoch, token } = ownership;
      const fencedAt = await appendFence(this.#ports, this.partition, { epoch, token });
      const published = await this.#published(state.changesOffset, fencedAt);
      // A store that came back younger may give an epoch that was given before: every consumer would drop its changes.
      if (published.epoch >= epoch) {
        while (ownership.epoch <= published.epoch) ownership = await store.takeOver(this.partition);
        continue;
      }
      this.#ownership = ownership;
      this.#publishedThrough = Math.max(state.sequence, published.sequence);
      this.#progress = {
        position: state.position,
        sequence: state.sequence,
        changesOffset: state.changesOffset,
      };
      this.#meta = unpackMeta(state.meta);
      this.#definitions = this.#ports.definitionSets.unpack(state.definitions);
      await this.refreshDue();
      return state.position;
    }
  }

  /** What stands in `segment-changes` from an offset on; where that was trimmed away, all the archive knows besides. */
  async #published(from: number, to: number): Promise<Published> {
    const { log, archive } = this.#ports;
    const start = (await log.startOffsets(topicNames.segmentChanges))[this.partition] ?? 0;
    const held = await readPublished(this.#ports, this.partition, Math.max(from, Math.min(start, to)), to);
    if (from >= start) return held;
    if (archive === undefined)
      throw new Error(`${topicNames.segmentChanges}/${this.partition} begins at ${start}, not at ${from}`);
    const archived = await archive.published(this.partition);
    return {
      sequence: Math.max(held.sequence, archived.sequence),
      epoch: Math.max(held.epoch, archived.epoch),
    };
  }

  giveUp(): void {
    this.#givenUp = true;
  }

  nextDueAt(): number {
    return this.#meta.openLoads.size > 0 ? this.#liveDueAt : Math.min(this.#liveDueAt, this.#heldDueAt);
  }

  async refreshDue(): Promise<void> {
    const commits = this.#commits;
    const [live, held] = await Promise.all([
      this.#ports.store.earliestTimer(this.partition, "live"),
      this.#ports.store.earliestTimer(this.partition, "held"),
    ]);
    // A commit that armed something meanwhile may be missing from what was read.
    const raced = commits !== this.#commits;
    this.#liveDueAt = Math.min(
      live ?? Number.POSITIVE_INFINITY,
      raced ? this.#liveDueAt : Number.POSITIVE_INFINITY,
    );
    this.#heldDueAt = Math.min(
      held ?? Number.POSITIVE_INFINITY,
      raced ? this.#heldDueAt : Number.POSITIVE_INFINITY,
    );
  }

  clockAheadMs(): number {
    return this.#clockAheadMs;
  }

  async appendClock(at: number, max: number): Promise<void> {
    this.#clockAppended = at;
    const value = this.#ports.codec.encode("tidemark.log.Clock", { at, max });
    await this.#ports.log.append(topicNames.customerEvents, this.partition, [{ key: null, value }]);
  }

  process(records: readonly LogRecord[]): Promise<boolean> {
    const last = records.at(-1);
    if (last === undefined) return Promise.resolve(false);
    return this.#inTurn(() => this.#foldPatiently(records, last.offset + 1));
  }

  async catchUpTo(offset: number): Promise<void> {
    await this.#inTurn(() => this.#foldPatiently([], offset));
  }

  async verify(): Promise<void> {
    // What is under way commits, and notices by itself.
    if (this.#turn !== null || this.#commits !== this.#verifiedCommits) {
      this.#verifiedCommits = this.#commits;
      return;
    }
    await this.#inTurn(async () => {
      const ownership = this.#ownership;
      if (this.#givenUp || ownership === null) return;
      if ((await this.#ports.store.check(ownership, this.#progress)) === "owned") return;
      this.#ownership = null;
      await this.#foldPatiently([], this.#progress.position);
    });
  }

  async #inTurn<Result>(step: () => Promise<Result>): Promise<Result> {
    const before = this.#turn;
    const turn = (async () => {
      await before?.catch(() => undefined);
      return step();
    })();
    this.#turn = turn;
    try {
      return await turn;
    } finally {
      if (this.#turn === turn) this.#turn = null;
    }
  }

  /** Folds up to `end`, whatever fails on the way; answers whether a clock record was among what was read. */
  async #foldPatiently(records: readonly LogRecord[], end: number): Promise<boolean> {
    this.#clockRead = false;
    let delayMs = retryDelayMs.first;
    while (!this.#givenUp) {
      try {
        if (this.#ownership === null) await this.takeOver();
        await this.#catchUp(records, end);
        return this.#clockRead;
      } catch (error) {
        if (error instanceof TypeError || error instanceof RangeError) throw error;
        this.#ownership = null;
        if (this.#givenUp) return false;
        this.#ports.observe.failed();
        this.#ports.logger.warn(
          { err: error, partition: this.partition, delayMs },
          "folding again from what is stored",
        );
        await this.#ports.clock.sleep(delayMs);
        delayMs = Math.min(delayMs * 2, retryDelayMs.most);
      }
    }
    return false;
  }

  /** Folds up to `end`; what lies between the stored position and the records handed in is read from the log. */
  async #catchUp(records: readonly LogRecord[], end: number): Promise<void> {
    const first = records[0]?.offset ?? end;
    if (this.#progress.position < first) {
      const gap = readEvents(this.#ports, this.partition, this.#progress.position, first);
      for await (const missed of gap) await this.#fold(missed);
    }
    await this.#fold(records.filter((record) => record.offset >= this.#progress.position));
  }

  async #fold(records: readonly LogRecord[]): Promise<void> {
    const entries: Entry[] = [];
    for (const record of records) entries.push(await readEntry(this.#ports.codec, record));
    let at = 0;
    while (at < entries.length && !this.#givenUp) {
      const first = entries[at];
      let end = at + 1;
      if (!standsAlone(first)) {
        const ofDefinitions = changesDefinitions(first);
        while (
          end < entries.length &&
          !standsAlone(entries[end]) &&
          changesDefinitions(entries[end]) === ofDefinitions
        )
          end += 1;
      }
      await this.#step(entries.slice(at, end));
      at = end;
    }
  }

  /** One atomic step: a clock record, one about who is who, a run of what changes definitions, or of everything else. */
  async #step(entries: readonly Entry[]): Promise<void> {
    const first = entries[0];
    if (first?.type === "clock") return this.#stepClock(first.record, first.clock);
    if (changesDefinitions(first)) return this.#stepDefinitions(entries);
    if (first !== undefined && isIdentityEntry(first)) return this.#stepIdentity(first);
    return this.#stepEvents(entries);
  }

  async #stepEvents(entries: readonly Entry[]): Promise<void> {
    const events = entries.filter((entry) => entry.type === "event");
    const [states, images] = await Promise.all([
      this.#load("subjects", new Set(entries.flatMap((entry) => this.#keysOf(entry)))),
      this.#load("orders", new Set(events.flatMap(({ event }) => orderKeyOf(event) ?? []))),
    ]);
    const meta = copyMeta(this.#meta);
    const results: FoldResult[] = [];
    const input: FoldInput = {
      partition: this.partition,
      definitions: this.#definitions,
      meta,
      sequence: this.#progress.sequence,
    };
    let run: EventRecord[] = [];
    let applies: SweepApplyRecord[] = [];
    /** One of the two is empty. */
    const flush = (): void => {
      if (run.length === 0 && applies.length === 0) return;
      const from = { ...input, sequence: results.at(-1)?.sequence ?? input.sequence };
      const result =
        run.length > 0 ? foldEvents(from, run, states, images) : foldSweepApplies(from, applies, states);
      for (const { subject, state } of result.subjects) states.set(subject, state);
      for (const { key, image } of result.orders) images.set(key, image);
      results.push(result);
      run = [];
      applies = [];
    };
    const unreadable: UnreadableRecord[] = [];
    for (const entry of entries) {
      if (entry.type === "event") {
        if (applies.length > 0) flush();
        run.push(entry);
      } else if (entry.type === "sweep-apply") {
        if (run.length > 0) flush();
        applies.push(entry);
      } else if (entry.type === "load-begin" || entry.type === "load-end") {
        flush();
        applyLoad(meta, entry.type, `${entry.load.sourceId}/${entry.load.sourcePartition}`);
      } else if (entry.type === "unreadable") unreadable.push(entry);
    }
    flush();
    await this.#finish(entries, meta, { ...joined(results, input.sequence), unreadable });
    this.#ports.observe.events(events.length);
  }

  #keysOf(entry: Entry): readonly string[] {
    if (entry.type === "sweep-apply") return subjectKeysOfApply(this.#meta, entry.apply);
    if (entry.type !== "event") return [];
    const { event } = entry;
    const tombstone = tombstoneKeyOf(this.#meta, event);
    return tombstone === null ? [subjectKeyOf(event)] : [subjectKeyOf(event), tombstone];
  }

  async #stepIdentity(entry: IdentityEntry): Promise<void> {
    const meta = copyMeta(this.#meta);
    const result = await foldIdentity(
      {
        partition: this.partition,
        definitions: this.#definitions,
        meta,
        sequence: this.#progress.sequence,
        sets: this.#ports.definitionSets,
        reads: partitionReads(this.#ports.store, this.partition),
      },
      entry,
    );
    await this.#finish([entry], meta, result);
  }

  async #stepDefinitions(entries: readonly Entry[]): Promise<void> {
    const before = this.#definitions;
    const changes = entries.flatMap((entry): DefinitionEntry[] => {
      if (entry.type === "sweep") return [{ ...entry, offset: entry.record.offset }];
      return entry.type === "definition" || entry.type === "sweep-end" ? [entry] : [];
    });
    const after = this.#ports.definitionSets.fold(before, changes, this.#meta.hasEvents);
    const meta = copyMeta(this.#meta);
    if (after.sweeps > before.sweeps) meta.swept = { applied: 0, subjects: 0 };
    await this.#finish(
      entries,
      meta,
      joined([], this.#progress.sequence),
      after === before ? undefined : after,
    );
  }

  async #stepClock(record: LogRecord, clock: ClockRecord): Promise<void> {
    const meta = copyMeta(this.#meta);
    meta.clock = Math.max(meta.clock, Math.min(clock.at, record.timestamp));
    const due = await this.#due(meta, clock.max);
    const states = await this.#load("subjects", new Set(due.map(({ subject }) => subject)));
    const input: FoldInput = {
      partition: this.partition,
      definitions: this.#definitions,
      meta,
      sequence: this.#progress.sequence,
    };
    await this.#finish(
      [{ type: "clock", record, clock }],
      meta,
      foldClock(input, record.offset, record.timestamp, due, states),
    );
    this.#ports.observe.fired(due.length);
    this.#clockRead = true;
    // One of another owner says nothing of our clock.
    if (clock.at === this.#clockAppended) this.#clockAheadMs = Math.max(0, clock.at - record.timestamp);
    await this.refreshDue();
  }

  async #due(meta: PartitionMeta, max: number): Promise<DueTimer[]> {
    const { store } = this.#ports;
    const [live, held] = await Promise.all([
      store.dueTimers(this.partition, "live", meta.clock, max),
      meta.openLoads.size > 0 ? [] : store.dueTimers(this.partition, "held", meta.clock, max),
    ]);
    return [
      ...live.map((timer) => ({ ...timer, set: "live" as const })),
      ...held.map((timer) => ({ ...timer, set: "held" as const })),
    ]
      .sort((a, b) => a.dueAt - b.dueAt || (a.subject < b.subject ? -1 : 1))
      .slice(0, max);
  }

  async #load(what: "subjects" | "orders", keys: ReadonlySet<string>): Promise<Map<string, Buffer | null>> {
    const names = [...keys];
    const values = names.length === 0 ? [] : await this.#ports.store[what](this.partition, names);
    return new Map(names.map((name, at) => [name, values[at] ?? null]));
  }

  /**
   * What was folded from a store that came back younger must not be told to anybody: once it stands on a topic, no
   * commit that fails takes it back.
   */
  async #checkStanding(ownership: Ownership): Promise<void> {
    const standing = await this.#ports.store.check(ownership, this.#progress);
    if (standing !== "owned") throw new OwnershipLost(standing);
  }

  /** Publish, then commit. Memory moves on only after the commit. */
  async #finish(
    entries: readonly Entry[],
    meta: PartitionMeta,
    result: FoldResult & { readonly unreadable?: readonly UnreadableRecord[] },
    definitions?: DefinitionSet,
  ): Promise<void> {
    const ownership = this.#ownership;
    const last = entries.at(-1);
    if (this.#givenUp || ownership === null || last === undefined) throw new OwnershipLost("given up");
    const deadLetters = [...result.deadLetters, ...(result.unreadable ?? [])];
    const tells = result.changes.length + result.rejected.length + deadLetters.length > 0;
    if (tells) await this.#checkStanding(ownership);
    const fresh = result.changes.filter((change) => change.sequence > this.#publishedThrough);
    const { changes, end } = await publishChanges(
      this.#ports,
      this.partition,
      ownership.epoch,
      fresh,
      (offset) => recordAt(entries, offset)?.headers ?? [],
    );
    await appendRejected(this.#ports, this.partition, result);
    await appendDeadLetters(this.#ports, this.partition, deadLetters);
    const erasedEnd = await appendErased(this.#ports, this.partition, ownership.epoch, result.erased);
    await appendOnward(this.#ports, result.onward);
    const progress: PartitionProgress = {
      position: last.record.offset + 1,
      sequence: result.sequence,
      changesOffset: erasedEnd ?? end ?? this.#progress.changesOffset,
    };
    const { definitionSets, store } = this.#ports;
    const outcome = await store.commit(ownership, this.#progress, {
      ...progress,
      meta: packMeta(meta),
      ...(definitions ? { definitions: definitionSets.pack(definitions) } : {}),
      subjects: result.subjects,
      orders: result.orders,
    });
    if (outcome !== "committed") throw new OwnershipLost(outcome);
    this.#publishedThrough = Math.max(this.#publishedThrough, result.sequence);
    const { observe } = this.#ports;
    observe.published(
      changes,
      result.rejected,
      deadLetters,
      (offset) => recordAt(entries, offset)?.timestamp,
    );
    observe.clock(this.partition, meta.clock);
    this.#progress = progress;
    this.#meta = meta;
    if (definitions) this.#definitions = definitions;
    this.#commits += 1;
    for (const { timer } of result.subjects) {
      if (timer?.set === "live") this.#liveDueAt = Math.min(this.#liveDueAt, timer.dueAt);
      if (timer?.set === "held") this.#heldDueAt = Math.min(this.#heldDueAt, timer.dueAt);
    }
  }
}

function changesDefinitions(entry: Entry | undefined): boolean {
  return entry?.type === "definition" || entry?.type === "sweep" || entry?.type === "sweep-end";
}

function standsAlone(entry: Entry | undefined): boolean {
  return entry !== undefined && (entry.type === "clock" || isIdentityEntry(entry));
}

/** Entries are in order of offset, which may leave some out. */
function recordAt(entries: readonly Entry[], offset: number): LogRecord | undefined {
  let low = 0;
  let high = entries.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const record = entries[middle]?.record;
    if (record === undefined || record.offset === offset) return record;
    if (record.offset < offset) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}
