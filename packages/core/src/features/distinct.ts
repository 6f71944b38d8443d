/**
 * Shape 3: the newest K pairs of value and instant, by (occurredAt, partition, offset, value). A value seen twice at
 * one instant is one pair, at its later place. It remembers: nothing is taken back.
 */
import { readUnits } from "../decimal.ts";
import { lowerBound } from "./bounds.ts";
import type { Derived } from "./derived.ts";
import type { FeatureShape } from "./feature.ts";
import { propertyReader } from "./property.ts";
import { compareStamps, type Stamp } from "./stamp.ts";

const newestPairs = 1_024;

interface Pair extends Stamp {
  readonly value: string;
}

/** Parallel arrays, ascending in (occurredAt, partition, offset, value). */
export interface NewestPairs extends Derived {
  readonly at: number[];
  readonly pairs: Pair[];
}

/** What two values are told apart by: numbers by their units, text by its letters. */
function distinctKey(value: unknown): string | undefined {
  if (typeof value === "string") return `s${value}`;
  if (typeof value === "boolean") return value ? "t" : "f";
  if (typeof value !== "number") return undefined;
  const units = readUnits(value);
  return units === undefined ? undefined : `n${units}`;
}

function compare(a: Pair, b: Pair): number {
  return compareStamps(a, b) || (a.value < b.value ? -1 : a.value > b.value ? 1 : 0);
}

/** Keeps pairs for `retentionMs`, at most `most`. */
export function distinctFeature(
  path: readonly string[],
  retentionMs: number,
  most = newestPairs,
): FeatureShape<NewestPairs> {
  const read = propertyReader(path);
  const insert = (state: NewestPairs, pair: Pair): void => {
    const { at, pairs } = state;
    let index = lowerBound(at, pair.occurredAt);
    for (let same = index; at[same] === pair.occurredAt; same += 1) {
      const known = pairs[same];
      if (known?.value !== pair.value) continue;
      if (compare(known, pair) >= 0) return;
      at.splice(same, 1);
      pairs.splice(same, 1);
      break;
    }
    while (index < pairs.length && compare(pairs[index] ?? pair, pair) < 0) index += 1;
    at.splice(index, 0, pair.occurredAt);
    pairs.splice(index, 0, pair);
    if (pairs.length <= most) return;
    at.shift();
    pairs.shift();
  };
  return {
    empty: () => ({ at: [], pairs: [], derived: null }),
    add(state, { sign, occurredAt, partition, offset, properties }) {
      if (sign < 0) return;
      state.derived = null;
      for (const given of read(properties)) {
        for (const item of Array.isArray(given) ? given : [given]) {
          const value = distinctKey(item);
          if (value !== undefined) insert(state, { occurredAt, partition, offset, value });
        }
      }
    },
    merge(a, b) {
      const merged: NewestPairs = { at: [...a.at], pairs: [...a.pairs], derived: null };
      for (const pair of b.pairs) insert(merged, pair);
      return merged;
    },
    trim(state, clock) {
      const expired = lowerBound(state.at, clock - retentionMs + 1);
      if (expired === 0) return;
      state.derived = null;
      state.at.splice(0, expired);
      state.pairs.splice(0, expired);
    },
    write(writer, { pairs }) {
      const names = new Map<string, number>();
      for (const { value } of pairs) if (!names.has(value)) names.set(value, names.size);
      writer.unsigned(names.size);
      for (const name of names.keys()) writer.text(name);
      writer.unsigned(pairs.length);
      let before = 0;
      for (const { occurredAt, partition, offset, value } of pairs) {
        writer.signed(occurredAt - before);
        before = occurredAt;
        writer.unsigned(partition);
        writer.unsigned(offset);
        writer.unsigned(names.get(value) ?? 0);
      }
    },
    read(reader) {
      const names = Array.from({ length: reader.unsigned() }, () => reader.text());
      const state: NewestPairs = { at: [], pairs: [], derived: null };
      const length = reader.unsigned();
      let occurredAt = 0;
      for (let index = 0; index < length; index += 1) {
        occurredAt += reader.signed();
        const [partition, offset] = [reader.unsigned(), reader.unsigned()];
        state.at.push(occurredAt);
        state.pairs.push({ occurredAt, partition, offset, value: names[reader.unsigned()] ?? "" });
      }
      return state;
    },
  };
}
