/**
 * A feature is a commutative monoid over the events it selects: `empty`, `add`, `merge`, bounded, packed, the same
 * whatever order events come in and however often they are split and merged. There are four shapes and nothing
 * else is a feature: totals, first / last, newest K, periods.
 */
import type { ByteReader, ByteWriter } from "./bytes.ts";
import type { Stamp } from "./stamp.ts";

/** A selected event, or what a correction takes back of one. */
export interface FeatureItem extends Stamp {
  /** -1 takes back what the event gave before. */
  readonly sign: 1 | -1;
  /** False for a correction: only sums and counts know of it. */
  readonly remembered: boolean;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface FeatureShape<State> {
  empty(): State;
  /** Adds in place. */
  add(state: State, item: FeatureItem): void;
  /** A new state that was never written; neither argument changes. */
  merge(a: State, b: State): State;
  /** Forgets what no window reaches any more at that instant. In place. */
  trim(state: State, clock: number): void;
  /** `before`: the bytes that this very state was last written as or read from, where they are at hand. */
  write(writer: ByteWriter, state: State, before: ByteReader | null): void;
  read(reader: ByteReader): State;
}
