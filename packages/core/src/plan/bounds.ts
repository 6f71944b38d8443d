/** Until when the answers of a customer's definitions stay: those that have a bound, by index, ascending. Parallel arrays. */
export interface Bounds {
  readonly indexes: number[];
  /** ms. */
  readonly instants: number[];
}

export function noBounds(): Bounds {
  return { indexes: [], instants: [] };
}

/** The same bound for each of so many definitions. */
export function boundsAt(count: number, instant: number): Bounds {
  return {
    indexes: Array.from({ length: count }, (_, index) => index),
    instants: new Array<number>(count).fill(instant),
  };
}

/** Positive infinity where it has none. */
export function boundOf({ indexes, instants }: Bounds, index: number): number {
  const place = placeOf(indexes, index);
  return indexes[place] === index ? (instants[place] ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
}

/**
 * Positive infinity takes it away. `near`: a place to try first; answers the place behind, which is the next to try
 * where bounds are set in order.
 */
export function setBound({ indexes, instants }: Bounds, index: number, instant: number, near = 0): number {
  const place = indexes[near] === index ? near : placeOf(indexes, index);
  const isThere = indexes[place] === index;
  if (instant === Number.POSITIVE_INFINITY) {
    if (!isThere) return place;
    indexes.splice(place, 1);
    instants.splice(place, 1);
    return place;
  }
  if (isThere) {
    instants[place] = instant;
  } else if (place === indexes.length) {
    indexes.push(index);
    instants.push(instant);
  } else {
    indexes.splice(place, 0, index);
    instants.splice(place, 0, instant);
  }
  return place + 1;
}

/** Null where there is none. */
export function earliestBound({ instants }: Bounds): number | null {
  let earliest = Number.POSITIVE_INFINITY;
  for (let place = 0; place < instants.length; place += 1) {
    const instant = instants[place] ?? earliest;
    if (instant < earliest) earliest = instant;
  }
  return earliest === Number.POSITIVE_INFINITY ? null : earliest;
}

function placeOf(indexes: readonly number[], index: number): number {
  let low = 0;
  let high = indexes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((indexes[middle] ?? 0) < index) low = middle + 1;
    else high = middle;
  }
  return low;
}
