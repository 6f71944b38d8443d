/** The shape of source events, in zod: one message a field, which says what was expected there. */
import { z } from "zod";
import { type EventFault, fault, pathText } from "./fault.ts";

export interface Shaped<Fields> {
  /** The fields that are as they should be; those at fault are left out, so that the rest can still be looked at. */
  readonly fields: Partial<Fields>;
  /** More faults are added to these while the rest is looked at. */
  readonly faults: EventFault[];
  /** Names of the fields at fault. */
  readonly bad: ReadonlySet<string>;
}

const noneBad: ReadonlySet<string> = new Set();

/** Checks what a source said against a shape; every fault at once. Fields the shape does not name are left out. */
export function checkShape<Fields extends object>(shape: z.ZodType<Fields>, raw: unknown): Shaped<Fields> {
  const result = shape.safeParse(raw);
  if (result.success) return { fields: result.data, faults: [], bad: noneBad };
  const faults = result.error.issues.map(({ path, message }) =>
    fault(pathText(path), valueAt(raw, path), message),
  );
  const bad = new Set(result.error.issues.map(({ path }) => String(path[0] ?? "")));
  const good = Object.entries(isObject(raw) ? raw : {}).filter(([name]) => !bad.has(name));
  return { fields: Object.fromEntries(good) as Partial<Fields>, faults, bad };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let place = value;
  for (const step of path) place = isObject(place) ? place[String(step)] : undefined;
  return place;
}

const maxIdentifierCharacters = 256;
const maxLabelCharacters = 1_024;

/** An id: text, or a whole number as some systems have them. */
export const identifier = z.custom<string | number>(isIdentifier, {
  error: `text of at most ${maxIdentifierCharacters} characters without control characters, or a whole number`,
});

/** As `identifier`, but not empty. */
export const requiredIdentifier = z.custom<string | number>(
  (value) => isIdentifier(value) && String(value).trim() !== "",
  {
    error: `text of 1 to ${maxIdentifierCharacters} characters without control characters, or a whole number`,
  },
);

/** A short text such as a channel or a category, or a whole number. */
export const label = z.custom<string | number>(
  (value) =>
    typeof value === "string"
      ? value.length <= maxLabelCharacters && value.isWellFormed()
      : Number.isSafeInteger(value),
  { error: `text of at most ${maxLabelCharacters} characters` },
);

/** An instant as `readOccurredAt` takes it. */
export const instant = z.custom<string | number>(
  (value) => typeof value === "string" || typeof value === "number",
  { error: "ms since 1970, or ISO 8601 text with a zone" },
);

/** A JSON object, or its text. What is in it is looked at later. */
export const jsonObject = z.unknown();

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what ids must not have
const controlCharacters = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

function isIdentifier(value: unknown): boolean {
  if (typeof value !== "string") return Number.isSafeInteger(value);
  return value.length <= maxIdentifierCharacters && !controlCharacters.test(value) && value.isWellFormed();
}

/** An id as text, without space around it; null where there is none or it is empty. */
export function identifierText(value: string | number | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  return String(value).trim() || null;
}

/** A label as text; null where there is none. */
export function labelText(value: string | number | null | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}
