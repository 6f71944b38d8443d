/** What goes into the fold, and what comes out. */
import type { Mark } from "../definition/definition.ts";

/** What one event gives to the features, or takes back from them. */
export interface Contribution {
  readonly name: string;
  /** ms since the epoch. */
  readonly occurredAt: number;
  readonly sign: 1 | -1;
  readonly properties: Readonly<Record<string, unknown>>;
  /** True for a fresh event: it goes into every shape. False for a correction: into totals only. */
  readonly remembered: boolean;
}

export interface FoldEvent {
  /** ms since the epoch. */
  readonly occurredAt: number;
  readonly partition: number;
  readonly offset: number;
  /** A nested patch: null unsets, arrays and scalars are leaves. */
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly contributions: readonly Contribution[];
}

/** `definition`: what a sweep brought, or took away. */
export type TransitionCause = "event" | "time" | "late" | "definition" | "cuts" | "merge" | "erased";

export interface Transition {
  readonly kind: "segment" | "classification";
  readonly id: string;
  readonly version: number;
  /** `in` / `out` for segments; a category for classifications, null at first sight. */
  readonly from: string | null;
  readonly to: string;
  /** Event time in ms. */
  readonly effectiveAt: number;
  readonly cause: TransitionCause;
  /** When it would change with no further event, in ms; null where that is not foreseeable, never, or not asked for. */
  readonly changesAt: number | null;
  readonly mark?: Mark;
}
