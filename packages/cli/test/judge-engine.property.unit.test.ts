/** The judge and the engine are two opinions on the same language: on random input they have to agree. */
import {
  buildPlan,
  emptyCustomer,
  fireTimer,
  foldEvent,
  packCustomer,
  parseDefinitions,
  type Transition,
  unpackCustomer,
} from "@tidemark/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Fired, foldSubject } from "../src/judge/fold/fold-subject.ts";
import { begin, day, documents, history, type PlainEvent } from "./judge-arbitraries.ts";
import { entriesOf, type Flip, type Json, reading } from "./judge-support.ts";

const zone = "Europe/Berlin";
const asOf = begin + 200 * day;

interface Engine {
  readonly flips: readonly Flip[];
  readonly fired: readonly Fired[];
}

/** What core does of a log in which timers fire up to an instant before some of the events. */
function engine(
  given: readonly Json[],
  events: readonly PlainEvent[],
  clocks: readonly (number | null)[],
): Engine {
  const { definitions, faults } = parseDefinitions(given);
  expect(faults).toEqual([]);
  const plan = buildPlan(
    definitions.map((definition) => ({ definition, version: 1, filling: false })),
    { zone },
  );
  const flips: Flip[] = [];
  const fired: Fired[] = [];
  let state = emptyCustomer("customer", "ann");
  const keep = (transitions: readonly Transition[], causeOffset: number): void => {
    for (const { kind, id, from, to, effectiveAt, cause } of transitions) {
      flips.push({ definition: `${kind}/${id}`, from, to, effectiveAt, cause });
      if (cause === "time") fired.push({ effectiveAt, causeOffset, isJudged: true });
    }
  };
  const fire = (upTo: number, causeOffset: number): void => {
    while (state.timer !== null && state.timer <= upTo) keep(fireTimer(plan, state, upTo), causeOffset);
  };
  events.forEach((event, index) => {
    const offset = 2 * index + 1;
    const clock = clocks[index];
    if (clock !== null && clock !== undefined) fire(clock, offset - 1);
    const { name, at, properties = {}, attributes } = event;
    const contributions = [{ name, occurredAt: at, sign: 1 as const, properties, remembered: true }];
    const patch = attributes === undefined ? {} : { attributes };
    keep(foldEvent(plan, state, { occurredAt: at, partition: 0, offset, contributions, ...patch }), offset);
    state = unpackCustomer(plan, packCustomer(plan, state), "ann");
  });
  fire(asOf, 2 * events.length);
  return { flips: flips.filter(({ effectiveAt }) => effectiveAt <= asOf), fired };
}

function judgeOf(given: readonly Json[], events: readonly PlainEvent[], fired: readonly Fired[]): Flip[] {
  const entries = entriesOf(events).map((entry) => ({ ...entry, offset: 2 * entry.offset + 1 }));
  const folded = foldSubject(reading(given, zone), { partition: 0, entries }, fired, asOf);
  return folded.changes.map(({ definition, from, to, effectiveAt, cause }) => ({
    definition,
    from,
    to,
    effectiveAt,
    cause,
  }));
}

const sorted = (flips: readonly Flip[]): string[] =>
  flips
    .map(
      (flip) =>
        `${flip.definition} ${flip.from} ${flip.to} ${new Date(flip.effectiveAt).toISOString()} ${flip.cause}`,
    )
    .sort();

const runs = { numRuns: Number(process.env.JUDGE_RUNS ?? 150) };

describe("given random definitions and a random history of one customer", () => {
  it("when events come in order, then judge and engine expect the same changes at the same instants", () => {
    fc.assert(
      fc.property(documents, history(false), (given, events) => {
        const { flips, fired } = engine(given, events, []);
        expect(sorted(judgeOf(given, events, fired))).toEqual(sorted(flips));
      }),
      runs,
    );
  });

  it("when events come late and timers fire between them, then they still agree", () => {
    const clocks = fc.array(
      fc.option(fc.integer({ min: 0, max: 150 }).map((days) => begin + days * day + 1)),
      {
        maxLength: 14,
      },
    );
    fc.assert(
      fc.property(documents, history(true), clocks, (given, events, at) => {
        const { flips, fired } = engine(given, events, at);
        expect(sorted(judgeOf(given, events, fired))).toEqual(sorted(flips));
      }),
      runs,
    );
  });
});
