/**
 * Shape 3: the newest K pairs of value and instant, by (occurredAt, partition, offset, value). A value seen twice at
 * one instant is one pair, at its later place. It remembers: nothing is taken back.
 */
import { readUnits } from "../decimal.ts";
import { expiredOf, lowerBound } from "./bounds.ts";
import type { Derived } from "./derived.ts";
import type { FeatureShape } from "./feature.ts";
import { propertyReader } from "./property.ts";

const newestPairs = 1_024;

/** Parallel arrays, ascending in (occurredAt, partition, offset, value). */
export interface NewestPairs extends Derived {
  /** Instants in ms. */
  readonly at: number[];
  readonly partitions: number[];
  readonly offsets: number[];
  readonly values: string[];
}

/** What two values are told apart by: numbers by their units, text by its letters. */
function distinctKey(value: unknown): string | undefined {
  if (typeof value === "string") return `s${value}`;
  if (typeof value === "boolean") return value ? "t" : "f";
  if (typeof value !== "number") return undefined;
  const units = readUnits(value);
  return units === undefined ? undefined : `n${units}`;
}

/** Below 0 where the pair at a place comes before one of the same instant. */
function compareAt(
  state: NewestPairs,
  place: number,
  partition: number,
  offset: number,
  value: string,
): number {
  const order = (state.partitions[place] ?? 0) - partition || (state.offsets[place] ?? 0) - offset;
  const known = state.values[place] ?? "";
  return order || (known < value ? -1 : known > value ? 1 : 0);
}

function insertPair(
  state: NewestPairs,
  most: number,
  occurredAt: number,
  partition: number,
  offset: number,
  value: string,
): void {
  const { at, values } = state;
  let place = lowerBound(at, occurredAt);
  for (let same = place; at[same] === occurredAt; same += 1) {
    if (values[same] !== value) continue;
    if (compareAt(state, same, partition, offset, value) >= 0) return;
    spliceAll(state, same, 1);
    break;
  }
  while (at[place] === occurredAt && compareAt(state, place, partition, offset, value) < 0) place += 1;
  if (place === at.length) {
    at.push(occurredAt);
    state.partitions.push(partition);
    state.offsets.push(offset);
    values.push(value);
  } else {
    at.splice(place, 0, occurredAt);
    state.partitions.splice(place, 0, partition);
    state.offsets.splice(place, 0, offset);
    values.splice(place, 0, value);
  }
  if (at.length > most) spliceAll(state, 0, 1);
}

function spliceAll({ at, partitions, offsets, values }: NewestPairs, from: number, count: number): void {
  at.splice(from, count);
  partitions.splice(from, count);
  offsets.splice(from, count);
  values.splice(from, count);
}

/** Keeps pairs for `retentionMs`, at most `most`. */
export function distinctFeature(
  path: readonly string[],
  retentionMs: number,
  most = newestPairs,
): FeatureShape<NewestPairs> {
  const read = propertyReader(path);
  return {
    empty: () => ({ at: [], partitions: [], offsets: [], values: [], derived: null }),
    add(state, { sign, occurredAt, partition, offset, properties }) {
      if (sign < 0) return;
      state.derived = null;
      for (const given of read(properties)) {
        for (const item of Array.isArray(given) ? given : [given]) {
          const value = distinctKey(item);
          if (value !== undefined) insertPair(state, most, occurredAt, partition, offset, value);
        }
      }
    },
    merge(a, b) {
      const merged: NewestPairs = {
        at: [...a.at],
        partitions: [...a.partitions],
        offsets: [...a.offsets],
        values: [...a.values],
        derived: null,
      };
      b.at.forEach((occurredAt, place) => {
        const [partition, offset] = [b.partitions[place] ?? 0, b.offsets[place] ?? 0];
        insertPair(merged, most, occurredAt, partition, offset, b.values[place] ?? "");
      });
      return merged;
    },
    trim(state, clock) {
      const expired = expiredOf(state.at, clock - retentionMs);
      if (expired === 0) return;
      state.derived = null;
      spliceAll(state, 0, expired);
    },
    write(writer, { at, partitions, offsets, values }) {
      const names = differentOf(values);
      const places = names.length > 16 ? new Map(names.map((name, place) => [name, place])) : undefined;
      writer.unsigned(names.length);
      for (const name of names) writer.text(name);
      writer.unsigned(at.length);
      let before = 0;
      for (let place = 0; place < at.length; place += 1) {
        const occurredAt = at[place] ?? 0;
        writer.signed(occurredAt - before);
        before = occurredAt;
        writer.unsigned(partitions[place] ?? 0);
        writer.unsigned(offsets[place] ?? 0);
        writer.unsigned(places?.get(values[place] ?? "") ?? names.indexOf(values[place] ?? ""));
      }
    },
    read(reader) {
      const names = Array.from({ length: reader.unsigned() }, () => reader.text());
      const state: NewestPairs = { at: [], partitions: [], offsets: [], values: [], derived: null };
      let occurredAt = 0;
      for (let left = reader.unsigned(); left > 0; left -= 1) {
        occurredAt += reader.signed();
        state.at.push(occurredAt);
        state.partitions.push(reader.unsigned());
        state.offsets.push(reader.unsigned());
        state.values.push(names[reader.unsigned()] ?? "");
      }
      return state;
    },
  };
}

/** Each once. */
function differentOf(values: readonly string[]): string[] {
  if (values.length > 64) return [...new Set(values)];
  const different: string[] = [];
  for (const value of values) if (!different.includes(value)) different.push(value);
  return different;
}
