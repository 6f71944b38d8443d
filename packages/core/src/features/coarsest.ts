/** The place of the first unit that divides all of the values from one place up to another; the last divides any. */
export function coarsest(
  units: readonly number[],
  values: readonly number[],
  from: number,
  to: number,
): number {
  for (let index = 0; index < units.length; index += 1) {
    const unit = units[index] ?? 1;
    let fits = true;
    for (let at = from; fits && at < to; at += 1) fits = (values[at] ?? 0) % unit === 0;
    if (fits) return index;
  }
  return units.length - 1;
}
