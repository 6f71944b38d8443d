/**
 * Dates and times as files and systems write them, read by a format that somebody named: `M/d/yyyy`,
 * `dd.MM.yyyy HH:mm`, `d-MMM-yy h:mm a`, `epoch`. The letters are Unicode's (UTS 35), of which these are known:
 *
 *   yyyy yy     year; yy is 1970 to 2069
 *   M d H h m s one or two digits; doubled, two
 *   MMM MMMM    the month's English name, short or whole
 *   S           a fraction of a second, one to nine digits; SSS three
 *   a           AM or PM
 *   X           an offset from UTC: Z, +02, +0200, +02:00
 *   'text'      itself; '' is a quote
 *
 * Other letters have to be quoted, but for T; what is no letter stands for itself. As spreadsheets have them, Y and D
 * are y and d, m is the month where no hour came before and no M is there, and h without `a` is H.
 */
import type { ZoneCalendar } from "@tidemark/core";
import { civilDate } from "../occurred-at.ts";

/** What a text says: a day (since 1970-01-01), a local time (ms, as if UTC), or an instant (ms since the epoch). */
export type DateReading =
  | { readonly type: "day"; readonly day: number }
  | { readonly type: "local"; readonly wallMs: number }
  | { readonly type: "instant"; readonly ms: number };

/** Answers what a value says, or what is wrong with it: "is no date as M/d/yyyy". Never throws. */
export type DateFormat = (value: string | number) => DateReading | { readonly fault: string };

const dayMs = 86_400_000;

/** Counted from 1970, in these units of ms. */
const epochs: Readonly<Record<string, number>> = {
  epoch: 1_000,
  unix: 1_000,
  "epoch-ms": 1,
  "unix-ms": 1,
  "epoch-us": 0.001,
  "epoch-days": dayMs,
};

/** What a format may be, in a sentence, for those who wrote another. */
export const dateFormatExpected =
  "a format of y M d H h m s S a X and quoted text, such as d.M.yyyy HH:mm, or epoch, epoch-ms, epoch-us, epoch-days";

/**
 * The reader of a format; what is wrong with it where it is none. A format without a time of day also takes one behind
 * the date; midnight there counts as none.
 */
export function parseDateFormat(format: string): DateFormat | { readonly fault: string } {
  if (Object.hasOwn(epochs, format)) return epochFormat(format, epochs[format] ?? 1);
  const tokens = tokensOf(format);
  if ("fault" in tokens) return tokens;
  const { parts, pattern } = tokens;
  const missing = (["year", "month", "day"] as const).filter((part) => !parts.includes(part));
  if (missing.length > 0) return { fault: `lacks ${missing.join(" and ")}` };
  const isTimed = parts.includes("hour");
  const order = isTimed ? parts : [...parts, ...optionalTimeParts];
  const read = readingOf(order);
  const expression = new RegExp(`^${pattern}${isTimed ? "" : optionalTime}$`, "i");
  return (value) => {
    const match = expression.exec(String(value).trim());
    if (match === null) return { fault: `is no date as ${format}` };
    const reading = read(match);
    const isMidnight = !isTimed && "wallMs" in reading && reading.wallMs % dayMs === 0;
    return isMidnight ? { type: "day", day: reading.wallMs / dayMs } : reading;
  };
}

/** ISO 8601: a date, or a date and a time, with an offset or without one. */
export const isoDates: DateFormat = (value) => {
  const match = isoPattern.exec(String(value).trim());
  return match === null ? { fault: "is no ISO 8601 date or time" } : readIso(match);
};

/** The instant of a reading (ms): local times are of `zone`, a day is its first instant there. */
export function instantOfReading(reading: DateReading, zone: ZoneCalendar): number {
  if (reading.type === "instant") return reading.ms;
  return reading.type === "day" ? zone.startOfDay(reading.day) : zone.instantOf(reading.wallMs);
}

type Part = "year" | "month" | "day" | "hour" | "minute" | "second" | "fraction" | "half" | "offset";

const offsetPattern = String.raw`Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?`;
const isoParts: readonly Part[] = ["year", "month", "day", "hour", "minute", "second", "fraction", "offset"];
const isoPattern = new RegExp(
  String.raw`^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(${offsetPattern})?)?$`,
  "i",
);

const readIso = readingOf(isoParts);

const optionalTimeParts: readonly Part[] = ["hour", "minute", "second", "half"];
const optionalTime = String.raw`(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?(?: ?([ap]\.?m\.?))?)?`;

const monthNames =
  "January February March April May June July August September October November December".split(" ");

function epochFormat(format: string, unitMs: number): DateFormat {
  return (value) => {
    const text = String(value).trim();
    const count = /^-?\d{1,17}(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
    // Beyond the year 9999 it is another unit.
    if (!(Math.abs(count * unitMs) < 253_402_300_800_000))
      return { fault: `is no time as ${format}, counted from 1970` };
    if (format === "epoch-days") return { type: "day", day: Math.floor(count) };
    return { type: "instant", ms: Math.floor(count * unitMs) };
  };
}

function tokensOf(
  format: string,
): { readonly parts: readonly Part[]; readonly pattern: string } | { readonly fault: string } {
  const parts: Part[] = [];
  let pattern = "";
  const hasMonth = /M/.test(format.replaceAll(/'[^']*'/g, ""));
  for (const [token] of format.matchAll(/'(?:[^']|'')*'?|([A-Za-z])\1*|[^A-Za-z']/g)) {
    if (token.startsWith("'") && !/'.*'$/.test(token)) return { fault: "has a quote that is not closed" };
    const part = partOf(token, hasMonth || parts.includes("hour"));
    if (part !== undefined) {
      if (parts.includes(part)) return { fault: `names the ${part} twice` };
      parts.push(part);
      pattern += `(${shapeOf(token, part)})`;
    } else if (/^[A-Za-z]/.test(token) && token !== "T") {
      return { fault: `has ${token}, which means nothing here` };
    } else {
      pattern += escaped(literalOf(token));
    }
  }
  return { parts, pattern };
}

function partOf(token: string, minutes: boolean): Part | undefined {
  if (/^(?:y|yy|yyyy)$/i.test(token)) return "year";
  if (/^M{1,4}$/.test(token)) return "month";
  if (/^mm?$/.test(token)) return minutes ? "minute" : "month";
  if (/^dd?$/i.test(token)) return "day";
  if (/^hh?$/i.test(token)) return "hour";
  if (/^ss?$/.test(token)) return "second";
  if (/^S{1,9}$/.test(token)) return "fraction";
  if (/^[XZ]{1,3}$/.test(token)) return "offset";
  return token === "a" ? "half" : undefined;
}

function shapeOf(token: string, part: Part): string {
  if (part === "half") return String.raw`[ap]\.?m\.?`;
  if (part === "offset") return offsetPattern;
  if (token === "MMM") return monthNames.map((name) => name.slice(0, 3)).join("|");
  if (token === "MMMM") return monthNames.join("|");
  if (part === "fraction") return token === "S" ? String.raw`\d{1,9}` : String.raw`\d{${token.length}}`;
  if (part === "year") return token.length === 2 ? String.raw`\d{2}` : String.raw`\d{4}`;
  return token.length === 1 ? String.raw`\d{1,2}` : String.raw`\d{2}`;
}

function literalOf(token: string): string {
  if (!token.startsWith("'")) return token;
  return token === "''" ? "'" : token.replaceAll(/^'|'$/g, "").replaceAll("''", "'");
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
}

/** Reads what a pattern with these parts, in this order, has matched. */
function readingOf(order: readonly Part[]): (match: RegExpExecArray) => ReturnType<DateFormat> {
  const place = (part: Part): number => order.indexOf(part) + 1;
  const [year, month, day] = [place("year"), place("month"), place("day")];
  const [hour, minute, second] = [place("hour"), place("minute"), place("second")];
  const [fraction, half, offset] = [place("fraction"), place("half"), place("offset")];
  const number = (match: RegExpExecArray, at: number): number => (at === 0 ? 0 : Number(match[at] ?? 0));
  return (match) => {
    const midnight = midnightOf(yearOf(match[year] ?? ""), monthOf(match[month] ?? ""), number(match, day));
    if (typeof midnight !== "number") return midnight;
    if (hour === 0 || match[hour] === undefined) return { type: "day", day: midnight / dayMs };
    const hours = hourOf(number(match, hour), half === 0 ? undefined : match[half]);
    const [minutes, seconds] = [number(match, minute), number(match, second)];
    if (!(hours <= 23) || minutes > 59 || seconds > 59) return { fault: "has a time of day that is none" };
    const digits = fraction === 0 ? undefined : match[fraction];
    const ms = digits === undefined ? 0 : Math.floor(Number(`0.${digits}`) * 1000);
    const wallMs = midnight + ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms;
    const ahead = offset === 0 ? undefined : match[offset];
    if (ahead === undefined) return { type: "local", wallMs };
    const aheadMs = offsetMs(ahead);
    return Math.abs(aheadMs) > 18 * 3_600_000
      ? { fault: `has the offset ${ahead}` }
      : { type: "instant", ms: wallMs - aheadMs };
  };
}

function midnightOf(year: number, month: number, day: number): number | { readonly fault: string } {
  if (month < 1 || month > 12) return { fault: `has the month ${month}` };
  // Every month has 28 days, and Date.UTC takes years from 100 on for what they are.
  const midnight =
    day >= 1 && day <= 28 && year >= 100 ? Date.UTC(year, month - 1, day) : civilDate(year, month, day);
  return midnight ?? { fault: `has the day ${day}, which that month has not` };
}

function yearOf(text: string): number {
  const year = Number(text);
  if (text.length > 2) return year;
  return year < 70 ? 2000 + year : 1900 + year;
}

function monthOf(text: string): number {
  if (/^\d/.test(text)) return Number(text);
  return (
    monthNames.findIndex((name) => name.slice(0, 3).toLowerCase() === text.slice(0, 3).toLowerCase()) + 1
  );
}

/** On 24 hours; NaN for 0 or 13 in the morning or afternoon. */
function hourOf(hour: number, half: string | undefined): number {
  if (half === undefined) return hour;
  if (hour < 1 || hour > 12) return Number.NaN;
  return (hour % 12) + (/^p/i.test(half) ? 12 : 0);
}

function offsetMs(offset: string): number {
  if (!/^[+-]/.test(offset)) return 0;
  const digits = offset.slice(1).replace(":", "");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0);
  return (offset.startsWith("-") ? -1 : 1) * minutes * 60_000;
}
