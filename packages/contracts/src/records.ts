/** The records of `schemas/*.avsc` as types. Times are ms since the epoch; longs are safe integers. */
import type { SourcePosition } from "./source-position.ts";

export type SubjectKind = "customer" | "company";

export interface OrderItem {
  readonly sku: string | null;
  readonly name: string | null;
  readonly category: string | null;
  readonly quantity: number;
  readonly price: number | null;
}

export interface OrderEvent {
  readonly type: string;
  readonly orderId: string;
  readonly customerId: string | null;
  readonly previousCustomerId: string | null;
  readonly companyId: string | null;
  readonly occurredAt: number;
  readonly eventId: string | null;
  readonly version: number | null;
  readonly total: number | null;
  readonly refund: number | null;
  readonly currency: string | null;
  readonly channel: string | null;
  readonly country: string | null;
  readonly items: readonly OrderItem[];
  readonly properties: string | null;
}

export interface InteractionEvent {
  readonly name: string;
  readonly customerId: string | null;
  readonly companyId: string | null;
  readonly occurredAt: number;
  readonly eventId: string | null;
  readonly properties: string | null;
}

export interface LifecycleEvent extends InteractionEvent {
  readonly attributes: string | null;
  readonly intoCustomerId?: string | null;
  readonly intoCompanyId?: string | null;
}

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
  readonly attributes: string | null;
  readonly properties: string;
  readonly order: OrderChange | null;
}

export interface Clock {
  readonly at: number;
  readonly max: number;
}

export interface DefinitionVersion {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly filling: boolean;
  readonly document: string | null;
}

export interface SweptDefinition {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
}

export interface Sweep {
  readonly id: string;
  readonly generation: number;
  readonly definitions: readonly SweptDefinition[];
}

export interface SweepApply {
  readonly sweep: string;
  /**
   * Offset of the record that began the sweep in this partition: where it began again since, this is of the first time
   * and changes nothing. -1 where that is not said.
   */
  readonly begunAt: number;
  readonly subject: string;
  readonly subjectKind: SubjectKind;
  readonly features: Uint8Array;
  /** Offset of the erasure below which nothing of the subject is in `features`; 0 where it was never erased. */
  readonly erasedBelow: number;
  readonly subjects: number;
  /** Whose history it is where it was sent on after a merge; null for the subject's own. */
  readonly from: string | null;
  /** Where it was sent on from; null where the warehouse wrote it. */
  readonly source: SourcePosition | null;
}

/** Of several subjects of a partition, all at once. */
export interface SweepBatch extends Pick<SweepApply, "sweep" | "begunAt" | "subjects"> {
  readonly applies: readonly Pick<SweepApply, "subject" | "subjectKind" | "features" | "erasedBelow">[];
}

export type SweepEnd = Pick<SweepApply, "sweep" | "begunAt">;

export interface Cuts {
  readonly version: number;
  /** In units of 1/10,000 of the metric's number or of a second. */
  readonly cuts: Readonly<Record<string, readonly number[]>>;
}

export interface Rescore {
  readonly version: number;
  readonly subject: string;
  readonly subjectKind: SubjectKind;
}

export interface RescoreEnd {
  readonly version: number;
}

export interface LoadBegin {
  readonly sourceId: string;
  readonly sourcePartition: number;
}

export type LoadEnd = LoadBegin;

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
  readonly cause: "event" | "time" | "late" | "definition" | "cuts" | "merge" | "erased";
  readonly causeEvent: string | null;
  readonly causeOffset: number;
  readonly mark: {
    readonly color: string | null;
    readonly icon: string | null;
    readonly label: string | null;
  } | null;
}

export interface Fence {
  readonly epoch: number;
  readonly token: string;
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

export interface DefinitionRecord {
  readonly kind: string;
  readonly id: string;
  readonly filling: boolean;
  readonly document: string;
  readonly writtenAt: number;
}
