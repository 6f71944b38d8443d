/** What a partition's worker stands on, and what it tells. */
import type { Codec, SegmentChange } from "@tidemark/contracts";
import type { Clock, DefinitionSets, Log, Logger, RetryDelays, StateStore, Tracing } from "@tidemark/runtime";
import type { Archive } from "./archive.ts";

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
  /** Of steps that fail; as they are unless set otherwise. */
  readonly retry?: RetryDelays;
  /** Waited for before what keeps the event loop busy for long. Without it nothing is waited for. */
  readonly turn?: () => Promise<void>;
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
