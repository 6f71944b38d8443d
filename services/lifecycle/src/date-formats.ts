/**
 * Dates in attributes, in the formats people have, to the two that conditions read: `YYYY-MM-DD` for a day, and ISO
 * 8601 in UTC for an instant. What cannot be read stays as it is, and is missing for comparisons of dates.
 */
import { civilDate, parseInstant } from "@tidemark/intake";
import { ConfigError } from "@tidemark/runtime";

/** Text of an attribute to what is kept of it; `path` leads to the attribute. */
export type DateReader = (text: string, path: readonly PropertyKey[]) => string;

const yearFirst = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;

/** Year, month and day of a match, by the format. */
interface DateFormat {
  readonly pattern: RegExp;
  readonly order: readonly ["year" | "month" | "day", "year" | "month" | "day", "year" | "month" | "day"];
}

const formats: Readonly<Record<string, DateFormat>> = {
  "yyyy/M/d": { pattern: /^(\d{4})\/(\d{1,2})\/(\d{1,2})$/, order: ["year", "month", "day"] },
  yyyyMMdd: { pattern: /^(\d{4})(\d{2})(\d{2})$/, order: ["year", "month", "day"] },
  "M/d/yyyy": { pattern: /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/, order: ["month", "day", "year"] },
  "d/M/yyyy": { pattern: /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/, order: ["day", "month", "year"] },
  "d.M.yyyy": { pattern: /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/, order: ["day", "month", "year"] },
};

/** Midnight behind a date, in any zone or none, as spreadsheets and JSON writers add it. */
const midnight = /[T ]0{1,2}:00(?::00(?:[.,]0+)?)?\s*(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/i;

/** Neither dates nor instants are shorter or longer. */
const [fewestCharacters, mostCharacters] = [8, 40];

/**
 * Reads ISO 8601, and the formats named. `dayAttributes` are the dotted paths that hold days without a time. Throws
 * `ConfigError` for a format that is unknown, or that contradicts another.
 */
export function dateReader(formatNames: readonly string[], dayAttributes: readonly string[]): DateReader {
  const readable = readFormats(formatNames);
  const days = new Set(dayAttributes);

  const readDay = (text: string): string | null => {
    for (const { pattern, order } of [{ pattern: yearFirst, order: isoOrder }, ...readable]) {
      const match = pattern.exec(text);
      if (match === null) continue;
      const part = (name: (typeof order)[number]) => Number(match[order.indexOf(name) + 1]);
      const [year, month, day] = [part("year"), part("month"), part("day")];
      if (civilDate(year, month, day) !== null) return dayText(year, month, day);
    }
    return null;
  };

  return (text, path) => {
    if (text.length < fewestCharacters || text.length > mostCharacters) return text;
    const trimmed = text.trim();
    if (!startsWithDigit(trimmed)) return text;
    const isDay = days.has(path.slice(1).join("."));
    const day = readDay(isDay ? trimmed.replace(midnight, "") : trimmed);
    if (day !== null) return day;
    const instant = parseInstant(trimmed);
    return instant === null ? text : new Date(instant).toISOString();
  };
}

const isoOrder: DateFormat["order"] = ["year", "month", "day"];

function readFormats(names: readonly string[]): readonly DateFormat[] {
  const faults = names
    .filter((name) => !Object.hasOwn(formats, name))
    .map((name) => `LIFECYCLE_DATE_FORMATS names "${name}"; expected ${Object.keys(formats).join(", ")}`);
  if (names.includes("M/d/yyyy") && names.includes("d/M/yyyy"))
    faults.push("LIFECYCLE_DATE_FORMATS names M/d/yyyy and d/M/yyyy; expected one of the two");
  if (faults.length > 0) throw new ConfigError(faults);
  return names.flatMap((name) => formats[name] ?? []);
}

function startsWithDigit(text: string): boolean {
  const code = text.charCodeAt(0);
  return code >= 0x30 && code <= 0x39;
}

function dayText(year: number, month: number, day: number): string {
  const pad = (value: number, length: number) => String(value).padStart(length, "0");
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}
