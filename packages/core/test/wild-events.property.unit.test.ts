import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  changesAt,
  describeCustomer,
  evaluateDefinition,
  fireTimer,
  packCustomer,
  populationValue,
  type Transition,
} from "../src/index.ts";
import { definitions, planOf } from "./support/random-definitions.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";
import { fold, newSubject, repack, type Subject } from "./support/subject.ts";
import { wildEvents, wildJsonEvents } from "./support/wild-events.ts";

tellRuns();

/** Timers may fire for as long as there are days. */
function passSome({ plan, state }: Subject): Transition[] {
  const transitions: Transition[] = [];
  for (let steps = 0; steps < 30 && state.timer !== null; steps += 1) {
    const before = state.timer;
    transitions.push(...fireTimer(plan, state, before));
    expect(state.timer ?? Number.POSITIVE_INFINITY).toBeGreaterThan(before);
  }
  return transitions;
}

function askAll({ plan, state }: Subject, now: number): void {
  describeCustomer(plan, state, now);
  for (const { key } of plan.cutRequests) expect(populationValue(plan, state, key, now)).not.toBeNaN();
  for (const { kind, id } of plan.subjects[state.kind].definitions) {
    const answer = evaluateDefinition(plan, state, kind, id, now)!;
    if (answer.until === null) continue;
    expect(answer.until).toBeGreaterThan(now);
    expect(evaluateDefinition(plan, state, kind, id, answer.until - 1)?.value).toBe(answer.value);
    const flip = changesAt(plan, state, kind, id, now);
    if (flip === null) continue;
    expect(evaluateDefinition(plan, state, kind, id, flip)?.value).not.toBe(answer.value);
    expect(evaluateDefinition(plan, state, kind, id, flip - 1)?.value).toBe(answer.value);
  }
}

describe("a valid definition, whatever comes", () => {
  it("given values of any type, size and depth, then nothing throws, and bounds are bounds (E1, E2)", () => {
    holdsAlways(
      fc.property(definitions, wildEvents, (given, events) => {
        const subject = newSubject(planOf(given), given);
        for (const event of events) {
          fold(subject, [event]);
          repack(subject);
        }
        askAll(subject, subject.state.clock ?? 0);
        passSome(subject);
        askAll(subject, subject.state.clock ?? 0);
      }),
      400,
    );
  });

  it("given any JSON, then it is the same whether the state was packed between events or not", () => {
    holdsAlways(
      fc.property(definitions, wildJsonEvents, (given, events) => {
        const plan = planOf(given);
        const [plain, packed] = [newSubject(plan, given), newSubject(plan, given)];
        for (const event of events) {
          const told = fold(plain, [event]);
          expect(fold(packed, [event])).toEqual(told);
          repack(packed);
          expect(packed.state.timer).toBe(plain.state.timer);
          expect(packCustomer(plan, packed.state)).toEqual(packCustomer(plan, plain.state));
        }
        expect(passSome(packed)).toEqual(passSome(plain));
        const now = plain.state.clock ?? 0;
        expect(describeCustomer(plan, packed.state, now)).toEqual(describeCustomer(plan, plain.state, now));
      }),
      400,
    );
  });
});
