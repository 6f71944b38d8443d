/** The records that the judge looks at, as `schemas/*.avsc` describe them. Times are ms since the epoch. */

export type SubjectKind = "customer" | "company";

export interface OrderChange {
  readonly orderId: string;
  readonly action: "placed" | "updated" | "cancelled" | "refunded";
  readonly version: number | null;
  readonly refund: number | null;
}

export interface CustomerEvent {
  readonly subject: string;
  readonly subjectKind: SubjectKind;
  readonly name: string;
  readonly occurredAt: number;
  readonly eventId: string | null;
  readonly sourceId: string;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  readonly ordinal: number;
  readonly count: number;
  /** JSON object. */
  readonly attributes: string | null;
  /** JSON object. */
  readonly properties: string;
  readonly order: OrderChange | null;
}

export interface DefinitionVersion {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly filling: boolean;
  readonly document: string | null;
}

export interface SegmentChange {
  readonly sequence: number;
  readonly epoch: number;
  readonly changeId: string;
  readonly subject: string;
  readonly subjectKind: SubjectKind;
  readonly definitionKind: "segment" | "classification";
  readonly definition: string;
  readonly definitionVersion: number;
  readonly from: string | null;
  readonly to: string;
  readonly effectiveAt: number;
  readonly detectedAt: number;
  readonly changesAt: number | null;
  readonly historic: boolean;
  readonly cause: string;
  readonly causeEvent: string | null;
  readonly causeOffset: number;
  readonly mark: unknown;
}

export interface Fence {
  readonly epoch: number;
}

export interface RejectedEvent {
  readonly partition: number;
  readonly offset: number;
  readonly sourceId: string;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  readonly ordinal: number;
  readonly reason: string;
}

/** A record of a source topic. */
export interface SourceRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** What could not be admitted: the position of the original, and why. */
export interface DeadLetter extends SourceRecord {
  readonly reason: string;
  /** How many lines the order in it has; 0 where it is no order. */
  readonly orderLines: number;
}

/** Where a record came from. */
export interface SourcePosition {
  readonly sourceId: string;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  readonly ordinal: number;
}

/** A record about who is who. */
export interface IdentityEntry {
  readonly type: "merge-request" | "merge" | "absorb" | "erasure" | "unmerge";
  readonly offset: number;
  readonly appendedAt: number;
  /** Null where the api wrote it. */
  readonly source: SourcePosition | null;
  /** Null of an `unmerge`, which names nobody. */
  readonly subjectKind: SubjectKind | null;
  /** Who is merged, absorbs, or is erased. */
  readonly subject: string;
  /** Of merges, who goes on; of an absorb, who is absorbed. */
  readonly other: string;
  /** The instant of the merge or erasure, never after the append. */
  readonly at: number;
}

/** A record of `customer-events`; clocks and loads do not matter here. */
export type LogEntry =
  | IdentityEntry
  | SweepEntry
  | {
      readonly type: "event";
      readonly offset: number;
      readonly appendedAt: number;
      readonly event: CustomerEvent;
    }
  | { readonly type: "definition"; readonly offset: number; readonly definition: DefinitionVersion }
  | CutsEntry;

const identityTypes: ReadonlySet<string> = new Set<IdentityEntry["type"]>([
  "merge-request",
  "merge",
  "absorb",
  "erasure",
  "unmerge",
]);

/** Whether it says who is who. */
export function isIdentity(entry: LogEntry): entry is IdentityEntry {
  return identityTypes.has(entry.type);
}

/** A sweep fills definitions from history: it begins, brings that to one subject after another, and ends. */
export type SweepEntry =
  | {
      readonly type: "sweep";
      readonly offset: number;
      readonly sweep: string;
      readonly generation: number;
      readonly definitions: readonly {
        readonly kind: string;
        readonly id: string;
        readonly version: number;
      }[];
    }
  | {
      readonly type: "sweep-apply";
      readonly offset: number;
      readonly appendedAt: number;
      readonly sweep: string;
      readonly begunAt: number;
      readonly subjectKind: SubjectKind;
      readonly subject: string;
      /** Whose history it is; null for the subject's own. */
      readonly from: string | null;
    }
  | {
      readonly type: "sweep-end";
      readonly offset: number;
      readonly sweep: string;
      /** Where it began, as far as is said: below 0 where not. */
      readonly begunAt: number;
    };

/** Cut points of the population, by the name of what they cut. */
export type CutPoints = Readonly<Record<string, readonly number[]>>;

/** New ones, in force behind their place. One whose version is not above the last changes nothing. */
export interface CutsEntry {
  readonly type: "cuts";
  readonly offset: number;
  readonly appendedAt: number;
  readonly version: number;
  /** In units of 1/10,000 of a number. */
  readonly values: CutPoints;
}

export type EventEntry = Extract<LogEntry, { readonly type: "event" }>;

/** A record of `segment-changes`. */
export type ChangeEntry =
  | { readonly type: "change"; readonly offset: number; readonly change: SegmentChange }
  | { readonly type: "fence"; readonly offset: number; readonly fence: Fence };

/** Everything that was on the topics. Partitions in order of offset. */
export interface Logs {
  readonly sources: readonly SourceRecord[];
  readonly deadLetters: readonly DeadLetter[];
  readonly customerEvents: ReadonlyMap<number, readonly LogEntry[]>;
  readonly rejected: readonly RejectedEvent[];
  readonly segmentChanges: ReadonlyMap<number, readonly ChangeEntry[]>;
}

/** Where each partition ended before the tables were read. */
export interface Ends {
  readonly customerEvents: ReadonlyMap<number, number>;
  readonly segmentChanges: ReadonlyMap<number, number>;
}

export function isBefore(ends: ReadonlyMap<number, number>, partition: number, offset: number): boolean {
  return offset < (ends.get(partition) ?? 0);
}

export interface ArchivedEvent {
  readonly partition: number;
  readonly offset: number;
  readonly subjectKind: string;
  readonly subject: string;
  readonly name: string;
  readonly occurredAt: number;
}

export interface ArchivedChange {
  readonly partition: number;
  readonly sequence: number;
  readonly subjectKind: string;
  readonly subject: string;
  readonly definitionKind: string;
  readonly definition: string;
  readonly from: string | null;
  readonly to: string;
  readonly effectiveAt: number;
}

/** A row of the view of who is in what now. */
export interface ArchivedMember {
  readonly definitionKind: string;
  readonly definition: string;
  readonly category: string;
  readonly subjectKind: string;
  readonly subject: string;
}

/** The place in `customer-events` of an event that does not count. */
interface ArchivedRejection {
  readonly partition: number;
  readonly offset: number;
}

/** Everything that was in ClickHouse. */
export interface Archive {
  readonly events: readonly ArchivedEvent[];
  readonly changes: readonly ArchivedChange[];
  readonly members: readonly ArchivedMember[];
  /** Told more than once after a crash, a rejection is the same one. */
  readonly rejected: readonly ArchivedRejection[];
}

export function subjectKeyOf(of: { readonly subjectKind: string; readonly subject: string }): string {
  return `${of.subjectKind}:${of.subject}`;
}
