import type { Codec } from "@tidemark/contracts";
import type { Clock, Log, Logger, RetryDelays, Tracing } from "@tidemark/runtime";
import type { IntakeObserver } from "./metrics.ts";
import type { Normalise } from "./normalise.ts";
import type { PaceOptions } from "./pace.ts";

/** What an intake service takes in, and what only it knows about that. */
export interface Source {
  /** Name of the service; it stands in dead letters and metrics. */
  readonly service: string;
  readonly topic: string;
  /** Changed when the topic is made anew: positions are counted per source id. */
  readonly sourceId: string;
  /** Full name of the Avro record that the topic carries. */
  readonly recordType: string;
  readonly normalise: Normalise;
  /** Avro records of other types are taken too: a mapping reads them. */
  readonly takesOtherShapes?: boolean;
}

export interface IntakeOptions {
  readonly group: string;
  readonly maxBatchRecords: number;
  readonly commitIntervalMs: number;
  readonly sessionTimeoutMs: number;
  readonly pace: PaceOptions;
  /** The topics written to. */
  readonly topics: IntakeTopics;
}

export interface IntakeTopics {
  readonly customerEvents: string;
  readonly segmentDefinitions: string;
  readonly deadLetters: string;
}

export interface IntakePorts {
  readonly openLog: () => Promise<Log>;
  readonly openCodec: () => Promise<Codec>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observe: IntakeObserver;
  readonly tracing: Tracing;
  /** Of steps that fail; as they are unless set otherwise. */
  readonly retry?: RetryDelays;
}
