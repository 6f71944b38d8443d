/** Times as they stand in people's files: ISO 8601, the usual local spellings, or a format that is given. */
import type { ZoneCalendar } from "@tidemark/core";

/** Answers ms since the epoch, or what is wrong with the text. */
export type TimeReader = (text: string) => number | { readonly fault: string };

type Part = "year" | "month" | "day" | "hour" | "minute" | "second" | "half";

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const optionalTime = String.raw`(?:[ T](?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,]\d+)?)?(?: ?(?<half>[AaPp][Mm]))?)?`;

/** Read without being told: what nobody could mean otherwise, and M/d/yyyy as spreadsheets write it. */
const known: readonly RegExp[] = [
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:[T ](?<hour>\d{2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d{1,9}))?)?\s*(?<offset>Z|z|[+-]\d{2}:?\d{2})?)?$/,
  /^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})$/,
  new RegExp(String.raw`^(?<month>\d{1,2})/(?<day>\d{1,2})/(?<year>\d{4})${optionalTime}$`),
];
const knownNames = "ISO 8601, yyyy-mm-dd hh:mm[:ss], yyyymmdd or M/d/yyyy [h:mm]";

/** Text without an offset of its own is local time in `zone`; a day without a time is its first instant. */
export function knownTimes(zone: ZoneCalendar): TimeReader {
  return (text) => {
    for (const pattern of known) {
      const match = pattern.exec(text);
      if (match) return instantOf(match.groups ?? {}, zone, text);
    }
    return {
      fault: `"${text}" is no time (expected ${knownNames}; else name the format: time=COLUMN@FORMAT)`,
    };
  };
}

/**
 * A reader for a format such as `d.M.yyyy`, `yyyy/MM/dd HH:mm:ss`, `dd-MMM-yyyy h:mm a`, `unix` or `unix-ms`; a date
 * alone may be followed by a time. Answers what is wrong with the format where it cannot be used.
 */
export function timesAs(format: string, zone: ZoneCalendar): TimeReader | { readonly fault: string } {
  if (format === "unix" || format === "unix-ms") return unixTimes(format === "unix" ? 1000 : 1);
  const parts: Part[] = [];
  let pattern = "";
  for (const [token] of format.matchAll(/([A-Za-z])\1*|[^A-Za-z]/g)) {
    const part = partOf(token, parts.includes("hour"));
    if (part === undefined && /[A-Za-z]/.test(token) && token !== "T")
      return { fault: `"${token}" in the format "${format}" means nothing (${tokensExplained})` };
    if (part !== undefined && parts.includes(part))
      return { fault: `the format "${format}" names the ${part} twice` };
    if (part !== undefined) parts.push(part);
    pattern += part === undefined ? escapeForPattern(token) : `(?<${part}>${digitsOf(token, part)})`;
  }
  const missing = (["year", "month", "day"] as const).filter((part) => !parts.includes(part));
  if (missing.length > 0)
    return { fault: `the format "${format}" lacks ${missing.join(" and ")} (${tokensExplained})` };
  const expression = new RegExp(`^${pattern}${parts.includes("hour") ? "" : optionalTime}$`);
  return (text) => {
    const match = expression.exec(text);
    return match ? instantOf(match.groups ?? {}, zone, text) : { fault: `"${text}" is no time as ${format}` };
  };
}

const tokensExplained =
  "expected yyyy, yy, M, MM, MMM, d, dd, H, HH, h, hh, mm, ss, a and what stands between them";

/** A small m is a month until an hour was named. */
function partOf(token: string, afterHour: boolean): Part | undefined {
  if (/^(yyyy|yy)$/i.test(token)) return "year";
  if (/^(M|MM|MMM)$/.test(token)) return "month";
  if (/^(m|mm)$/.test(token)) return afterHour ? "minute" : "month";
  if (/^(d|dd)$/i.test(token)) return "day";
  if (/^(h|hh)$/i.test(token)) return "hour";
  if (/^(s|ss)$/.test(token)) return "second";
  return token === "a" ? "half" : undefined;
}

function digitsOf(token: string, part: Part): string {
  if (part === "half") return "[AaPp][Mm]";
  if (token === "MMM") return "[A-Za-z]{3}";
  if (part === "year") return String.raw`\d{${token.length}}`;
  return token.length === 1 ? String.raw`\d{1,2}` : String.raw`\d{2}`;
}

function escapeForPattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
}

function unixTimes(scale: number): TimeReader {
  return (text) => {
    const value = /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) * scale : Number.NaN;
    return Number.isFinite(value)
      ? Math.trunc(value)
      : { fault: `"${text}" is no time in ${scale === 1 ? "ms" : "s"} since 1970` };
  };
}

function instantOf(
  groups: Readonly<Record<string, string | undefined>>,
  zone: ZoneCalendar,
  text: string,
): number | { readonly fault: string } {
  const shortYear = groups.year?.length === 2;
  const year = Number(groups.year) + (shortYear ? (Number(groups.year) < 70 ? 2000 : 1900) : 0);
  const month = /^\d/.test(groups.month ?? "")
    ? Number(groups.month)
    : months.indexOf(groups.month?.toLowerCase() ?? "") + 1;
  const day = Number(groups.day);
  const hour = hourOf(Number(groups.hour ?? 0), groups.half);
  const [minute, second] = [Number(groups.minute ?? 0), Number(groups.second ?? 0)];
  if (month < 1 || month > 12) {
    const swapped =
      day <= 12 && groups.offset === undefined
        ? "; if the day comes first, name the format: time=COLUMN@d/M/yyyy"
        : "";
    return { fault: `"${text}" has the month ${groups.month}${swapped}` };
  }
  const midnight = Date.UTC(year, month - 1, day);
  if (day < 1 || new Date(midnight).getUTCMonth() !== month - 1)
    return { fault: `"${text}" has the day ${day}, which its month has not` };
  if (hour === undefined || hour > 23 || minute > 59 || second > 59)
    return { fault: `"${text}" has a time of day that is none` };
  const milliseconds = Math.floor(Number(`0.${groups.fraction ?? 0}`) * 1000);
  const wall = midnight + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds;
  return groups.offset === undefined ? zone.instantOf(wall) : wall - offsetMs(groups.offset);
}

function hourOf(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour;
  if (hour < 1 || hour > 12) return undefined;
  return (hour % 12) + (half.toLowerCase() === "pm" ? 12 : 0);
}

function offsetMs(offset: string): number {
  if (offset.toUpperCase() === "Z") return 0;
  const digits = offset.slice(1).replace(":", "");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (offset.startsWith("-") ? -1 : 1) * minutes * 60_000;
}
