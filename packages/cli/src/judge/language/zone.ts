/**
 * Local time in an IANA zone, asked of `Intl`. Offsets are looked up at the ends of each UTC day and, where they
 * differ, the change between is found by halving. A local day begins at the first instant whose local date is that
 * day or a later one.
 */
import { dayMs, dayNumber } from "./calendar.ts";

export interface Zone {
  readonly name: string;
  /** The local day at an instant, counted from 1970-01-01. */
  dayAt(instant: number): number;
  startOfDay(day: number): number;
  /** The first instant at which clocks there show this time or a later one; `wall` in ms as if it were UTC. */
  instantAt(wall: number): number;
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

const zones = new Map<string, Zone | undefined>();

/** Undefined where the platform knows no such zone. */
export function zoneNamed(name: string): Zone | undefined {
  if (!zones.has(name)) zones.set(name, makeZone(name));
  return zones.get(name);
}

/** Furthest that clocks anywhere were from UTC, with some room, in ms. */
const furthestMs = 17 * 3_600_000;

const firstInstant = dayNumber(1, 0, 2) * dayMs;
const lastInstant = dayNumber(9999, 11, 30) * dayMs;

function makeZone(name: string): Zone | undefined {
  const offsetAt = offsetReader(name);
  if (offsetAt === undefined) return undefined;
  const stretchesByDay = new Map<number, readonly Stretch[]>();
  const starts = new Map<number, number>();

  const stretchesOf = (day: number): readonly Stretch[] => {
    let found = stretchesByDay.get(day);
    if (found === undefined) {
      found = stretches(day * dayMs, offsetAt);
      stretchesByDay.set(day, found);
    }
    return found;
  };
  const instantAt = (wall: number): number => {
    for (let day = Math.floor((wall - furthestMs) / dayMs); ; day += 1) {
      for (const { from, to, offset } of stretchesOf(day)) {
        const reached = Math.max(from, wall - offset);
        if (reached < to) return reached;
      }
    }
  };
  const startOfDay = (day: number): number => {
    let start = starts.get(day);
    if (start === undefined) {
      start = instantAt(day * dayMs);
      starts.set(day, start);
    }
    return start;
  };
  return {
    name,
    instantAt,
    startOfDay,
    dayAt(instant) {
      const stretch = stretchesOf(Math.floor(instant / dayMs)).find(({ to }) => instant < to);
      const day = Math.floor((instant + (stretch?.offset ?? 0)) / dayMs);
      // In an hour that is repeated across midnight the later day has begun already.
      return startOfDay(day + 1) <= instant ? day + 1 : day;
    },
  };
}

function stretches(start: number, offsetAt: (instant: number) => number): readonly Stretch[] {
  const end = start + dayMs;
  const [before, after] = [offsetAt(start), offsetAt(end)];
  if (before === after) return [{ from: start, to: end, offset: before }];
  let [low, high] = [start, end];
  while (high - low > 1_000) {
    const middle = Math.floor((low + high) / 2_000) * 1_000;
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  const first = { from: start, to: high, offset: before };
  return high === end ? [first] : [first, { from: high, to: end, offset: after }];
}

function offsetReader(name: string): ((instant: number) => number) | undefined {
  if (name === "UTC") return () => 0;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return undefined;
  }
  return (instant) => {
    if (instant < firstInstant || instant > lastInstant) return 0;
    const found = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => found.get(type) ?? 0;
    const seconds = (part("hour") * 60 + part("minute")) * 60 + part("second");
    return dayNumber(part("year"), part("month") - 1, part("day")) * dayMs + seconds * 1_000 - instant;
  };
}
