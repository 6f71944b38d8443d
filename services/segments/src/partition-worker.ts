/**
 * Owns one partition: takes it over, then fold, publish, commit (rules 1 and 2 of "Effectively once").
 * Whatever fails on the way, the answer is the same: drop all in memory, take over again, fold again.
 */
import { topicNames } from "@tidemark/contracts";
import { growingDelay, type LogRecord, type Ownership } from "@tidemark/runtime";
import { publishAndCommit } from "./commit.ts";
import { type DueTimers, dueTimers } from "./due-timers.ts";
import { type Entry, readEntry } from "./entry.ts";
import { emptyHolding, type Holding, OwnershipLost } from "./holding.ts";
import { readEvents } from "./read-events.ts";
import { cutIntoSteps, foldStep, type StepPorts } from "./step.ts";
import { takeOver } from "./take-over.ts";
import type { WorkerPorts } from "./worker-ports.ts";

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

export function createPartitionWorker(partition: number, ports: WorkerPorts): PartitionWorker {
  return new Worker(partition, ports);
}

class Worker implements PartitionWorker {
  readonly partition: number;
  readonly #ports: WorkerPorts;
  readonly #timers: DueTimers;
  readonly #stepPorts: StepPorts;
  /** Null where the partition has to be taken over. */
  #ownership: Ownership | null = null;
  #held: Omit<Holding, "ownership">;
  #clockRead = false;
  #givenUp = false;
  /** `at` of the clock record that was appended last, and how far that was ahead of its append. */
  #clockAppended = Number.NEGATIVE_INFINITY;
  #clockAheadMs = 0;
  /** One thing at a time; null when nothing is under way. */
  #turn: Promise<unknown> | null = null;
  #commits = 0;
  /** As of the last time that the store was asked. */
  #verifiedCommits = -1;

  constructor(partition: number, ports: WorkerPorts) {
    this.partition = partition;
    this.#ports = ports;
    this.#timers = dueTimers(ports.store, partition);
    this.#stepPorts = { ...ports, timers: this.#timers };
    this.#held = emptyHolding(ports.definitionSets);
  }

  async takeOver(): Promise<number> {
    const { ownership, ...held } = await takeOver(this.#ports, this.partition);
    this.#ownership = ownership;
    this.#held = held;
    await this.refreshDue();
    return held.progress.position;
  }

  giveUp(): void {
    this.#givenUp = true;
  }

  nextDueAt(): number {
    return this.#timers.nextAt(this.#held.meta);
  }

  refreshDue(): Promise<void> {
    return this.#timers.refresh();
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
      const { progress } = this.#held;
      if ((await this.#ports.store.check(ownership, progress)) === "owned") return;
      this.#ownership = null;
      await this.#foldPatiently([], progress.position);
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
    const nextDelayMs = growingDelay(this.#ports.retry);
    while (!this.#givenUp) {
      try {
        if (this.#ownership === null) await this.takeOver();
        await this.#catchUp(records, end);
        return this.#clockRead;
      } catch (error) {
        if (error instanceof TypeError || error instanceof RangeError) throw error;
        this.#ownership = null;
        if (this.#givenUp) return false;
        const delayMs = nextDelayMs();
        this.#ports.observe.failed();
        this.#ports.logger.warn(
          { err: error, partition: this.partition, delayMs },
          "folding again from what is stored",
        );
        await this.#ports.clock.sleep(delayMs);
      }
    }
    return false;
  }

  /** Folds up to `end`; what lies between the stored position and the records handed in is read from the log. */
  async #catchUp(records: readonly LogRecord[], end: number): Promise<void> {
    const first = records[0]?.offset ?? end;
    const { position } = this.#held.progress;
    if (position < first) {
      const gap = readEvents(this.#ports, this.partition, position, first);
      for await (const missed of gap) await this.#fold(missed);
    }
    await this.#fold(records.filter((record) => record.offset >= this.#held.progress.position));
  }

  async #fold(records: readonly LogRecord[]): Promise<void> {
    const entries: Entry[] = [];
    if (records.length > 0) await this.#ports.turn?.();
    for (const record of records) entries.push(await readEntry(this.#ports.codec, record));
    for (const share of cutIntoSteps(entries)) {
      if (this.#givenUp) return;
      await this.#step(share);
    }
  }

  /** Fold, publish, commit. Memory moves on only after the commit. */
  async #step(entries: readonly Entry[]): Promise<void> {
    const step = await foldStep(this.#stepPorts, this.partition, this.#holding(), entries);
    const { ownership: _, ...held } = await publishAndCommit(
      this.#ports,
      this.partition,
      this.#holding(),
      step,
    );
    this.#held = held;
    this.#commits += 1;
    this.#timers.committed(step.result.subjects);
    const { observe } = this.#ports;
    if (step.events > 0) observe.events(step.events);
    if (step.fired === undefined) return;
    observe.fired(step.fired);
    this.#clockRead = true;
    const [first] = entries;
    // One of another owner says nothing of our clock.
    if (first?.type === "clock" && first.clock.at === this.#clockAppended)
      this.#clockAheadMs = Math.max(0, first.clock.at - first.record.timestamp);
    await this.refreshDue();
  }

  #holding(): Holding {
    const ownership = this.#ownership;
    if (this.#givenUp || ownership === null) throw new OwnershipLost("given up");
    return { ...this.#held, ownership };
  }
}
