/** Law I1 of plan/identity.ts over random definitions and histories. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { absorbCustomer, emptyCustomer, type FoldEvent, packCustomer, unpackCustomer } from "../src/index.ts";
import { denseHistory, withLateOnes } from "./support/dense-history.ts";
import { definitions, end, planOf, type RandomDefinitions } from "./support/random-definitions.ts";
import { log } from "./support/random-history.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";
import { fold, newSubject, pass, type Subject, seenAt } from "./support/subject.ts";

tellRuns();

/**
 * The events go to two customers, at `merge` of them the one takes over the other, and what follows is all its own;
 * beside it one to whom all of it happened.
 */
function merged(
  given: RandomDefinitions,
  events: readonly FoldEvent[],
  isOthers: (index: number) => boolean,
  { merge, at }: { readonly merge: number; readonly at: number },
): readonly [merged: Subject, whole: Subject] {
  const plan = planOf(given);
  const subject = newSubject(plan, given);
  const other: Subject = { plan, state: emptyCustomer(given.subject, "other") };
  const before = events.slice(0, merge);
  fold(
    other,
    before.filter((_, index) => isOthers(index)),
  );
  fold(
    subject,
    before.filter((_, index) => !isOthers(index)),
  );
  // Over a topic, and back from the store.
  const absorbed = { plan, state: unpackCustomer(plan, packCustomer(plan, other.state), "other") };
  absorbCustomer(plan, subject.state, absorbed, {
    occurredAt: at,
    partition: 0,
    offset: 1_000_000,
    contributions: [],
  });
  subject.state = unpackCustomer(plan, packCustomer(plan, subject.state), given.subjectId);
  fold(subject, events.slice(merge));
  const whole = newSubject(plan, given);
  fold(whole, events);
  for (const one of [subject, whole]) pass(one, end);
  return [subject, whole];
}

describe("a merge", () => {
  it("given any history dealt out to two customers, when the one takes over the other at any instant, then every feature, attribute and membership is that of one to whom all of it happened (I1)", () => {
    holdsAlways(
      fc.property(
        definitions,
        log,
        fc.tuple(fc.nat(), fc.nat(), fc.nat(40 * 86_400_000)),
        (given, entries, [deal, cut, delay]) => {
          const events = entries.map(({ event }) => event);
          const merge = cut % (events.length + 1);
          const at = (entries[Math.max(0, merge - 1)]?.arrivedAt ?? 0) + delay;
          const isOthers = (index: number): boolean => ((deal >> (index % 29)) & 1) === 1;
          const [subject, whole] = merged(given, events, isOthers, { merge, at: Math.min(at, end) });
          expect(seenAt(subject, end)).toEqual(seenAt(whole, end));
        },
      ),
      400,
    );
  });

  it("given more events than are kept exactly, some of them late, then the same (I1)", () => {
    holdsAlways(
      fc.property(
        definitions,
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.integer({ min: 300, max: 700 }),
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        (given, seed, count, share) => {
          const events = withLateOnes(denseHistory(seed, count), 7);
          const merge = Math.floor(share * events.length);
          const at = Math.max(...events.slice(0, merge).map(({ occurredAt }) => occurredAt));
          const [subject, whole] = merged(given, events, (index) => index % 3 === 0, { merge, at });
          expect(seenAt(subject, end)).toEqual(seenAt(whole, end));
        },
      ),
      30,
    );
  });
});
