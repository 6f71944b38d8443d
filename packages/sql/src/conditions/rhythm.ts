/** `rhythm` over calendar periods, as core's `conditions/rhythm.ts` says. Skipped dates are no periods. */
import { type CalendarPeriod, type Condition, periodAt, type Zone } from "@tidemark/core";
import type { Context } from "../context.ts";
import { columnName } from "../text.ts";
import type { ZoneSql } from "../zone.ts";

type Rhythm = Extract<Condition, { op: "rhythm" }>;

export function rhythm(context: Context, { state, of, every, times }: Rhythm, zone: Zone): string {
  const list = context.collected.of(of);
  const inZone = context.zoneOf(zone);
  const name = columnName(list.name, every, inZone.name);
  const came = context.named(
    columnName(name, "came"),
    `arrayReverseSort(arrayDistinct(arrayMap(event -> ${rank(inZone, every, "event.at")}, arrayFilter(event -> event.own, ${list.name}))))`,
  );
  // Ranks count periods that have a length, so that the period before is always one less.
  const current =
    every === "day"
      ? rankOfDay(
          inZone,
          inZone.constant("today", (calendar, instant) => calendar.dayAt(instant)),
        )
      : inZone.constant(`this_${every}`, (calendar, instant) => periodAt(calendar, every, instant));
  const hasRun = (from: number): string =>
    `length(${came}) >= ${from + times - 1} AND ${came}[${from + times - 1}] = ${came}[${from}] - ${times - 1}`;
  if (state === "regular") return `(${came}[1] >= ${current} - 1 AND notEmpty(${came}) AND ${hasRun(1)})`;
  if (state === "stopped") {
    const missed = `(${current} - ${came}[1] - 1)`;
    return `(notEmpty(${came}) AND ${missed} >= 1 AND ${missed} < ${times} AND ${hasRun(1)})`;
  }
  return `(length(${came}) >= 2 AND ${came}[1] = ${current} AND ${came}[2] != ${current} - 1 AND ${hasRun(2)})`;
}

/** The number of the period that an instant (SQL) is in. */
function rank(zone: ZoneSql, every: CalendarPeriod, at: string): string {
  const day = zone.dayOf(at);
  switch (every) {
    case "day":
      return rankOfDay(zone, day);
    case "week":
      return `intDiv(${day} + 3 - positiveModulo(${day} + 3, 7), 7)`;
    case "month":
      return `toYear(addDays(toDate32('1970-01-01'), ${day})) * 12 + toMonth(addDays(toDate32('1970-01-01'), ${day})) - 1`;
    case "quarter":
      return `toYear(addDays(toDate32('1970-01-01'), ${day})) * 4 + toQuarter(addDays(toDate32('1970-01-01'), ${day})) - 1`;
    case "year":
      return `toInt64(toYear(addDays(toDate32('1970-01-01'), ${day})))`;
  }
}

function rankOfDay(zone: ZoneSql, day: string): string {
  const skipped = zone.skippedBefore(day);
  return skipped === "0" ? day : `(${day} - ${skipped})`;
}
