/**
 * Shape 3: the newest K pairs of value and instant, by (occurredAt, partition, offset, value). A value seen twice at
 * one instant is one pair, at its later place. It remembers: nothing is taken back.
 */
import { readUnits } from "../decimal.ts";
import { expiredOf, lowerBound } from "./bounds.ts";
import type { ByteReader } from "./bytes.ts";
import type { Derived } from "./derived.ts";
import type { FeatureShape } from "./feature.ts";
import { propertyReader } from "./property.ts";
import {
  changeAllRows,
  changeRows,
  dropRows,
  hasPacked,
  packedRows,
  type Rows,
  setPacked,
  writeRows,
} from "./rows.ts";

const newestPairs = 1_024;

/** Parallel arrays, ascending in (occurredAt, partition, offset, value). */
export interface NewestPairs extends Derived {
  /** Instants in ms. */
  readonly at: number[];
  readonly partitions: number[];
  readonly offsets: number[];
  /** Places among the names. */
  readonly values: number[];
  /** The different values, ascending, and how many pairs each has: at least one. */
  readonly names: string[];
  readonly uses: number[];
  readonly rows: Rows;
}

/** What two values are told apart by: numbers by their units, text by its letters. */
function distinctKey(value: unknown): string | undefined {
  // Half a surrogate pair is no letter; packed, all halves are the same.
  if (typeof value === "string") return `s${value.toWellFormed()}`;
  if (typeof value === "boolean") return value ? "t" : "f";
  if (typeof value !== "number") return undefined;
  const units = readUnits(value);
  return units === undefined ? undefined : `n${units}`;
}

/** Below 0 where the pair at a place comes before one of the same instant. */
function compareAt(
  { partitions, offsets, values }: NewestPairs,
  place: number,
  partition: number,
  offset: number,
  value: number,
): number {
  return (
    (partitions[place] ?? 0) - partition || (offsets[place] ?? 0) - offset || (values[place] ?? 0) - value
  );
}

function insertPair(
  state: NewestPairs,
  most: number,
  occurredAt: number,
  partition: number,
  offset: number,
  name: string,
): void {
  const { at, values, uses } = state;
  const value = placeOfName(state, name);
  let place = lowerBound(at, occurredAt);
  for (let same = place; at[same] === occurredAt; same += 1) {
    if (values[same] !== value) continue;
    if (compareAt(state, same, partition, offset, value) >= 0) return;
    removePairs(state, same, 1, false);
    break;
  }
  while (at[place] === occurredAt && compareAt(state, place, partition, offset, value) < 0) place += 1;
  changeRows(state.rows, place, 0, 1);
  insertNumber(at, place, occurredAt);
  insertNumber(state.partitions, place, partition);
  insertNumber(state.offsets, place, offset);
  insertNumber(values, place, value);
  uses[value] = (uses[value] ?? 0) + 1;
  if (at.length > most) removePairs(state, 0, 1);
}

function insertNumber(list: number[], place: number, number: number): void {
  if (place === list.length) list.push(number);
  else list.splice(place, 0, number);
}

/** The place of a name, made without a use where it was not there. */
function placeOfName(state: NewestPairs, name: string): number {
  const { names, uses } = state;
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle] ?? "") < name) low = middle + 1;
    else high = middle;
  }
  if (names[low] === name) return low;
  names.splice(low, 0, name);
  uses.splice(low, 0, 0);
  moveValues(state, low, 1);
  return low;
}

/** Names without a pair go too, unless one is about to come. */
function removePairs(state: NewestPairs, from: number, count: number, dropsNames = true): void {
  const { at, partitions, offsets, values, names, uses, rows } = state;
  if (from === 0) dropRows(rows, count);
  else changeRows(rows, from, count, 0);
  at.splice(from, count);
  partitions.splice(from, count);
  offsets.splice(from, count);
  for (const value of values.splice(from, count)) uses[value] = (uses[value] ?? 1) - 1;
  if (!dropsNames) return;
  for (let name = names.length - 1; name >= 0; name -= 1) {
    if (uses[name] !== 0) continue;
    names.splice(name, 1);
    uses.splice(name, 1);
    moveValues(state, name, -1);
  }
}

function moveValues({ values, rows }: NewestPairs, from: number, by: 1 | -1): void {
  changeAllRows(rows);
  for (let place = 0; place < values.length; place += 1) {
    const value = values[place] ?? 0;
    if (value >= from) values[place] = value + by;
  }
}

/** Keeps pairs for `retentionMs`, at most `most`. */
export function distinctFeature(
  path: readonly string[],
  retentionMs: number,
  most = newestPairs,
): FeatureShape<NewestPairs> {
  const read = propertyReader(path);
  return {
    empty: emptyPairs,
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
        names: [...a.names],
        uses: [...a.uses],
        rows: packedRows(0),
        derived: null,
      };
      b.at.forEach((occurredAt, place) => {
        const [partition, offset] = [b.partitions[place] ?? 0, b.offsets[place] ?? 0];
        insertPair(merged, most, occurredAt, partition, offset, b.names[b.values[place] ?? 0] ?? "");
      });
      return merged;
    },
    trim(state, clock) {
      const expired = expiredOf(state.at, clock - retentionMs);
      if (expired === 0) return;
      state.derived = null;
      removePairs(state, 0, expired);
    },
    write(writer, state, before) {
      const { at, partitions, offsets, values, names, rows } = state;
      writer.unsigned(names.length);
      for (const name of names) writer.text(name);
      const { length } = at;
      writer.unsigned(length);
      let old: ByteReader | null = null;
      if (before !== null && hasPacked(rows)) {
        for (let left = before.unsigned(); left > 0; left -= 1) before.skip(before.unsigned());
        before.skipNumbers(1);
        old = before;
      }
      writeRows(writer, rows, length, old, 4, (into, place) => {
        into.signed((at[place] ?? 0) - (at[place - 1] ?? 0));
        into.signed((partitions[place] ?? 0) - (partitions[place - 1] ?? 0));
        into.signed((offsets[place] ?? 0) - (offsets[place - 1] ?? 0));
        into.unsigned(values[place] ?? 0);
      });
      setPacked(rows, length);
    },
    read(reader) {
      const state = emptyPairs();
      for (let left = reader.unsigned(); left > 0; left -= 1) state.names.push(reader.text());
      const length = reader.unsigned();
      let [occurredAt, partition, offset] = [0, 0, 0];
      for (let left = length; left > 0; left -= 1) {
        occurredAt += reader.signed();
        partition += reader.signed();
        offset += reader.signed();
        state.at.push(occurredAt);
        state.partitions.push(partition);
        state.offsets.push(offset);
        state.values.push(reader.unsigned());
      }
      setPacked(state.rows, length);
      for (let left = state.names.length; left > 0; left -= 1) state.uses.push(0);
      for (const value of state.values) state.uses[value] = (state.uses[value] ?? 0) + 1;
      return state;
    },
  };
}

function emptyPairs(): NewestPairs {
  return {
    at: [],
    partitions: [],
    offsets: [],
    values: [],
    names: [],
    uses: [],
    rows: packedRows(0),
    derived: null,
  };
}
