/** Documents are read as they were written; what this reading does not know it refuses, rather than guess. */

export type Json = Readonly<Record<string, unknown>>;

export class Uninterpretable extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Uninterpretable";
  }
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objectOf(value: unknown, what: string): Json {
  if (isObject(value)) return value;
  throw new Uninterpretable(`${what} is no mapping: ${JSON.stringify(value)}`);
}

export function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Uninterpretable(`${what} is no list: ${JSON.stringify(value)}`);
}

export function textOf(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw new Uninterpretable(`${what} is no text: ${JSON.stringify(value)}`);
}

export function numberOf(value: unknown, what: string): number {
  if (typeof value === "number") return value;
  throw new Uninterpretable(`${what} is no number: ${JSON.stringify(value)}`);
}

/** Refuses a mapping with a key that is not among these. */
export function onlyKeys(json: Json, keys: readonly string[], what: string): void {
  for (const key of Object.keys(json))
    if (!keys.includes(key)) throw new Uninterpretable(`${what} has the unknown key "${key}"`);
}

/** Dotted text to its steps. */
export function stepsOf(value: unknown, what: string): readonly string[] {
  return textOf(value, what).split(".");
}

const unitsMs: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
};

/** `14 days` to ms. */
export function durationOf(value: unknown, what: string): number {
  const [count, unit = "", ...rest] = textOf(value, what).split(" ");
  const ms = unitsMs[unit.replace(/s$/, "")];
  if (ms === undefined || rest.length > 0 || !Number.isInteger(Number(count)))
    throw new Uninterpretable(`${what} is no duration: ${JSON.stringify(value)}`);
  return Number(count) * ms;
}
