/**
 * Zones without a function of zones: their boundaries come from core, as numbers, so that both executors have the same.
 * A list of boundaries stands before the query; `roundDown` finds the last one before an instant, by halving.
 */
import { type CalendarPeriod, periodAt, startOfPeriod, type ZoneCalendar } from "@tidemark/core";
import { type Asked, chosen, nowPlace } from "./asked.ts";
import { columnName, number } from "./text.ts";

const dayMs = 86_400_000;

export interface ZoneSql {
  /** Part of a column's name. */
  readonly name: string;
  /** A number that hangs on the zone and the instant asked about, such as where a month begins; `name` says which. */
  constant(name: string, of: (zone: ZoneCalendar, instant: number) => number): string;
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
export type Lists = Map<string, string>;

interface Around {
  readonly asked: Asked;
  readonly named: (name: string, sql: string) => string;
  readonly lists: Lists;
}

export function constantZone(zone: ZoneCalendar, { asked, named, lists }: Around): ZoneSql {
  const shared: Pick<ZoneSql, "name" | "constant"> = {
    name: zone.name,
    constant: (name, of) => {
      const sql = asked.constant((instant) => of(zone, instant));
      return isPlain(sql) ? sql : named(columnName(name, zone.name), sql);
    },
  };
  if (zone.name === "UTC") {
    return {
      ...shared,
      dayOf: (instant) => `intDiv(${instant} - positiveModulo(${instant}, ${dayMs}), ${dayMs})`,
      instantOf: (wall) => wall,
      skippedBefore: () => "0",
    };
  }
  return { ...shared, ...lookups([zone], null, lists) };
}

/** Of the customer's own zone: \`place\` (SQL) is where it stands among the zones, from 1. */
export function customerZone(
  zones: readonly ZoneCalendar[],
  place: string,
  { asked, named, lists }: Around,
): ZoneSql {
  const count = asked.instants.length;
  return {
    name: "own",
    constant(name, of) {
      const each = zones.map((zone) => asked.instants.map((instant) => of(zone, instant)));
      const isSteady = each.every((values) => values.every((value) => value === values[0]));
      const sql = isSteady
        ? chosen(
            each.map(([value = 0]) => value),
            place,
          )
        : chosen(each.flat(), `(${place} - 1) * ${count} + ${nowPlace}`);
      return isPlain(sql) ? sql : named(columnName(name, "own_zone"), sql);
    },
    ...lookups(zones, place, lists),
  };
}

function isPlain(sql: string): boolean {
  return !sql.includes("[");
}

/** What is known from one boundary of a zone to the next. */
interface Span {
  readonly key: number;
  readonly values: readonly number[];
}

/** Zones of one list lie so far apart in it (ms): further than any two dates. */
const apart = 2 ** 50;

function lookups(
  zones: readonly ZoneCalendar[],
  place: string | null,
  lists: Lists,
): Omit<ZoneSql, "constant" | "name"> {
  const [only] = zones;
  const base = columnName("zone", place === null ? (only?.name ?? "") : "own").toLowerCase();
  const table = (name: string, columns: readonly string[], spansOf: (zone: ZoneCalendar) => Span[]) => {
    if (!lists.has(`${base}_${name}`)) {
      const spans = zones.map(spansOf);
      const ahead = (index: number): number => (place === null ? 0 : index + 1);
      const list = (of: (span: Span, ahead: number) => bigint): string =>
        `[${spans.flatMap((own, index) => own.map((span) => String(of(span, ahead(index))))).join(", ")}]`;
      lists.set(
        `${base}_${name}`,
        list(({ key }, by) => BigInt(Math.max(key, -apart / 2)) + BigInt(by) * BigInt(apart)),
      );
      columns.forEach((column, at) => {
        lists.set(
          `${base}_${name}_${column}`,
          list(({ values }) => BigInt(values[at] ?? 0)),
        );
      });
    }
    const keys = `${base}_${name}`;
    return (sought: string, column: string): string => {
      const key = place === null ? sought : `(${sought} + ${place} * ${apart})`;
      return `transform(roundDown(${key}, ${keys}), ${keys}, ${keys}_${column}, 0)`;
    };
  };
  return {
    dayOf(instant) {
      const jumps = zones.some(goesBackADay);
      const find = table("since", jumps ? ["offset", "day"] : ["offset"], instantSpans);
      const local = `(${instant} + ${find(instant, "offset")})`;
      const day = `intDiv(${local} - positiveModulo(${local}, ${dayMs}), ${dayMs})`;
      return jumps ? `greatest(${day}, ${find(instant, "day")})` : day;
    },
    instantOf(wall) {
      const find = table("wall", ["offset", "first"], wallSpans);
      return `greatest(${wall} - ${find(wall, "offset")}, ${find(wall, "first")})`;
    },
    skippedBefore(day) {
      const skipped = zones.map(skippedDays);
      if (skipped.every((days) => days.length === 0)) return "0";
      const each = skipped.map((days) => `[${days.map(number).join(", ")}]`);
      const own = place === null ? (each[0] ?? "[]") : `[${each.join(", ")}][${place}]`;
      return `arrayCount(skipped -> skipped < ${day}, ${own})`;
    },
  };
}

/** By instant: the offset, and a day that it is not before. */
function instantSpans(zone: ZoneCalendar): Span[] {
  const { from, offset } = zone.spans(firstMs, endMs);
  return from.map((since, index) => ({
    key: index === 0 ? Number.NEGATIVE_INFINITY : since,
    values: [offset[index] ?? 0, index === 0 ? -1_000_000_000 : zone.dayAt(since)],
  }));
}

/** Whether somewhere the clock goes back over midnight: the day stays then. */
function goesBackADay(zone: ZoneCalendar): boolean {
  const { from, offset } = zone.spans(firstMs, endMs);
  return from.some(
    (since, index) => index > 0 && Math.floor((since + (offset[index] ?? 0)) / dayMs) < zone.dayAt(since),
  );
}

/** By wall time: the offset, and the first instant that it may be. A wall time is of the first span that it is ever before the end of. */
function wallSpans(zone: ZoneCalendar): Span[] {
  const { from, offset } = zone.spans(firstMs, endMs);
  const spans: Span[] = [];
  let reached = Number.NEGATIVE_INFINITY;
  from.forEach((since, index) => {
    const ahead = offset[index] ?? 0;
    const end = (from[index + 1] ?? Number.POSITIVE_INFINITY) + ahead;
    if (end <= reached) return;
    spans.push({ key: reached, values: [ahead, index === 0 ? -(2 ** 49) : since] });
    reached = end;
  });
  return spans;
}

/** Days that a zone left out, such as Apia's 30 December 2011. */
function skippedDays(zone: ZoneCalendar): number[] {
  const { from } = zone.spans(firstMs, endMs);
  return from
    .slice(1)
    .flatMap((instant) => [zone.dayAt(instant) - 1, zone.dayAt(instant)])
    .filter((day) => zone.startOfDay(day) === zone.startOfDay(day + 1));
}

/** Edges of the period that an instant asked about is in, or of the one before. */
export function periodEdges(zone: ZoneSql, which: "this" | "previous", period: CalendarPeriod) {
  const index = (calendar: ZoneCalendar, instant: number): number =>
    periodAt(calendar, period, instant) - (which === "this" ? 0 : 1);
  return {
    from: zone.constant(`${which}_${period}_from`, (calendar, instant) =>
      startOfPeriod(calendar, period, index(calendar, instant)),
    ),
    to: zone.constant(`${which}_${period}_to`, (calendar, instant) =>
      startOfPeriod(calendar, period, index(calendar, instant) + 1),
    ),
  };
}
