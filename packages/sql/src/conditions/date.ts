/** `date`, `age` and `anniversary`. At an instant all of them ask for days before and after today. */
import { type Condition, civilDate, type DateOrInstant, type Zone } from "@tidemark/core";
import type { Context } from "../context.ts";
import { numberCompares } from "../numbers/measure.ts";
import { anyOf, columnName, number } from "../text.ts";
import type { ZoneSql } from "../zone.ts";
import { anniversaryIn, civilOf, dayOf, type StoredDate, storedDate } from "./dates.ts";
import { pathValue } from "./path.ts";

type Of<Op extends Condition["op"]> = Extract<Condition, { op: Op }>;

interface Dated extends StoredDate {
  readonly zone: ZoneSql;
  readonly name: string;
  /** The local day (SQL, null where there is no date). */
  readonly local: () => string;
  readonly today: string;
}

function dated(context: Context, path: Of<"date">["path"], zone: Zone): Dated {
  const { json, name: base } = pathValue(context, path);
  const inZone = context.zoneOf(zone);
  const name = columnName(base, typeof zone === "string" ? zone : zone.name);
  const stored = storedDate(context, name, json, inZone);
  return {
    ...stored,
    zone: inZone,
    name,
    local: () => dayOf(context, name, stored, inZone),
    today: inZone.constant((calendar) => calendar.dayAt(context.now)),
  };
}

export function date(context: Context, { path, test }: Of<"date">, zone: Zone): string {
  const { day, instant, local, today, zone: inZone } = dated(context, path, zone);
  const { now } = context;
  if ("date" in test) {
    const sign = { before: "<", after: ">", on: "=" }[test.op];
    const given = constantDay(test.date, inZone);
    if ("day" in test.date) return `ifNull(${local()} ${sign} ${given}, 0)`;
    return `multiIf(${instant} IS NOT NULL, ifNull(${instant} ${sign} ${number(test.date.instant)}, 0), ifNull(${day} ${sign} ${given}, 0))`;
  }
  const { ms, days } = test.span;
  const ahead = `(${day} - ${today})`;
  const [ofInstant, ofDay] = {
    furtherThan: [`${instant} > ${number(now + ms)}`, `${ahead} > ${days}`],
    withinNext: [
      `${instant} > ${number(now)} AND ${instant} <= ${number(now + ms)}`,
      `${ahead} BETWEEN 0 AND ${days}`,
    ],
    withinLast: [
      `${instant} > ${number(now - ms)} AND ${instant} <= ${number(now)}`,
      `${ahead} BETWEEN -${days} AND 0`,
    ],
    olderThan: [`${instant} <= ${number(now - ms)}`, `-${ahead} > ${days}`],
  }[test.op];
  return anyOf([`ifNull(${ofInstant}, 0)`, days === undefined ? "false" : `ifNull(${ofDay}, 0)`]);
}

function constantDay(given: DateOrInstant, zone: ZoneSql): string {
  return "day" in given ? number(given.day) : zone.constant((calendar) => calendar.dayAt(given.instant));
}

function yearOf({ now }: Context, zone: ZoneSql): string {
  return zone.constant((calendar) => civilDate(calendar.dayAt(now)).year);
}

/** Whole years completed. */
export function age(context: Context, { path, compare, leapDay }: Of<"age">, zone: Zone): string {
  const { local, name, today, zone: inZone } = dated(context, path, zone);
  const day = local();
  const birth = civilOf(context, name, context.named(columnName(name, "birth"), `ifNull(${day}, 0)`));
  const year = yearOf(context, inZone);
  const returns = anniversaryIn(birth, year, leapDay);
  const years = context.named(
    columnName(name, "years", leapDay),
    `${year} - ${birth.year} - if(${returns} > ${today}, 1, 0)`,
  );
  const isMissing = `(${day} IS NULL OR ${years} < 0)`;
  const missing = compare.op === "isNot" || compare.op === "notIn";
  return `if(${isMissing}, ${missing}, ${numberCompares(years, null, compare, (bound) => bound)})`;
}

/** Some anniversary lies within so many days of today, today counting. */
export function anniversary(context: Context, condition: Of<"anniversary">, zone: Zone): string {
  const { path, direction, days, years, leapDay } = condition;
  const { local, name, today, zone: inZone } = dated(context, path, zone);
  const day = local();
  const first = civilOf(context, name, context.named(columnName(name, "birth"), `ifNull(${day}, 0)`));
  const returns = anniversaryIn(first, `(${first.year} + passed)`, leapDay);
  const ahead = `(${returns} - ${today})`;
  const within = direction === "next" ? `${ahead} BETWEEN 0 AND ${days}` : `${ahead} BETWEEN -${days} AND 0`;
  const reach = Math.ceil(days / 365) + 2;
  const since = `${yearOf(context, inZone)} - ${first.year}`;
  const candidates =
    years === undefined
      ? `arrayMap(step -> ${since} + step - ${reach}, range(${2 * reach + 1}))`
      : `[${[...new Set(years)].map(number).join(", ")}]`;
  // The years that the stream looks at: from the first anniversary on, as long as years have four digits.
  return `(${day} IS NOT NULL AND arrayExists(passed -> passed >= 1 AND ${first.year} + passed <= ${years === undefined ? 9999 : 99_999} AND ${within}, ${candidates}))`;
}
