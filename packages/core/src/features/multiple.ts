/** Whether a safe integer is a whole multiple of a unit. A quotient is far quicker than a remainder of doubles. */
export function isMultiple(value: number, unit: number): boolean {
  return Math.floor(value / unit) * unit === value;
}
