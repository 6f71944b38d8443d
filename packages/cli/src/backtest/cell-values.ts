/** What stands in a cell: identifiers, times, dates, values. */
import type { ZoneCalendar } from "@tidemark/core";
import {
  type DateFormat,
  type DateReading,
  instantOfReading,
  isoDates,
  parseDateFormat,
} from "@tidemark/intake";

/** `undefined`: the cell is empty. */
export type CellReader<T> = (cell: unknown) => T | undefined | CellFault;

export interface CellFault {
  readonly fault: string;
}

export function isFault(value: unknown): value is CellFault {
  return typeof value === "object" && value !== null && "fault" in value;
}

/** As text, without blanks around it. */
export const identifier: CellReader<string> = (cell) => {
  if (typeof cell === "string") return own(cell.trim()) || undefined;
  if (cell === undefined || cell === null) return undefined;
  return typeof cell === "object" ? { fault: "is no identifier" } : String(cell);
};

/** Text that is true or false is so; other text stays text. What a typed format holds stays what it is. */
export const plainValue: CellReader<unknown> = (cell) => {
  if (typeof cell !== "string") return cell;
  const text = cell.trim();
  if (text === "") return undefined;
  if (text.length === 4 && text.toLowerCase() === "true") return true;
  if (text.length === 5 && text.toLowerCase() === "false") return false;
  return own(text);
};

/** Shorter parts are copied anyway. */
const shortestPart = 13;
const maxTexts = 20_000;
const texts = new Map<string, string>();

/**
 * A part of a text keeps the whole of it in memory, here a quarter of a megabyte: this one stands alone, and once, as
 * columns repeat themselves.
 */
function own(text: string): string {
  if (text.length < shortestPart) return text;
  const known = texts.get(text);
  if (known !== undefined) return known;
  const alone = Buffer.from(text, "utf8").toString("utf8");
  if (texts.size >= maxTexts) texts.clear();
  texts.set(alone, alone);
  return alone;
}

const spreadsheetFormats = ["yyyyMMdd", "M/d/yyyy"]
  .map(parseDateFormat)
  .filter((format): format is DateFormat => typeof format === "function");

/** ISO 8601, `yyyyMMdd` or `M/d/yyyy [h:mm]`. */
export function knownDates(text: string): DateReading | CellFault {
  const readings = [isoDates, ...spreadsheetFormats].map((format) => format(text));
  const read = readings.find((reading) => !("fault" in reading));
  if (read !== undefined) return read;
  for (const reading of readings) {
    // The month, the day or the time of it is none.
    if (!("fault" in reading) || !reading.fault.startsWith("has ")) continue;
    const isSlashed = /^\d{1,2}\/\d{1,2}\/\d{4}/.test(text);
    return {
      fault: `${reading.fault}${isSlashed ? "; if the day comes first, map it as COLUMN@d/M/yyyy" : ""}`,
    };
  }
  const format = /^\d{9,16}(?:\.\d+)?$/.test(text) ? "COLUMN@epoch or COLUMN@epoch-ms" : "COLUMN@FORMAT";
  return { fault: `is no ISO 8601 date or time; if it is another, map it as ${format}` };
}

export type DateReader = (text: string) => DateReading | CellFault;

/** The reader of a format; null is ISO 8601 and what spreadsheets write. */
export function dateReader(format: string | null): DateReader | CellFault {
  if (format === null) return knownDates;
  return parseDateFormat(format === "epochMs" ? "epoch-ms" : format);
}

/** Instants in ms. A local time is one of `zone`; a date its first instant there. */
export function instants(read: DateReader, zone: ZoneCalendar): CellReader<number> {
  return cached<number>((text) => {
    const reading = read(text);
    return "fault" in reading ? { fault: `"${text}" ${reading.fault}` } : instantOfReading(reading, zone);
  });
}

/** Dates as `YYYY-MM-DD`, times as ISO 8601 in UTC: what conditions over dates read. */
export function dates(read: DateReader, zone: ZoneCalendar): CellReader<string> {
  return cached<string>((text) => {
    const reading = read(text);
    if ("fault" in reading) return { fault: `"${text}" ${reading.fault}` };
    return reading.type === "day"
      ? new Date(reading.day * dayMs).toISOString().slice(0, 10)
      : new Date(instantOfReading(reading, zone)).toISOString();
  });
}

const dayMs = 86_400_000;
const maxCached = 20_000;

/** Neighbouring rows often say the same. */
function cached<T>(read: (text: string) => T | CellFault): CellReader<T> {
  const known = new Map<string, T | CellFault>();
  return (cell) => {
    if (cell === undefined || cell === null) return undefined;
    if (typeof cell === "object") return { fault: "is no date or time" };
    const text = String(cell).trim();
    if (text === "") return undefined;
    const seen = known.get(text);
    if (seen !== undefined) return seen;
    const value = read(text);
    if (known.size >= maxCached) known.clear();
    known.set(own(text), value);
    return value;
  };
}
