/**
 * Zones without a function of zones: their boundaries come from core, as numbers, so that both executors have the same.
 */
import { type CalendarPeriod, periodAt, startOfPeriod, type ZoneCalendar } from "@tidemark/core";
import { number } from "./text.ts";

const dayMs = 86_400_000;

export interface ZoneSql {
  /** A number that hangs on the zone, such as where a month begins. */
  constant(of: (zone: ZoneCalendar) => number): string;
  /** The local day of an instant (SQL, ms). */
  dayOf(instant: string): string;
  /** The first instant whose local wall time (SQL, ms as if UTC) is that or later. */
  instantOf(wall: string): string;
  /** How many of the zone's days up to one (SQL) were skipped. */
  skippedBefore(day: string): string;
}

/** Beyond these a zone keeps the offset that it has there. */
const firstMs = Date.UTC(1880, 0, 1);
const endMs = Date.UTC(2120, 0, 1);

/** Named lists that stand before a query. */
export type Names = Map<string, string>;

export function constantZone(zone: ZoneCalendar, names: Names): ZoneSql {
  const constant: ZoneSql["constant"] = (of) => number(of(zone));
  if (zone.name === "UTC") {
    return {
      constant,
      dayOf: (instant) => `intDiv(${instant} - positiveModulo(${instant}, ${dayMs}), ${dayMs})`,
      instantOf: (wall) => wall,
      skippedBefore: () => "0",
    };
  }
  return { constant, ...spansIn(namedSpans([zone], `zone_${zone.name}`, names), "1") };
}

/** Of the customer's own zone: \`place\` (SQL) is where it stands among the zones, from 1. */
export function customerZone(zones: readonly ZoneCalendar[], place: string, names: Names): ZoneSql {
  return {
    constant: (of) => `[${zones.map((zone) => number(of(zone))).join(", ")}][${place}]`,
    ...spansIn(namedSpans(zones, "zones", names), place),
  };
}

function namedSpans(zones: readonly ZoneCalendar[], name: string, names: Names): string {
  const base = name.replaceAll(/[^A-Za-z0-9]+/g, "_").toLowerCase();
  if (names.has(`${base}_from`)) return base;
  const spans = zones.map((zone) => zone.spans(firstMs, endMs));
  const lists = (of: (zone: ZoneCalendar, index: number) => readonly number[]): string =>
    `[${zones.map((zone, index) => `[${of(zone, index).map(number).join(", ")}]`).join(", ")}]`;
  names.set(
    `${base}_from`,
    lists((_, index) => spans[index]?.from ?? []),
  );
  names.set(
    `${base}_offset`,
    lists((_, index) => spans[index]?.offset ?? []),
  );
  names.set(
    `${base}_day`,
    lists((zone, index) => (spans[index]?.from ?? []).map((from) => zone.dayAt(from))),
  );
  names.set(
    `${base}_skipped`,
    lists((zone) => skippedDays(zone)),
  );
  return base;
}

function spansIn(base: string, place: string): Omit<ZoneSql, "constant"> {
  const list = (name: string): string => `${base}_${name}[${place}]`;
  return {
    dayOf(instant) {
      const span = `greatest(1, arrayLastIndex(since -> since <= ${instant}, ${list("from")}))`;
      const local = `(${instant} + ${list("offset")}[${span}])`;
      return `greatest(intDiv(${local} - positiveModulo(${local}, ${dayMs}), ${dayMs}), if(${instant} < ${list("from")}[1], -1000000000, ${list("day")}[${span}]))`;
    },
    instantOf(wall) {
      const reached = `greatest(since, ${wall} - ahead)`;
      return `arrayMin(arrayMap((since, ahead, before) -> if(${reached} < before, ${reached}, 9223372036854775807), arrayConcat([-9223372036854775807], arraySlice(${list("from")}, 2)), ${list("offset")}, arrayConcat(arraySlice(${list("from")}, 2), [9223372036854775807])))`;
    },
    skippedBefore: (day) => `arrayCount(skipped -> skipped < ${day}, ${list("skipped")})`,
  };
}

/** Days that a zone left out, such as Apia's 30 December 2011. */
function skippedDays(zone: ZoneCalendar): number[] {
  const { from } = zone.spans(firstMs, endMs);
  return from
    .slice(1)
    .flatMap((instant) => [zone.dayAt(instant) - 1, zone.dayAt(instant)])
    .filter((day) => zone.startOfDay(day) === zone.startOfDay(day + 1));
}

/** Edges of the period that \`now\` is in, or of the one before. */
export function periodEdges(zone: ZoneSql, which: "this" | "previous", period: CalendarPeriod, now: number) {
  const index = (calendar: ZoneCalendar): number =>
    periodAt(calendar, period, now) - (which === "this" ? 0 : 1);
  return {
    from: zone.constant((calendar) => startOfPeriod(calendar, period, index(calendar))),
    to: zone.constant((calendar) => startOfPeriod(calendar, period, index(calendar) + 1)),
  };
}
