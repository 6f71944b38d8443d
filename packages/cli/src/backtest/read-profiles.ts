/** A file of customers or companies: each row sets attributes. */

import type { Row } from "../table/table.ts";
import { type Binding, bindIdentifier, bindInstant, bindRest, bindValue, type Read } from "./binding.ts";
import type { ColumnMap, MapEntry } from "./column-map.ts";
import { setAt } from "./nested.ts";
import { readRows } from "./read-rows.ts";
import type { FileFaults } from "./row-faults.ts";

const roles: readonly string[] = ["id", "time"];

interface Profile {
  readonly id: string;
  /** ms since the epoch; null where the map names no time: before everything else. */
  readonly time: number | null;
  readonly row: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface BoundProfiles {
  readonly binding: Binding;
  readonly guests: string | null;
  readonly id: Read<string>;
  readonly time: Read<number> | null;
  readonly attributes: (row: Row, onFault: (fault: string) => void) => Record<string, unknown>;
}

/** Tells in `binding.faults` what is wrong with the map. */
export function bindProfiles(binding: Binding, map: ColumnMap, guests: string | null): BoundProfiles {
  const entryOf = (name: string): MapEntry | undefined => map.entries.find((entry) => entry.name === name);
  const [id, time] = [entryOf("id"), entryOf("time")];
  if (id === undefined) binding.faults.push(`${binding.option}: id=COLUMN is missing`);
  const bound = {
    binding,
    guests,
    id: id === undefined ? () => undefined : bindIdentifier(binding, id, true),
    time: time === undefined ? null : bindInstant(binding, time),
  };
  const named = map.entries
    .filter(({ name }) => !roles.includes(name))
    .map((entry) => ({ path: entry.name.split("."), read: bindValue(binding, entry) }));
  const rest = map.hasRest ? bindRest(binding) : null;
  const attributes: BoundProfiles["attributes"] = (row, onFault) => {
    const held = rest === null ? {} : rest(row);
    for (const { path, read } of named) {
      const value = read(row.cells, onFault);
      if (value !== undefined) setAt(held, path, value);
    }
    return held;
  };
  return { ...bound, attributes };
}

export async function readProfiles(
  { binding, guests, id, time, attributes }: BoundProfiles,
  faults: FileFaults,
  onBytes: (bytes: number) => void,
  take: (profile: Profile) => void,
): Promise<void> {
  await readRows(binding, faults, onBytes, (row, onRow, onValue) => {
    const who = id(row.cells, onRow);
    const at = time === null ? null : time(row.cells, onRow);
    const held = attributes(row, onValue);
    if (who === undefined || at === undefined) return false;
    if (who === guests) {
      faults.guests += 1;
      return false;
    }
    take({ id: who, time: at, row: row.line, attributes: held });
    return true;
  });
}
