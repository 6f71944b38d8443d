import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Condition, Definition, Window } from "../src/definition/definition.ts";
import { packCustomer } from "../src/index.ts";
import { denseHistory, withLateOnes } from "./support/dense-history.ts";
import { conditionsOf } from "./support/naive/references.ts";
import { planOf, wholeDefinitions } from "./support/random-definitions.ts";
import { day, hour } from "./support/random-history.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";
import { fold, newSubject, pass } from "./support/subject.ts";

tellRuns();

/** Bytes of one place of a total (instant, counts, sums), of one pair or event with its place in the log, and of a text. */
const [placeBytes, stampBytes, textBytes] = [40, 30, 16];
const halfLives = 40;

/** What docs/language.md says is kept for a window, in places. */
function placesOf(during: Window): number {
  switch (during.type) {
    case "rolling":
      return 256 + Math.ceil(during.lastMs / hour) + 1;
    case "calendar": {
      const days = { day: 2, week: 8, month: 32, quarter: 93, year: 367 }[during.period];
      return 96 * (days * (during.which === "this" ? 1 : 2) + 2);
    }
    default:
      // At the edges of days in the customer's zone, quarters of an hour for 16 hours either way.
      return 1 + 2 * 2 * 16 * 4;
  }
}

/** The bytes a condition may need for what it looks at; those that name others need none of their own. */
function boundOfCondition(condition: Condition): number {
  switch (condition.op) {
    case "aggregate":
      return boundOfAggregate(condition.aggregate.function, condition.aggregate.during);
    case "sequence":
      return condition.steps.length * 32 * stampBytes;
    case "did":
      return 2 * stampBytes;
    case "since":
      return stampBytes;
    case "rhythm":
      return 2 * (condition.times + 2) * 2 * 2 * 16 * 4 * 3;
    case "attribute":
    case "date":
    case "age":
    case "anniversary":
      return condition.path.from === "attribute" ? 0 : stampBytes + 20 * textBytes;
    default:
      return 0;
  }
}

function boundOfAggregate(name: string, during: Window): number {
  return name === "distinct" ? 1_024 * (stampBytes + textBytes) : placesOf(during) * placeBytes;
}

function boundOf(definition: Definition): number {
  switch (definition.kind) {
    case "metric":
      return boundOfAggregate(definition.aggregate.function, definition.aggregate.during);
    case "engagement":
      return definition.points.length * (257 + (halfLives * definition.halfLifeMs) / hour) * placeBytes;
    case "scoring":
      return 3 * stampBytes;
    default:
      return 50 + conditionsOf(definition).reduce((sum, condition) => sum + boundOfCondition(condition), 0);
  }
}

describe("a customer with very many events", () => {
  it("given thousands of events within days, some late, then what is kept stays within the bounds of its definitions, and does not grow any more with time", () => {
    holdsAlways(
      fc.property(wholeDefinitions, fc.nat(), (given, seed) => {
        const plan = planOf(given);
        const subject = newSubject(plan, given);
        const bound = given.definitions.reduce((sum, definition) => sum + boundOf(definition), 100);
        const events = withLateOnes(denseHistory(seed, 2_500), 50);
        for (let from = 0; from < events.length; from += 500) {
          fold(subject, events.slice(from, from + 500));
          expect(packCustomer(plan, subject.state).length).toBeLessThanOrEqual(bound);
        }
        const full = packCustomer(plan, subject.state).length;
        pass(subject, (subject.state.clock ?? 0) + 400 * day);
        expect(packCustomer(plan, subject.state).length).toBeLessThanOrEqual(full + 200);
      }),
      12,
    );
  });
});
