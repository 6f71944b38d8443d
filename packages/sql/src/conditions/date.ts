/** `date`, `age` and `anniversary`. At an instant all of them ask for days before and after today. */
import { type Condition, civilDate, type DateOrInstant, type Zone } from "@tidemark/core";
import type { Context } from "../context.ts";
import { numberCompares } from "../numbers/measure.ts";
import { anyOf, columnName, number } from "../text.ts";
import type { ZoneSql } from "../zone.ts";
import { marchDate, returnIn, type StoredDate, storedDate } from "./dates.ts";
import { pathValue } from "./path.ts";

type Of<Op extends Condition["op"]> = Extract<Condition, { op: Op }>;

interface Dated {
  readonly stored: StoredDate;
  readonly zone: ZoneSql;
  readonly name: string;
  readonly today: string;
}

function dated(context: Context, path: Of<"date">["path"], zone: Zone): Dated {
  const { json, name } = pathValue(context, path);
  const inZone = context.zoneOf(zone);
  return {
    stored: storedDate(context, name, json, inZone),
    zone: inZone,
    name: columnName(name, inZone.name),
    today: inZone.constant("today", (calendar, instant) => calendar.dayAt(instant)),
  };
}

export function date(context: Context, { path, test }: Of<"date">, zone: Zone): string {
  const { stored, today, zone: inZone } = dated(context, path, zone);
  const { day, instant } = stored;
  const { now } = context.asked;
  if ("date" in test) {
    const sign = { before: "<", after: ">", on: "=" }[test.op];
    const given = constantDay(test.date, inZone);
    if ("day" in test.date) return `ifNull(${stored.localDay} ${sign} ${given}, 0)`;
    return `multiIf(${instant} IS NOT NULL, ifNull(${instant} ${sign} ${number(test.date.instant)}, 0), ifNull(${day} ${sign} ${given}, 0))`;
  }
  const { ms, days } = test.span;
  const ahead = `(${day} - ${today})`;
  const [ofInstant, ofDay] = {
    furtherThan: [`${instant} > ${now} + ${ms}`, `${ahead} > ${days}`],
    withinNext: [`${instant} > ${now} AND ${instant} <= ${now} + ${ms}`, `${ahead} BETWEEN 0 AND ${days}`],
    withinLast: [`${instant} > ${now} - ${ms} AND ${instant} <= ${now}`, `${ahead} BETWEEN -${days} AND 0`],
    olderThan: [`${instant} <= ${now} - ${ms}`, `-${ahead} > ${days}`],
  }[test.op];
  return anyOf([`ifNull(${ofInstant}, 0)`, ...(days === undefined ? [] : [`ifNull(${ofDay}, 0)`])]);
}

function constantDay(given: DateOrInstant, zone: ZoneSql): string {
  return "day" in given
    ? number(given.day)
    : zone.constant("given_day", (calendar) => calendar.dayAt(given.instant));
}

/** The year, from 1 March on, that the instant asked about is in. */
function thisYear(zone: ZoneSql): string {
  return zone.constant("this_march_year", (calendar, instant) => {
    const { year, month } = civilDate(calendar.dayAt(instant));
    return month <= 2 ? year - 1 : year;
  });
}

/** Whole years completed. */
export function age(context: Context, { path, compare, leapDay }: Of<"age">, zone: Zone): string {
  const { stored, name, today, zone: inZone } = dated(context, path, zone);
  const birth = marchDate(context, name, `ifNull(${stored.localDay}, 0)`);
  const year = thisYear(inZone);
  const years = context.named(
    columnName(name, "years", leapDay),
    `${year} - ${birth.year} - (${returnIn(year, birth.dayOfYear, leapDay)} > ${today})`,
  );
  const isMissing = `(${stored.localDay} IS NULL OR ${years} < 0)`;
  const missing = compare.op === "isNot" || compare.op === "notIn";
  return `if(${isMissing}, ${missing}, ${numberCompares(years, null, compare, (bound) => bound)})`;
}

/** Some anniversary lies within so many days of today, today counting. */
export function anniversary(context: Context, condition: Of<"anniversary">, zone: Zone): string {
  const { path, direction, days, years, leapDay } = condition;
  const { stored, name, today, zone: inZone } = dated(context, path, zone);
  const first = marchDate(context, name, `ifNull(${stored.localDay}, 0)`);
  const ahead = `${returnIn(`(${first.year} + passed)`, first.dayOfYear, leapDay)} - ${today}`;
  const within = direction === "next" ? `${ahead} BETWEEN 0 AND ${days}` : `${ahead} BETWEEN -${days} AND 0`;
  const there = `${stored.localDay} IS NOT NULL`;
  if (years !== undefined)
    return `(${there} AND arrayExists(passed -> ${within}, [${[...new Set(years)].map(number).join(", ")}]))`;
  // Years have four digits: the last is 9999, which for January and February began in March 9998.
  const last = `9999 - ${first.year} - (${first.dayOfYear} > 305)`;
  const reach = Math.ceil(days / 365) + 2;
  const since = `${thisYear(inZone)} - ${first.year}`;
  const steps = `arrayMap(step -> ${since} + step, range(-${reach}, ${reach + 1}))`;
  return `(${there} AND arrayExists(passed -> passed BETWEEN 1 AND ${last} AND ${within}, ${steps}))`;
}
