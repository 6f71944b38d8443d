/** The `StateStore` port: what Redis holds for one partition of `customer-events`. */

/** Proof of who may write a partition. Valid only on the connection that took it. */
export interface Ownership {
  readonly partition: number;
  readonly epoch: number;
  readonly token: string;
}

export interface PartitionProgress {
  /** Offset of the next `customer-events` record to fold. */
  readonly position: number;
  /** Last sequence number given to a change; 0 before the first. */
  readonly sequence: number;
  /** Offset in `segment-changes` after the last record known to be published. */
  readonly changesOffset: number;
}

export interface PartitionState extends PartitionProgress {
  /** Packed by services/segments: clock, source positions, open loads. */
  readonly meta: Buffer | null;
  /** Packed by services/segments: definitions in force and their slots. */
  readonly definitions: Buffer | null;
  /**
   * Token of who took the partition over last; null where nobody did. Whoever only reads sees by it and by the position
   * whether the store came back younger in between: what was lost is folded again only by who takes over anew.
   */
  readonly owner: string | null;
}

/** `live`: due when the clock passes `dueAt`. `held`: waits for the end of a load. */
export type TimerSet = "live" | "held";

export interface Timer {
  readonly subject: string;
  readonly dueAt: number;
}

export interface SubjectWrite {
  readonly subject: string;
  /** null removes the subject. */
  readonly state: Buffer | null;
  /** The one timer of this subject, replacing whatever stood in either set; null for none. */
  readonly timer: { readonly set: TimerSet; readonly dueAt: number } | null;
}

export interface OrderWrite {
  readonly key: string;
  /** Whose order it is: the orders of a subject can be listed. */
  readonly subject: string;
  readonly image: Buffer | null;
}

export interface PartitionCommit extends PartitionProgress {
  readonly meta: Buffer;
  /** Present only when they changed. */
  readonly definitions?: Buffer;
  readonly subjects: readonly SubjectWrite[];
  readonly orders: readonly OrderWrite[];
}

/** `fenced`: someone else owns the partition. `moved`: stored progress is not the one expected (a store that came back younger). */
export type CommitOutcome = "committed" | "fenced" | "moved";

/** What a commit would meet at this instant. */
export type Standing = "owned" | Exclude<CommitOutcome, "committed">;

export interface StateStore {
  /** Raises the epoch by compare-and-set and takes the partition. */
  takeOver(partition: number): Promise<Ownership>;
  load(partition: number): Promise<PartitionState>;
  /** Of `load` only the position: definitions are large. */
  position(partition: number): Promise<number>;
  /** Packed states in the order asked; null where there is none. */
  subjects(partition: number, subjects: readonly string[]): Promise<readonly (Buffer | null)[]>;
  orders(partition: number, keys: readonly string[]): Promise<readonly (Buffer | null)[]>;
  /** Keys of the orders written for a subject and not removed since, in the order of their bytes; some may have expired. */
  orderKeys(partition: number, subject: string): Promise<readonly string[]>;
  /** At most `limit` timers with dueAt <= upTo, by (dueAt, subject bytes). */
  dueTimers(partition: number, set: TimerSet, upTo: number, limit: number): Promise<readonly Timer[]>;
  /** How many timers have dueAt <= upTo. */
  countDue(partition: number, set: TimerSet, upTo: number): Promise<number>;
  /** The earliest dueAt of a set, null when empty. */
  earliestTimer(partition: number, set: TimerSet): Promise<number | null>;
  /**
   * Forgets everything of a partition but its epoch, which is raised: whoever owns it has to take it over again, and
   * begins at nought.
   */
  forget(partition: number): Promise<void>;
  /**
   * Whether a commit would be let in now. Asked after states were read: when it answers `owned`, what was read is what
   * belongs to the expected progress, and may be published; a store that came back younger answers otherwise.
   */
  check(ownership: Ownership, expected: PartitionProgress): Promise<Standing>;
  /** One atomic step: checks owner, position and sequence, then writes everything. */
  commit(ownership: Ownership, expected: PartitionProgress, commit: PartitionCommit): Promise<CommitOutcome>;
  close(): Promise<void>;
}
