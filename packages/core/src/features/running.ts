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

/** Adds to the value at a place. */
export function addAt(running: number[], place: number, value: number): void {
  for (let at = place + 1; at < running.length; at += 1) running[at] = (running[at] ?? 0) + value;
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

/** Whether no value is negative. */
export function onlyRises(running: readonly number[]): boolean {
  let before = 0;
  for (let at = 1; at < running.length; at += 1) {
    const sum = running[at] ?? 0;
    if (sum < before) return false;
    before = sum;
  }
  return true;
}
