/**
 * Local days in an IANA zone, through the runtime's own zone data (Intl). A day begins at the first instant whose
 * local date is that day or later, so a skipped date (Apia, 30 December 2011) has no length, and an hour that is
 * repeated across midnight belongs to the later day once that day has begun.
 */
import { memo } from "../memo.ts";
import { dayMs } from "./civil.ts";

export interface ZoneCalendar {
  readonly name: string;
  /** The local day (days since 1970-01-01) at an instant. */
  dayAt(instant: number): number;
  /** The first instant of a local day. */
  startOfDay(day: number): number;
  /** The first instant whose local wall time is that or later; `wall` in ms as if UTC. */
  instantOf(wall: number): number;
  /** Spans of one offset (ms from UTC) that cover [first, end): where each begins, ascending. */
  spans(first: number, end: number): { readonly from: readonly number[]; readonly offset: readonly number[] };
}

/** No zone has ever been further from UTC than this (Manila before 1844: 15 h 56 min), in ms. */
export const furthestOffsetMs = 16 * 3_600_000;

/** The runtime knows no instant further from 1970 than this; what lies beyond is taken as in UTC. */
const furthestMs = 8.64e15;

/** How much of a zone is looked up at a time: few look-ups for who needs a day, few stretches for who needs years. */
const stretchMs = 16 * dayMs;
const furthestStretch = Math.floor(furthestMs / stretchMs) - 1;

/** Names come from customers' attributes too, so what is kept of them is bounded. */
const maxCalendars = 2_000;

const known = memo(maxCalendars, (name: string): { readonly calendar: ZoneCalendar | undefined } => {
  const format = zoneFormat(name);
  return { calendar: format && makeCalendar(name, name === "UTC" ? () => utc : stretchesOf(format)) };
});

/** The calendar of a zone; undefined where the runtime does not know it. */
export function zoneCalendar(name: string): ZoneCalendar | undefined {
  return known(name).calendar;
}

/** A part of time in a zone, as spans of one offset: `from` ascending, the first is where the part begins. */
interface Stretch {
  readonly from: readonly number[];
  readonly offset: readonly number[];
  readonly end: number;
}

const utc: Stretch = { from: [Number.NEGATIVE_INFINITY], offset: [0], end: Number.POSITIVE_INFINITY };

/** Instants come from customers' attributes too, so what is kept of a zone is bounded: this is 175 years. */
const maxStretches = 4_000;
const maxDays = 10_000;

function makeCalendar(name: string, stretchOf: (index: number) => Stretch): ZoneCalendar {
  let recent: Stretch = { from: [0], offset: [0], end: 0 };
  const stretchAt = (instant: number): Stretch => {
    if (instant >= (recent.from[0] ?? 0) && instant < recent.end) return recent;
    recent = stretchOf(Math.floor(instant / stretchMs));
    return recent;
  };

  const offsetAt = (instant: number): number => {
    const { from, offset } = stretchAt(instant);
    let index = from.length - 1;
    while (index > 0 && (from[index] ?? 0) > instant) index -= 1;
    return offset[index] ?? 0;
  };

  const instantOf = (wall: number): number => {
    if (!(Math.abs(wall) <= furthestMs)) return wall;
    let at = wall - furthestOffsetMs;
    for (;;) {
      const stretch = stretchAt(at);
      for (let index = 0; index < stretch.from.length; index += 1) {
        const from = stretch.from[index] ?? 0;
        const to = stretch.from[index + 1] ?? stretch.end;
        const reached = Math.max(from, wall - (stretch.offset[index] ?? 0));
        if (reached < to) return reached;
      }
      at = stretch.end;
    }
  };

  const startOfDay = memo(maxDays, (day: number) => instantOf(day * dayMs));

  let lastDay = 0;
  let lastStart = 0;
  let lastEnd = 0;
  return {
    name,
    startOfDay,
    instantOf,
    spans(first, end) {
      const [from, offset]: [number[], number[]] = [[], []];
      for (let at = first; at < end; ) {
        const stretch = stretchAt(at);
        stretch.from.forEach((start, index) => {
          const ahead = stretch.offset[index] ?? 0;
          if (start >= end || offset.at(-1) === ahead) return;
          from.push(Math.max(first, start));
          offset.push(ahead);
        });
        at = stretch.end;
      }
      return { from, offset };
    },
    dayAt(instant) {
      if (instant >= lastStart && instant < lastEnd) return lastDay;
      let day = Math.floor((instant + offsetAt(instant)) / dayMs);
      while (startOfDay(day + 1) <= instant) day += 1;
      lastDay = day;
      lastStart = startOfDay(day);
      lastEnd = startOfDay(day + 1);
      return day;
    },
  };
}

function stretchesOf(format: Intl.DateTimeFormat): (index: number) => Stretch {
  const within = memo(maxStretches, (index: number) => makeStretch(format, index * stretchMs));
  return (index) => {
    if (Math.abs(index) <= furthestStretch) return within(index);
    const start = index * stretchMs;
    return { from: [start], offset: [0], end: start + stretchMs };
  };
}

/**
 * Looks at every day and, where the offset differs, for the instant at which it does. Larger steps would miss what
 * was taken back within days: in 2000 Boa Vista had summer time for a week.
 */
function makeStretch(format: Intl.DateTimeFormat, start: number): Stretch {
  const end = start + stretchMs;
  const from = [start];
  let before = offsetOf(format, start);
  const offset = [before];
  for (let at = start; at < end; at += dayMs) {
    const next = Math.min(at + dayMs, end - 1000);
    const after = offsetOf(format, next);
    if (after === before) continue;
    let low = at;
    let high = next;
    // Zones change on a whole second.
    while (high - low > 1000) {
      const middle = Math.floor((low + high) / 2000) * 1000;
      if (offsetOf(format, middle) === before) low = middle;
      else high = middle;
    }
    from.push(high);
    offset.push(after);
    before = after;
  }
  return { from, offset, end };
}

function zoneFormat(name: string): Intl.DateTimeFormat | undefined {
  // Some runtimes take offsets (+05:07) for zones; they are in no list, and need not be whole quarters of an hour.
  if (/^[+-]/.test(name)) return undefined;
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      // Of a date or time that is not asked for, all of it is written: the minute alone is the shortest.
      minute: "2-digit",
      timeZoneName: "longOffset",
    });
  } catch {
    return undefined;
  }
}

const offsetPattern = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;

/** Offset from UTC in ms at an instant on a whole second. */
function offsetOf(format: Intl.DateTimeFormat, instant: number): number {
  const match = offsetPattern.exec(format.format(instant));
  if (!match?.[1]) return 0;
  const seconds = (Number(match[2]) * 60 + Number(match[3])) * 60 + Number(match[4] ?? 0);
  return seconds * (match[1] === "-" ? -1000 : 1000);
}
