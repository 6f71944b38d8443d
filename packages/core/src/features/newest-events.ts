/** Shape 3: the newest K events, by (occurredAt, partition, offset). It remembers: nothing is taken back. */
import { lowerBound } from "./bounds.ts";
import type { Derived } from "./derived.ts";
import type { FeatureShape } from "./feature.ts";
import { compareStamps, type Stamp } from "./stamp.ts";

const newestOfAStep = 32;

/** Parallel arrays, ascending. */
export interface NewestEvents extends Derived {
  readonly at: number[];
  readonly stamps: Stamp[];
}

/** `most` is for tests of the cap. */
export function newestEventsFeature(most = newestOfAStep): FeatureShape<NewestEvents> {
  const insert = ({ at, stamps }: NewestEvents, stamp: Stamp): void => {
    let index = lowerBound(at, stamp.occurredAt);
    while (index < stamps.length && compareStamps(stamps[index] ?? stamp, stamp) < 0) index += 1;
    at.splice(index, 0, stamp.occurredAt);
    stamps.splice(index, 0, stamp);
    if (stamps.length <= most) return;
    at.shift();
    stamps.shift();
  };
  return {
    empty: () => ({ at: [], stamps: [], derived: null }),
    add(state, { sign, occurredAt, partition, offset }) {
      if (sign < 0) return;
      state.derived = null;
      insert(state, { occurredAt, partition, offset });
    },
    merge(a, b) {
      const merged: NewestEvents = { at: [...a.at], stamps: [...a.stamps], derived: null };
      for (const stamp of b.stamps) insert(merged, stamp);
      return merged;
    },
    trim: () => {},
    write(writer, { stamps }) {
      writer.unsigned(stamps.length);
      let before = 0;
      for (const { occurredAt, partition, offset } of stamps) {
        writer.signed(occurredAt - before);
        before = occurredAt;
        writer.unsigned(partition);
        writer.unsigned(offset);
      }
    },
    read(reader) {
      const state: NewestEvents = { at: [], stamps: [], derived: null };
      let occurredAt = 0;
      for (let left = reader.unsigned(); left > 0; left -= 1) {
        occurredAt += reader.signed();
        state.at.push(occurredAt);
        state.stamps.push({ occurredAt, partition: reader.unsigned(), offset: reader.unsigned() });
      }
      return state;
    },
  };
}
