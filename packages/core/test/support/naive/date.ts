/** Stored dates: against a date, against now, as an age, as an anniversary. */
import type { Condition, DateOrInstant, LeapDay, Path } from "../../../src/definition/definition.ts";
import { dayMs, instantOf, localDay } from "./calendar.ts";
import { attributeOf, remembered } from "./knowledge.ts";
import { comparesMissing, comparesPlain } from "./number.ts";
import type { Scene } from "./scene.ts";
import { isObject, takenFrom } from "./value.ts";

/** Undefined is missing. An object is there only for `exists`. */
export function valueAtPath(path: Path, { known }: Scene): unknown {
  if (path.from === "attribute") {
    const value = attributeOf(known, path.path);
    return isObject(value) ? undefined : (value ?? undefined);
  }
  const occurrence = remembered(known, path.of).at(path.from === "first" ? 0 : -1);
  if (occurrence === undefined) return undefined;
  return path.take === undefined ? occurrence.at : (takenFrom(occurrence.properties, path.take) ?? undefined);
}

const shape = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** Only the forms that random histories have; anything else is missing. */
export function readDate(value: unknown, zone: string): DateOrInstant | undefined {
  if (typeof value === "number") return value === 0 ? undefined : { instant: Math.trunc(value) };
  const match = typeof value === "string" ? shape.exec(value) : null;
  if (match === null) return undefined;
  const [year, month, date] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const midnight = Date.UTC(year, month - 1, date);
  if (
    year === 0 ||
    new Date(midnight).getUTCMonth() !== month - 1 ||
    new Date(midnight).getUTCDate() !== date
  )
    return undefined;
  if (match[4] === undefined) return { day: midnight / dayMs };
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const wall =
    midnight + ((hour * 60 + minute) * 60 + second) * 1000 + Number((match[7] ?? "0").padEnd(3, "0"));
  const offset = match[8];
  if (offset === undefined) return { instant: instantOf(zone, wall) };
  if (offset === "Z") return { instant: wall };
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4));
  return { instant: wall - (offset.startsWith("-") ? -1 : 1) * minutes * 60_000 };
}

function dayOf(date: DateOrInstant, zone: string): number {
  return "day" in date ? date.day : localDay(zone, date.instant);
}

export function dateHolds(
  { path, test }: Extract<Condition, { op: "date" }>,
  scene: Scene,
  zone: string,
): boolean {
  const stored = readDate(valueAtPath(path, scene), zone);
  if (stored === undefined) return false;
  const { t } = scene;
  if ("date" in test) {
    const given = test.date;
    const difference =
      "instant" in stored && "instant" in given
        ? stored.instant - given.instant
        : dayOf(stored, zone) - dayOf(given, zone);
    if (test.op === "on") return difference === 0;
    return test.op === "before" ? difference < 0 : difference > 0;
  }
  if ("instant" in stored) {
    const [d, length] = [stored.instant, test.span.ms];
    if (test.op === "furtherThan") return d > t + length;
    if (test.op === "withinNext") return t < d && d <= t + length;
    return test.op === "withinLast" ? t - length < d && d <= t : d <= t - length;
  }
  const [n, k] = [stored.day - localDay(zone, t), test.span.days];
  if (k === undefined) return false;
  if (test.op === "furtherThan") return n > k;
  if (test.op === "withinNext") return n >= 0 && n <= k;
  return test.op === "withinLast" ? -n >= 0 && -n <= k : -n > k;
}

export function ageHolds(
  { path, compare, leapDay }: Extract<Condition, { op: "age" }>,
  scene: Scene,
  zone: string,
): boolean {
  const stored = readDate(valueAtPath(path, scene), zone);
  const today = localDay(zone, scene.t);
  if (stored === undefined || dayOf(stored, zone) > today) return comparesMissing(compare);
  const years = returnsOf(dayOf(stored, zone), leapDay).filter((day) => day <= today).length;
  return comparesPlain(compare, years);
}

export function anniversaryHolds(
  { path, direction, days, years, leapDay }: Extract<Condition, { op: "anniversary" }>,
  scene: Scene,
  zone: string,
): boolean {
  const stored = readDate(valueAtPath(path, scene), zone);
  if (stored === undefined) return false;
  const today = localDay(zone, scene.t);
  const returns = returnsOf(dayOf(stored, zone), leapDay);
  return returns.some((day, index) => {
    const ahead = direction === "next" ? day - today : today - day;
    return ahead >= 0 && ahead <= days && (years?.includes(index + 1) ?? true);
  });
}

const returnsByDay = new Map<string, readonly number[]>();

/** The days on which a day returns after one year, two years and so on: nobody is older than 60 here. */
function returnsOf(day: number, leapDay: LeapDay): readonly number[] {
  const name = `${day} ${leapDay}`;
  const known =
    returnsByDay.get(name) ?? Array.from({ length: 60 }, (_, index) => returnOf(day, index + 1, leapDay));
  returnsByDay.set(name, known);
  return known;
}

/** The day on which a day returns after so many years. */
function returnOf(day: number, years: number, leapDay: LeapDay): number {
  const date = new Date(day * dayMs);
  const [year, month] = [date.getUTCFullYear() + years, date.getUTCMonth()];
  // 29 February of a common year runs over into 1 March.
  const at = Date.UTC(year, month, date.getUTCDate());
  const returned = new Date(at).getUTCMonth() === month || leapDay === "march-1" ? at : Date.UTC(year, 1, 28);
  return returned / dayMs;
}
