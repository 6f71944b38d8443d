import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildPlan, describeCustomer, type Plan, type Slots, type Transition } from "../src/index.ts";
import { cutsOf, definitions, end, type RandomDefinitions } from "./support/random-definitions.ts";
import { historyOfInstants } from "./support/random-history.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";
import { fold, newSubject, pass, repack } from "./support/subject.ts";

tellRuns();

/** A set of definitions as it stands in a plan. */
interface Part {
  readonly given: RandomDefinitions;
  readonly version: number;
  readonly filling: boolean;
}

function planOf(parts: readonly Part[], zone: string, slots: Slots): Plan {
  const inputs = parts.flatMap(({ given, ...rest }) =>
    given.definitions.map((definition) => ({ definition, ...rest })),
  );
  const cuts = parts.map(({ given }) => {
    const own = given.definitions.map((definition) => ({ definition, version: 1, filling: false }));
    return cutsOf(given, buildPlan(own, { zone }));
  });
  return buildPlan(inputs, { zone, slots, cuts: Object.assign({}, ...cuts) });
}

/** The same under names of their own, about the same kind of subject. */
function renamed(given: RandomDefinitions, { subject }: RandomDefinitions): RandomDefinitions {
  const text = JSON.stringify(given.definitions).replace(/"([mpkscl]\d)"/g, '"other-$1"');
  const others: RandomDefinitions["definitions"] = JSON.parse(text);
  return { ...given, definitions: others.map((definition) => ({ ...definition, subject })) };
}

const isOfThese = ({ id }: { readonly id: string }): boolean => !id.startsWith("other-");

/** What others are there beside them while a third of the events comes. */
const beside = fc.constantFrom("none", "first", "changed", "filling");

describe("definitions come, change and go", () => {
  it("given others that are added, changed, filled and removed, then these go on as if they had been alone", () => {
    holdsAlways(
      fc.property(
        definitions,
        definitions,
        definitions,
        historyOfInstants,
        fc.tuple(beside, beside, beside),
        (these, one, two, events, times) => {
          const [first, changed] = [renamed(one, these), renamed(two, these)];
          const kept = { given: these, version: 1, filling: false };
          const others: Record<string, readonly Part[]> = {
            none: [],
            first: [{ given: first, version: 1, filling: false }],
            changed: [{ given: changed, version: 2, filling: false }],
            filling: [{ given: changed, version: 2, filling: true }],
          };
          const alone = newSubject(planOf([kept], these.zone, {}), these);
          const expected = [...fold(alone, events), ...pass(alone, end)];

          let slots: Slots = {};
          const told: Transition[] = [];
          let subject = alone;
          for (const [third, other] of times.entries()) {
            const plan = planOf([...others[other]!, kept], these.zone, slots);
            slots = JSON.parse(JSON.stringify(plan.slots));
            if (third === 0) subject = newSubject(plan, these);
            else repack(subject, plan);
            const size = Math.ceil(events.length / 3);
            told.push(...fold(subject, events.slice(third * size, (third + 1) * size)));
          }
          told.push(...pass(subject, end));
          expect(told.filter(isOfThese)).toEqual(expected);
          const [seen, seenAlone] = [subject, alone].map(({ plan, state }) =>
            describeCustomer(plan, state, end),
          );
          expect(seen!.segments.filter(isOfThese)).toEqual(seenAlone!.segments);
          expect(seen!.classifications.filter(isOfThese)).toEqual(seenAlone!.classifications);
          expect(seen!.metrics).toMatchObject(seenAlone!.metrics);
          expect(seen!.scores).toMatchObject(seenAlone!.scores);
          expect(seen!.engagements).toMatchObject(seenAlone!.engagements);
        },
      ),
      200,
    );
  });
});
