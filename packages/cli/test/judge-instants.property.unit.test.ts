/** The instants at which the judge looks are all there are: between them brute force answers the same throughout. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldSubject } from "../src/judge/fold/fold-subject.ts";
import { addEvent, emptyHistory } from "../src/judge/fold/history.ts";
import { momentAt } from "../src/judge/fold/look.ts";
import { begin, day, documents, history, type PlainEvent } from "./judge-arbitraries.ts";
import { customerEvent, type Json, lifeOf, reading } from "./judge-support.ts";

const zone = "Europe/Berlin";
const minute = 60_000;

/** Every state at each of the instants, each asked of all events by then. */
function scan(
  given: readonly Json[],
  events: readonly PlainEvent[],
  instants: readonly number[],
): string[][] {
  const definitions = reading(given, zone);
  const known = emptyHistory(definitions.gathering.selectors.values());
  const names = [...definitions.answering.keys()];
  let next = 0;
  return instants.map((now) => {
    for (; next < events.length && events[next]!.at <= now; next += 1)
      addEvent(known, customerEvent(events[next]!, next), { partition: 0, offset: next });
    const moment = momentAt(definitions, known, now, {});
    return names.map((name) => moment.stateOf(name));
  });
}

/** The same read off the changes that the judge expects. */
function replay(
  given: readonly Json[],
  events: readonly PlainEvent[],
  instants: readonly number[],
): string[][] {
  const definitions = reading(given, zone);
  const { changes } = foldSubject(definitions, lifeOf(events), [], instants.at(-1)!);
  const states = new Map([...definitions.answering].map(([name, { atFirst }]) => [name, atFirst ?? ""]));
  let next = 0;
  return instants.map((now) => {
    for (; next < changes.length && changes[next]!.effectiveAt <= now; next += 1)
      states.set(changes[next]!.definition, changes[next]!.to);
    return [...states.values()];
  });
}

const from = (first: number, until: number, step: number): number[] =>
  Array.from({ length: Math.floor((until - first) / step) + 1 }, (_, index) => first + index * step);

const runs = Number(process.env.JUDGE_RUNS ?? 40);

describe("given random definitions and a random history in order of time", () => {
  it("when four and a half months are scanned in steps of 53 minutes, then no change was missed", () => {
    fc.assert(
      fc.property(documents, history(false), (given, events) => {
        const instants = from(events[0]!.at, begin + 135 * day, 53 * minute);
        expect(replay(given, events, instants)).toEqual(scan(given, events, instants));
      }),
      { numRuns: runs },
    );
  });

  it("when the millisecond before each change is asked, then it was otherwise", () => {
    fc.assert(
      fc.property(documents, history(false), (given, events) => {
        const { changes } = foldSubject(reading(given, zone), lifeOf(events), [], begin + 200 * day);
        const flips = changes.filter(({ cause }) => cause === "time").map(({ effectiveAt }) => effectiveAt);
        const around = [...new Set(flips)].flatMap((at) => [at - 1, at]);
        fc.pre(around.length > 0);
        expect(replay(given, events, around)).toEqual(scan(given, events, around));
      }),
      { numRuns: 4 * runs },
    );
  });
});

describe("given a customer's own zone on the night the clocks go back, when each minute of two days is asked", () => {
  it("then days, weeks and spans turn at the minute that brute force finds", () => {
    const given = [
      { count: "page.viewed", during: { this: "day" }, atLeast: 1 },
      { count: "page.viewed", during: { last: "90 minutes" }, atLeast: 2 },
      { date: "ends", withinNext: "36 hours" },
      { date: "due", withinLast: "1 days" },
      { anniversary: "birth", withinNext: "1 days" },
      { rhythm: "stopped", of: "page.viewed", every: "day", times: 2 },
      { since: "last", of: "page.viewed", between: ["1 hours", "26 hours"] },
    ].map((when, index) => ({ kind: "segment", id: `s-${index}`, zone: "customer", when }));
    // Clocks in New York went back at 06:00 UTC on 5 November 2023.
    const at = Date.UTC(2023, 10, 4, 3);
    const events: PlainEvent[] = [
      {
        name: "profile.updated",
        at,
        attributes: { zone: "America/New_York", birth: "1990-11-06", due: "2023-11-05" },
      },
      { name: "profile.updated", at: at + minute, attributes: { ends: "2023-11-06T10:00:00" } },
      { name: "page.viewed", at: at + 2 * 3_600_000 },
      { name: "page.viewed", at: at + 3 * 3_600_000 + 17 * minute },
    ];
    const instants = from(at, at + 3 * day, minute);
    const scanned = scan(given, events, instants);
    expect(replay(given, events, instants)).toEqual(scanned);
    const changes = scanned.filter(
      (states, index) => index > 0 && states.join() !== scanned[index - 1]!.join(),
    );
    expect(changes.length).toBeGreaterThan(7);
  });
});
