/** Random histories of one subject: events of all kinds, corrections, patches of attributes, and a log of them. */
import fc from "fast-check";
import type { Contribution, FoldEvent } from "../../src/index.ts";
import { zoneNames } from "./naive/calendar.ts";

export const hour = 3_600_000;
export const day = 24 * hour;
/** A leap year begins in the middle of the histories, summer time in New York near their end. */
export const begin = Date.UTC(2023, 10, 20);
const lastDay = 115;

/** Whole days in UTC, the beginnings of days in other zones, and nothing in particular. */
const timeOfDay = fc.constantFrom(0, 1, 5 * hour, 5 * hour + 900_000, 13 * hour + 7, 18.25 * hour, 23 * hour);
const instant = fc
  .tuple(fc.integer({ min: 0, max: lastDay }), timeOfDay)
  .map(([days, time]) => begin + days * day + time);

const isoDate = (days: number): string => new Date(begin + days * day).toISOString().slice(0, 10);
const dateText = fc
  .tuple(
    fc.integer({ min: -10, max: 135 }),
    fc.constantFrom("", "T23:30:00Z", "T00:00", "T02:30:00.5", "T12:00:00+05:45"),
  )
  .map(([days, time]) => `${isoDate(days)}${time}`);

const line = fc.record(
  { sku: fc.constantFrom("x", "y", "z"), price: fc.constantFrom(1.5, 2, 10, "3.25", "none") },
  { requiredKeys: ["sku"] },
);
const total = fc.oneof(
  fc.integer({ min: -500, max: 4000 }).map((cents) => cents / 100),
  fc.constantFrom<unknown>(10, 12.5, "12.5", 2.00005, "many", null),
);
const properties = fc.record(
  {
    total,
    item: fc.constantFrom<unknown>("x", "X", "y", 7, true),
    lines: fc.array(line, { maxLength: 2 }),
    until: dateText,
  },
  { requiredKeys: [] },
);

const place = fc.constantFrom<unknown>(
  [52.52, 13.405],
  [52.5163, 13.3777],
  [52.3906, 13.0645],
  { lat: 52.5217, lon: "13.4132" },
  { lat: 48.137154 },
  { lon: 13.405 },
  [0, 0],
  "Berlin",
  null,
);
const patch: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc.oneof(
  fc.constantFrom<unknown>(0, 1, 3, "3", null, [3]).map((level) => ({ level })),
  fc.constantFrom<unknown>("x", "AB", "", "7x", null).map((word) => ({ word })),
  fc.constantFrom<unknown>(["x", 3], [], "x", null).map((tags) => ({ tags })),
  fc
    .constantFrom("1994-02-28", "1993-12-25", "1996-02-29", "1994-01-05", "2023-12-31", "0000-00-00")
    .map((birth) => ({ birth })),
  fc
    .integer({ min: -10, max: 130 })
    .map((days) => ({ ends: new Date(begin + days * day + 7_777).toISOString() })),
  fc.integer({ min: -10, max: 130 }).map((days) => ({ due: isoDate(days) })),
  dateText.map((local) => ({ local })),
  place.map((home) => ({ home })),
  fc.constantFrom<unknown>(true, true, false, null, "true").map((l0) => ({ lists: { l0 } })),
  fc.constantFrom(...zoneNames, "Mars/Base", null).map((zone) => ({ zone })),
);
const attributes = fc
  .array(patch, { minLength: 1, maxLength: 3, size: "max" })
  .map((patches): Readonly<Record<string, unknown>> => Object.assign({}, ...patches));

/** What happens at an instant: an event of its own, perhaps one that takes back some of an earlier one. */
interface Draft {
  readonly name: string;
  readonly at: number;
  readonly partition: number;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, unknown>> | undefined;
  /** Which event is corrected, if there is one before: counted from the first, again from the start at the end. */
  readonly corrects:
    | { readonly which: number; readonly to: Readonly<Record<string, unknown>> | null }
    | undefined;
}

const draft: fc.Arbitrary<Draft> = fc.record({
  name: fc.constantFrom("a", "a", "b", "c"),
  at: instant,
  partition: fc.constantFrom(0, 1),
  properties,
  attributes: fc.option(attributes, { nil: undefined }),
  corrects: fc.option(fc.record({ which: fc.nat(20), to: fc.option(properties, { nil: null }) }), {
    nil: undefined,
    freq: 4,
  }),
});

/** In order of time; at one instant the place in the log decides. Each event is corrected at most once. */
function eventsOf(drafts: readonly Draft[]): FoldEvent[] {
  const open: Contribution[] = [];
  const inOrder = [...drafts].sort((a, b) => a.at - b.at || a.partition - b.partition);
  return inOrder.map(({ name, at, partition, attributes: patch, corrects, ...given }, offset) => {
    const own: Contribution = {
      name,
      occurredAt: at,
      sign: 1,
      properties: given.properties,
      remembered: true,
    };
    const contributions = [own];
    if (corrects !== undefined && open.length > 0) {
      const [corrected] = open.splice(corrects.which % open.length, 1);
      contributions.push({ ...corrected!, sign: -1, remembered: false });
      if (corrects.to !== null)
        contributions.push({ ...corrected!, remembered: false, properties: corrects.to });
    }
    open.push(own);
    return {
      occurredAt: at,
      partition,
      offset,
      contributions,
      ...(patch === undefined ? {} : { attributes: patch }),
    };
  });
}

export const history: fc.Arbitrary<FoldEvent[]> = fc
  .array(draft, { minLength: 1, maxLength: 14, size: "max" })
  .map(eventsOf);

/** No two at one instant. */
export const historyOfInstants: fc.Arbitrary<FoldEvent[]> = fc
  .uniqueArray(draft, { minLength: 1, maxLength: 14, size: "max", selector: ({ at }) => at })
  .map(eventsOf);

/** An event and when it came; `fires`: timers fire up to then before it is folded. */
export interface LogEntry {
  readonly event: FoldEvent;
  readonly arrivedAt: number;
  readonly fires: boolean;
}

/** Some come late, by up to a month, and time passes between some. */
export const log: fc.Arbitrary<LogEntry[]> = history.chain((events) =>
  fc
    .array(
      fc.record({ delay: fc.constantFrom(0, 0, 0, 1, 9 * hour, 4 * day, 30 * day), fires: fc.boolean() }),
      { minLength: events.length, maxLength: events.length },
    )
    .map((given) =>
      events
        .map((event, index): LogEntry => {
          const { delay, fires } = given[index]!;
          return { event, arrivedAt: event.occurredAt + delay, fires };
        })
        .sort((a, b) => a.arrivedAt - b.arrivedAt),
    ),
);

/** The same in any order whatever. */
export const shuffledHistory: fc.Arbitrary<{ readonly events: FoldEvent[]; readonly shuffled: FoldEvent[] }> =
  history.chain((events) =>
    fc
      .shuffledSubarray(events, { minLength: events.length, maxLength: events.length })
      .map((shuffled) => ({ events, shuffled })),
  );
