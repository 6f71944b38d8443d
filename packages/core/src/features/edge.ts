/**
 * Shape 2: the first or last event, with its time and, if asked, a property of it. It remembers: nothing is taken
 * back. Of events at one instant the place in the log decides.
 */
import type { FeatureShape } from "./feature.ts";
import { propertyReader } from "./property.ts";
import { compareStamps, type Stamp } from "./stamp.ts";

interface EdgeEvent extends Stamp {
  /** The property taken: a scalar or a list, of an object that it is there (an empty list); undefined where it is not. */
  readonly value: unknown;
}

/** `held` is null before any event. */
export interface Edge {
  held: EdgeEvent | null;
}

export function edgeFeature(edge: "first" | "last", take: readonly string[] | null): FeatureShape<Edge> {
  const read = take === null ? null : propertyReader(take);
  const replaces = (held: EdgeEvent | null, event: Stamp): boolean => {
    if (held === null) return true;
    const order = compareStamps(event, held);
    return edge === "first" ? order < 0 : order > 0;
  };
  return {
    empty: () => ({ held: null }),
    add(state, item) {
      if (item.sign < 0 || !replaces(state.held, item)) return;
      const { occurredAt, partition, offset } = item;
      const values = read === null ? [] : read(item.properties);
      const value = values.length > 1 ? values : values[0];
      state.held = { occurredAt, partition, offset, value: keptOf(value) };
    },
    merge(a, b) {
      return { held: b.held !== null && replaces(a.held, b.held) ? b.held : a.held };
    },
    trim: () => {},
    write(writer, { held }) {
      if (held === null) return writer.unsigned(0);
      writer.unsigned(held.value === undefined ? 1 : 2);
      writer.signed(held.occurredAt);
      writer.unsigned(held.partition);
      writer.unsigned(held.offset);
      if (held.value !== undefined) writer.value(held.value);
    },
    read(reader) {
      const kind = reader.unsigned();
      if (kind === 0) return { held: null };
      const [occurredAt, partition, offset] = [reader.signed(), reader.unsigned(), reader.unsigned()];
      return { held: { occurredAt, partition, offset, value: kind === 2 ? reader.value() : undefined } };
    },
  };
}

/** An object compares with nothing, so no more is kept of it than that it is there. */
function keptOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value ?? undefined;
  return isSet(value) ? [] : undefined;
}

/** Whether anything is set in it, as for attributes. */
function isSet(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return (value ?? undefined) !== undefined;
  return Object.values(value).some(isSet);
}
