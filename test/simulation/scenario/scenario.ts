/** A disaster as plain data: what comes in, what goes wrong, and when. The seed decides all that is not written here. */
import type { Target } from "../world/weather.ts";
import type { Input } from "./input.ts";

export const serviceNames = [
  "orders",
  "interactions",
  "lifecycle",
  "segments",
  "warehouse",
  "automations",
] as const;

export type ServiceName = (typeof serviceNames)[number];

/** An instance of a service. */
interface Instance {
  readonly service: ServiceName;
  readonly instance: number;
}

export type Fault =
  /** The process dies at its so-many-th call from now, and another takes its place. */
  | ({ readonly fault: "crash"; readonly afterCalls: number; readonly downMs: number } & Instance)
  /** It stands still, as under SIGSTOP, and goes on as if nothing had been. */
  | ({ readonly fault: "pause"; readonly afterCalls: number; readonly forMs: number } & Instance)
  /** A graceful stop, and a start later. */
  | ({ readonly fault: "stop"; readonly downMs: number } & Instance)
  | {
      readonly fault: "rebalances";
      readonly service: ServiceName;
      readonly times: number;
      readonly everyMs: number;
    }
  /** Its client leaves out some records of `segment-changes`, once. */
  | ({ readonly fault: "skip" } & Instance)
  /** The store comes back as it was so long ago; all connections break. */
  | { readonly fault: "store-forgets"; readonly backMs: number }
  | { readonly fault: "store-reconnects" }
  | ({ readonly fault: "clock"; readonly aheadMs: number } & Instance)
  | {
      readonly fault: "weather";
      readonly target: Target;
      readonly forMs: number;
      readonly failing: number;
      readonly slowMs: number;
    }
  /** The whole world stood still for so long. */
  | { readonly fault: "leap"; readonly byMs: number };

export type Step =
  | { readonly at: number; readonly type: "input"; readonly input: Input; readonly partition: number }
  | { readonly at: number; readonly type: "edit"; readonly edit: Edit }
  | { readonly at: number; readonly type: "cuts"; readonly cuts: NewCuts }
  | { readonly at: number; readonly type: "fault"; readonly fault: Fault };

/** Cut points of the population. */
export interface NewCuts {
  /** Null for none. */
  readonly spent: number | null;
  /** As of an edit. */
  readonly delaysMs: Edit["delaysMs"];
}

/** A new version of a definition; without a document it is deleted. */
export interface Edit {
  readonly kind: string;
  readonly id: string;
  readonly document: Readonly<Record<string, unknown>> | null;
  /** How long it takes to each partition, in ms; twice where it is sent again. */
  readonly delaysMs: readonly (readonly number[])[];
}

export interface Scenario {
  readonly seed: number;
  /** Of `customer-events`. */
  readonly partitions: number;
  /** Wall time at the start, in ms since the epoch. */
  readonly startsAt: number;
  readonly untilMs: number;
  readonly instances: Readonly<Record<ServiceName, number>>;
  /** Share of calls that fail in good weather. */
  readonly failing: number;
  /** Whether there are definitions that go by cut points. */
  readonly byCuts?: boolean;
  /** Whether definitions that change are filled from the archive. */
  readonly filled?: boolean;
  /** Receivers refuse all that is about this one (`kind:id`). */
  readonly refused?: string;
  readonly steps: readonly Step[];
}

export const sourcePartitions = 2;
