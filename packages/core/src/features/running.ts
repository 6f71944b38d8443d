/**
 * Running sums of a list of values: at n, the sum of the first n. One longer than the list, beginning with 0, so that
 * the sum of any stretch is one subtraction.
 */

export function emptyRunning(): number[] {
  return [0];
}

/** The value at a place. */
export function valueAt(running: readonly number[], place: number): number {
  return (running[place + 1] ?? 0) - (running[place] ?? 0);
}

/** The sum of the values from one place up to another. */
export function sumBetween(running: readonly number[], from: number, to: number): number {
  return (running[to] ?? 0) - (running[from] ?? 0);
}

/** Adds to the value at a place. Answers how many more values are negative by it. */
export function addAt(running: number[], place: number, value: number): number {
  const before = valueAt(running, place);
  for (let at = place + 1; at < running.length; at += 1) running[at] = (running[at] ?? 0) + value;
  return Number(before + value < 0) - Number(before < 0);
}

/** A value of 0 at a place, what is there moves on. */
export function insertAt(running: number[], place: number): void {
  const before = running[place] ?? 0;
  if (place === running.length - 1) running.push(before);
  else running.splice(place + 1, 0, before);
}

/** The value at a place joins the one before it. */
export function joinWithBefore(running: number[], place: number): void {
  running.splice(place, 1);
}

/** Leaves out the first values. */
export function dropFirst(running: number[], count: number): void {
  const dropped = running[count] ?? 0;
  running.splice(0, count);
  if (dropped === 0) return;
  for (let at = 0; at < running.length; at += 1) running[at] = (running[at] ?? 0) - dropped;
}

/** How many values are negative. */
export function negativesIn(running: readonly number[]): number {
  let negatives = 0;
  for (let place = 0; place + 1 < running.length; place += 1) if (valueAt(running, place) < 0) negatives += 1;
  return negatives;
}
