/** Stored dates in SQL: a day without a time, or an instant. Arithmetic alone, as in core's `calendar/`. */
import type { LeapDay } from "@tidemark/core";
import type { Context } from "../context.ts";
import { columnName } from "../text.ts";
import { space } from "../value.ts";
import type { ZoneSql } from "../zone.ts";

const dayMs = 86_400_000;

/** All SQL; day and instant null where it is missing; of a readable date exactly one is not. */
export interface StoredDate {
  readonly day: string;
  readonly instant: string;
  /** The local day, null where there is no date. */
  readonly localDay: string;
}

/**
 * Functions that stand before a query. Years that begin on 1 March, so that a leap day ends one: `marchFirst` is the
 * number (days since 1970-01-01) of the day on which one begins, after Howard Hinnant's `days_from_civil`.
 */
export const dateFunctions: Readonly<Record<string, string>> = {
  marchFirst: "(y) -> intDiv(1461 * y, 4) - intDiv(y, 100) + intDiv(y, 400) - 719468",
};

const firstInstant = -62_135_510_400_000;
const lastInstant = 253_402_214_400_000;

const datePattern = `^${space}([0-9]{4})-(0[1-9]|1[0-2])-([0-3][0-9])(?:[Tt ]([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:[.,]([0-9]{1,9}))?)?${space}([Zz]|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?)?${space}$`;

/** What is stored at \`json\` (SQL). */
export function storedDate(context: Context, name: string, json: string, zone: ZoneSql): StoredDate {
  const { named } = context;
  const parts = named(columnName(name, "parts"), `extractGroups(textOf(${json}), '${datePattern}')`);
  const part = (place: number): string => `toInt64OrZero(${parts}[${place}])`;
  const [year, month, monthDay] = [
    named(columnName(name, "year"), part(1)),
    named(columnName(name, "month"), part(2)),
    named(columnName(name, "month_day"), part(3)),
  ];
  const isDate = named(
    columnName(name, "is_date"),
    `${year} > 0 AND ${monthDay} BETWEEN 1 AND [31, if(${year} % 4 = 0 AND (${year} % 100 != 0 OR ${year} % 400 = 0), 29, 28), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][${month}]`,
  );
  const ownDay = named(
    columnName(name, "own_day"),
    `marchFirst(${year} - (${month} <= 2)) + intDiv(153 * positiveModulo(${month} - 3, 12) + 2, 5) + ${monthDay} - 1`,
  );
  const wall = named(
    columnName(name, "wall"),
    `${ownDay} * ${dayMs} + ((${part(4)} * 60 + ${part(5)}) * 60 + ${part(6)}) * 1000 + toInt64OrZero(rightPad(substring(${parts}[7], 1, 3), 3, '0'))`,
  );
  const ahead = named(
    columnName(name, "ahead"),
    `toInt64OrZero(concat(substring(${parts}[8], 1, 1), '1')) * (toInt64OrZero(substring(${parts}[8], 2, 2)) * 60 + toInt64OrZero(right(${parts}[8], 2))) * 60000`,
  );
  const given = `JSONExtractFloat(${json})`;
  const isNumber = `match(${json}, '^-?[0-9]') AND ${given} != 0 AND ${given} BETWEEN ${firstInstant} AND ${lastInstant}`;
  const day = named(
    columnName(name, "day"),
    `if(${isDate} AND ${parts}[4] = '', toNullable(${ownDay}), NULL)`,
  );
  const instant = named(
    columnName(name, zone.name, "instant"),
    `multiIf(${isNumber}, toNullable(toInt64(truncate(${given}))), ${isDate} AND ${parts}[4] != '', if(${parts}[8] = '', ${zone.instantOf(wall)}, ${wall} - ${ahead}), NULL)`,
  );
  return {
    day,
    instant,
    get localDay() {
      const known = named(columnName(name, zone.name, "instant_known"), `ifNull(${instant}, 0)`);
      return named(
        columnName(name, zone.name, "local_day"),
        `multiIf(${day} IS NOT NULL, ${day}, ${instant} IS NOT NULL, toNullable(${zone.dayOf(known)}), NULL)`,
      );
    },
  };
}

/** A day (SQL, not null) as the year that began on the 1 March before it and the days since (SQL). */
export function marchDate(context: Context, name: string, day: string): { year: string; dayOfYear: string } {
  const { named } = context;
  // Days since 1 March of the year -4800, so that nothing is negative; eras of 400 years.
  const shifted = named(columnName(name, "shifted"), `${day} + ${719_468 + 12 * 146_097}`);
  const ofEra = named(columnName(name, "day_of_era"), `${shifted} % 146097`);
  const yearOfEra = named(
    columnName(name, "year_of_era"),
    `intDiv(${ofEra} - intDiv(${ofEra}, 1460) + intDiv(${ofEra}, 36524) - intDiv(${ofEra}, 146096), 365)`,
  );
  return {
    year: named(columnName(name, "march_year"), `${yearOfEra} + (intDiv(${shifted}, 146097) - 12) * 400`),
    dayOfYear: named(
      columnName(name, "day_of_year"),
      `${ofEra} - (365 * ${yearOfEra} + intDiv(${yearOfEra}, 4) - intDiv(${yearOfEra}, 100))`,
    ),
  };
}

/** The day (SQL) on which a date returns in a year from March on (SQL). */
export function returnIn(year: string, dayOfYear: string, leapDay: LeapDay): string {
  const day = `marchFirst(${year}) + ${dayOfYear}`;
  // Where there is no leap day, the day behind the last is 1 March.
  return leapDay === "march-1" ? day : `least(${day}, marchFirst(${year} + 1) - 1)`;
}
