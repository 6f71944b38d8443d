/** Stored dates in SQL: a day without a time, or an instant. Arithmetic alone, as in core's `calendar/`. */
import type { LeapDay } from "@tidemark/core";
import type { Context } from "../context.ts";
import { columnName } from "../text.ts";
import type { ZoneSql } from "../zone.ts";

const dayMs = 86_400_000;

/** Both SQL, null where it is missing; of a readable date exactly one is not. */
export interface StoredDate {
  readonly day: string;
  readonly instant: string;
}

/** Functions that stand before a query. Days are numbers since 1970-01-01; the arithmetic is Howard Hinnant's. */
export const dateFunctions: Readonly<Record<string, string>> = {
  dayNumber: `(y, m, d) -> 365 * (toInt64(y) - (m <= 2)) + intDiv(toInt64(y) - (m <= 2), 4) - intDiv(toInt64(y) - (m <= 2), 100) + intDiv(toInt64(y) - (m <= 2), 400)
    + intDiv(153 * (toInt64(m) + if(m > 2, -3, 9)) + 2, 5) + d - 1 - 719468`,
  daysInMonth: `(y, m) -> multiIf(m = 2, if(y % 4 = 0 AND (y % 100 != 0 OR y % 400 = 0), 29, 28), m IN (4, 6, 9, 11), 30, 31)`,
};

const firstInstant = -62_135_510_400_000;
const lastInstant = 253_402_214_400_000;

/** What is stored at \`json\` (SQL). */
export function storedDate(context: Context, name: string, json: string, zone: ZoneSql): StoredDate {
  const { named } = context;
  const text = named(columnName(name, "text"), `if(isText(${json}), trimBoth(textOf(${json})), '')`);
  const parts = named(
    columnName(name, "parts"),
    `extractGroups(${text}, '^(\\\\d{4})-(\\\\d{2})-(\\\\d{2})(?:[Tt ](\\\\d{2}):(\\\\d{2})(?::(\\\\d{2})(?:[.,](\\\\d{1,9}))?)?\\\\s*([Zz]|[+-](?:0\\\\d|1\\\\d|2[0-3]):?[0-5]\\\\d)?)?$')`,
  );
  const part = (place: number): string => `toInt64OrZero(${parts}[${place}])`;
  const isDate = named(
    columnName(name, "is_date"),
    `length(${parts}) = 8 AND ${part(1)} >= 1 AND ${part(2)} BETWEEN 1 AND 12 AND ${part(3)} BETWEEN 1 AND daysInMonth(${part(1)}, ${part(2)})`,
  );
  const ownDay = named(columnName(name, "own_day"), `dayNumber(${part(1)}, ${part(2)}, ${part(3)})`);
  const hasTime = `${parts}[4] != ''`;
  const wall = named(
    columnName(name, "wall"),
    `${ownDay} * ${dayMs} + ((${part(4)} * 60 + ${part(5)}) * 60 + ${part(6)}) * 1000 + toInt64OrZero(rightPad(substring(${parts}[7], 1, 3), 3, '0'))`,
  );
  const digits = `replaceOne(substring(${parts}[8], 2), ':', '')`;
  const ahead = `if(startsWith(${parts}[8], '-'), -1, 1) * (toInt64OrZero(substring(${digits}, 1, 2)) * 60 + toInt64OrZero(substring(${digits}, 3, 2))) * 60000`;
  const given = `JSONExtractFloat(${json})`;
  const isNumber = `match(${json}, '^-?[0-9]') AND ${given} != 0 AND ${given} >= ${firstInstant} AND ${given} <= ${lastInstant}`;
  const isTime = `${isDate} AND ${hasTime} AND ${part(4)} <= 23 AND ${part(5)} <= 59 AND ${part(6)} <= 59`;
  return {
    day: named(columnName(name, "day"), `if(${isDate} AND NOT ${hasTime}, toNullable(${ownDay}), NULL)`),
    instant: named(
      columnName(name, "instant"),
      `multiIf(${isNumber}, toNullable(toInt64(truncate(${given}))), ${isTime}, if(${parts}[8] = '', ${zone.instantOf(wall)}, ${wall} - ${ahead}), NULL)`,
    ),
  };
}

/** The local day of either (SQL, null where there is none). */
export function dayOf(context: Context, name: string, { day, instant }: StoredDate, zone: ZoneSql): string {
  const known = context.named(columnName(name, "instant_known"), `ifNull(${instant}, 0)`);
  return context.named(
    columnName(name, "local_day"),
    `multiIf(${day} IS NOT NULL, ${day}, ${instant} IS NOT NULL, toNullable(${zone.dayOf(known)}), NULL)`,
  );
}

/** Year, month and day (SQL) of a day (SQL). */
export function civilOf(
  context: Context,
  name: string,
  day: string,
): { year: string; month: string; day: string } {
  const { named } = context;
  const whole = (over: string, under: number): string => `intDiv(${over}, ${under})`;
  // Days since 1 March of the year -4800, so that nothing is negative.
  const shifted = named(columnName(name, "shifted"), `toInt64(${day}) + 719468 + 12 * 146097`);
  const ofEra = named(columnName(name, "day_of_era"), `${shifted} % 146097`);
  const yearOfEra = named(
    columnName(name, "year_of_era"),
    whole(`(${ofEra} - ${whole(ofEra, 1460)} + ${whole(ofEra, 36_524)} - ${whole(ofEra, 146_096)})`, 365),
  );
  const ofYear = named(
    columnName(name, "day_of_year"),
    `${ofEra} - (365 * ${yearOfEra} + ${whole(yearOfEra, 4)} - ${whole(yearOfEra, 100)})`,
  );
  const march = named(columnName(name, "march_month"), whole(`(5 * ${ofYear} + 2)`, 153));
  const month = named(columnName(name, "month"), `if(${march} < 10, ${march} + 3, ${march} - 9)`);
  return {
    month,
    year: named(
      columnName(name, "year"),
      `${yearOfEra} + (${whole(shifted, 146_097)} - 12) * 400 + if(${month} <= 2, 1, 0)`,
    ),
    day: named(columnName(name, "month_day"), `${ofYear} - ${whole(`(153 * ${march} + 2)`, 5)} + 1`),
  };
}

/** The day (SQL) on which a date returns in a year (SQL). */
export function anniversaryIn(
  { month, day }: { readonly month: string; readonly day: string },
  year: string,
  leapDay: LeapDay,
): string {
  const other = leapDay === "march-1" ? `dayNumber(${year}, 3, 1)` : `dayNumber(${year}, 2, 28)`;
  return `if(${month} = 2 AND ${day} = 29 AND daysInMonth(${year}, 2) = 28, ${other}, dayNumber(${year}, ${month}, ${day}))`;
}
