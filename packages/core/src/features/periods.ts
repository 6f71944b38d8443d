/**
 * Shape 4: the calendar periods in which an event came, the newest few. It remembers: nothing is taken back.
 * In a zone that stays, a period is its number. Where the zone may change (the customer's own), the quarters of an
 * hour near a period's edges are kept apart, so that the zone in force later decides which period they are in.
 */
import { periodIndex, periodStart } from "../calendar/civil.ts";
import { furthestOffsetMs, type ZoneCalendar, zoneCalendar } from "../calendar/zone.ts";
import type { CalendarPeriod } from "../definition/definition.ts";
import { lowerBound } from "./bounds.ts";
import type { FeatureShape } from "./feature.ts";
import { quarterMs } from "./totals.ts";

/** Ascending: numbers of periods, or instants where the zone may change. */
export interface Periods {
  readonly marks: number[];
}

/** `zone` null: may change. Keeps what the newest `keep` periods with an event need. */
export function periodsFeature(
  period: CalendarPeriod,
  zone: ZoneCalendar | null,
  keep: number,
): FeatureShape<Periods> {
  const utc = zoneCalendar("UTC");
  const periodOf = (at: number): number => periodIndex(Math.floor(at / 86_400_000), period);
  const edge = (index: number): number => utc?.startOfDay(periodStart(index, period)) ?? 0;
  const markOf = (at: number): number => {
    if (zone !== null) return periodIndex(zone.dayAt(at), period);
    const start = edge(periodOf(at)) + furthestOffsetMs;
    const end = edge(periodOf(at) + 1) - furthestOffsetMs;
    return at > start && at < end ? start : Math.floor(at / quarterMs) * quarterMs;
  };
  // A local period overlaps at most two of UTC.
  const most = zone === null ? 2 * keep : keep;
  const indexOf = zone === null ? periodOf : (mark: number) => mark;

  const drop = (marks: number[]): void => {
    let seen = 0;
    let last = Number.NaN;
    for (let index = marks.length - 1; index >= 0; index -= 1) {
      const current = indexOf(marks[index] ?? 0);
      if (current === last) continue;
      last = current;
      seen += 1;
      if (seen <= most) continue;
      marks.splice(0, index + 1);
      return;
    }
  };
  const insert = (marks: number[], mark: number): void => {
    const index = lowerBound(marks, mark);
    if (marks[index] === mark) return;
    marks.splice(index, 0, mark);
    drop(marks);
  };
  return {
    empty: () => ({ marks: [] }),
    add(state, { sign, occurredAt }) {
      if (sign > 0) insert(state.marks, markOf(occurredAt));
    },
    merge(a, b) {
      const marks = [...a.marks];
      for (const mark of b.marks) insert(marks, mark);
      return { marks };
    },
    trim: () => {},
    write(writer, { marks }) {
      const step = zone === null ? quarterMs : 1;
      writer.unsigned(marks.length);
      let before = 0;
      for (const mark of marks) {
        writer.signed((mark - before) / step);
        before = mark;
      }
    },
    read(reader) {
      const step = zone === null ? quarterMs : 1;
      const marks: number[] = [];
      let mark = 0;
      for (let left = reader.unsigned(); left > 0; left -= 1) {
        mark += reader.signed() * step;
        marks.push(mark);
      }
      return { marks };
    },
  };
}

/** The periods with an event by `now`, newest first, no number twice. `zone` is the one in force. */
export function periodsNewestFirst(
  { marks }: Periods,
  period: CalendarPeriod,
  zone: ZoneCalendar,
  loose: boolean,
): number[] {
  const newest: number[] = [];
  for (let index = marks.length - 1; index >= 0; index -= 1) {
    const mark = marks[index] ?? 0;
    const number = loose ? periodIndex(zone.dayAt(mark), period) : mark;
    if (newest.at(-1) !== number) newest.push(number);
  }
  return newest;
}
