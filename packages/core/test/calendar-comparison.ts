/** Our calendar of a zone beside the library's: what was compared, and each difference in words. */
import { nextPeriod, periodAt, previousPeriod, startOfPeriod } from "../src/calendar/period.ts";
import { zoneCalendar } from "../src/calendar/zone.ts";
import type { CalendarPeriod } from "../src/definition/definition.ts";
import { libraryCalendar, libraryPeriodStart, periods } from "./calendar-library.ts";

export const dayMs = 86_400_000;
const hourMs = 3_600_000;

export interface Transition {
  readonly at: number;
  /** What a clock shows then, had it not been put forward or back, and what it shows, in ms as if UTC. */
  readonly before: number;
  readonly after: number;
}

export interface Comparison {
  readonly faults: readonly string[];
  /** How many values were compared. */
  compared(): number;
  /** By the library. */
  transitions(): readonly Transition[];
  /** When a day begins, and which day it is then and just before. */
  day(day: number): void;
  /** Which day it is. */
  instant(instant: number): void;
  /** When a clock shows this. */
  wall(wall: number): void;
  /** The period a day is in, with its neighbours. */
  period(period: CalendarPeriod, day: number): void;
  /** A transition, and two days before and after it. */
  transition(transition: Transition): void;
  /** The same in short: the day before and the day after it. */
  edges(transition: Transition): void;
}

export function compareZone(zone: string): Comparison {
  const ours = zoneCalendar(zone)!;
  const library = libraryCalendar(zone);
  const faults: string[] = [];
  let compared = 0;
  const expectSame = (
    ourValue: number,
    expected: number,
    what: string,
    ...about: (number | string)[]
  ): void => {
    compared += 1;
    if (ourValue !== expected)
      faults.push(`${zone}: ${what}(${about.join(", ")}) is ${ourValue}, not ${expected}`);
  };

  const instant = (at: number): void => expectSame(ours.dayAt(at), library.dayAt(at), "dayAt", at);
  const wall = (at: number): void => expectSame(ours.instantOf(at), library.instantOf(at), "instantOf", at);

  const day = (number: number): void => {
    const start = library.startOfDay(number);
    expectSame(ours.startOfDay(number), start, "startOfDay", number);
    instant(start);
    instant(start - 1);
  };

  /** The start of the period so many later or earlier that has a length. */
  const neighbour = (of: number, period: CalendarPeriod, step: 1 | -1): number => {
    for (let later: number = step; ; later += step) {
      const start = library.startOfDay(libraryPeriodStart(of, period, later));
      if (start !== library.startOfDay(libraryPeriodStart(of, period, later + 1))) return start;
    }
  };

  const periodsSeen = new Set<number>();
  const period = (length: CalendarPeriod, of: number): void => {
    const key = libraryPeriodStart(of, length, 0) * periods.length + periods.indexOf(length);
    if (periodsSeen.has(key)) return;
    periodsSeen.add(key);
    const start = library.startOfDay(libraryPeriodStart(of, length, 0));
    const end = library.startOfDay(libraryPeriodStart(of, length, 1));
    const startOf = (index: number): number => startOfPeriod(ours, length, index);
    const index = periodAt(ours, length, start);
    expectSame(startOf(index), start, "startOfPeriod", length, of);
    if (start === end) return;
    expectSame(startOf(index + 1), end, "startOfPeriod of the next", length, of);
    expectSame(periodAt(ours, length, end - 1), index, "periodAt the end of", length, of);
    expectSame(startOf(nextPeriod(ours, length, index)), neighbour(of, length, 1), "nextPeriod", length, of);
    expectSame(nextPeriod(ours, length, index), periodAt(ours, length, end), "nextPeriod", length, of);
    const before = previousPeriod(ours, length, index);
    expectSame(startOf(before), neighbour(of, length, -1), "previousPeriod", length, of);
    expectSame(before, periodAt(ours, length, start - 1), "previousPeriod", length, of);
  };

  return {
    faults,
    compared: () => compared,
    transitions: () =>
      library
        .transitions()
        .map((at) => ({ at, before: library.wallAt(at - 1) + 1, after: library.wallAt(at) })),
    day,
    instant,
    wall,
    period,
    transition({ at, before, after }) {
      const date = Math.floor(after / dayMs);
      for (let number = date - 2; number <= date + 2; number += 1) {
        day(number);
        for (const length of periods) period(length, number);
      }
      for (const edge of [at - 1, at, at + 1]) instant(edge);
      for (const hours of [-2, -1, -0.5, 0.5, 1, 2]) instant(at + hours * hourMs);
      // Either they are shown twice, or never.
      for (const shown of [before - 1, before, (before + after) / 2, after - 1, after])
        wall(Math.floor(shown));
    },
    edges({ at, after }) {
      for (const edge of [at - 1, at]) instant(edge);
      for (const number of [0, 1]) day(Math.floor(after / dayMs) + number);
    },
  };
}
