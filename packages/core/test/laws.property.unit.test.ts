import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Segment } from "../src/definition/definition.ts";
import {
  buildPlan,
  changesAt,
  emptyCustomer,
  evaluateDefinition,
  fireTimer,
  foldEvent,
  packCustomer,
  type Transition,
  unpackCustomer,
} from "../src/index.ts";
import { begin, candidates, day, foldable, history, planInputs, segments } from "./support/arbitraries.ts";
import { holdsNaively, type PlainEvent } from "./support/naive.ts";

const end = begin + 200 * day;

function conditionsOf(definitions: readonly Segment[]) {
  return new Map(definitions.map(({ id, when }) => [id, when]));
}

function planFor(definitions: readonly Segment[]) {
  return buildPlan(planInputs(definitions), { zone: "UTC" });
}

/** Folds all, then lets time pass to `end`. */
function run(definitions: readonly Segment[], events: readonly PlainEvent[], repack: boolean) {
  const plan = planFor(definitions);
  let state = emptyCustomer("customer", "ann");
  const transitions: Transition[] = [];
  const timers: (number | null)[] = [];
  events.forEach((event, offset) => {
    transitions.push(...foldEvent(plan, state, foldable(event, offset)));
    timers.push(state.timer);
    if (repack) state = unpackCustomer(plan, packCustomer(plan, state), "ann");
  });
  while (state.timer !== null && state.timer <= end) {
    transitions.push(...fireTimer(plan, state, end));
    timers.push(state.timer);
    if (repack) state = unpackCustomer(plan, packCustomer(plan, state), "ann");
  }
  return { plan, state, transitions, timers };
}

describe("the laws of evaluation, against a scan of all events", () => {
  it("given any segments and history, when folded in order, then each transition is at the very instant (E1, E2, P3)", () => {
    fc.assert(
      fc.property(segments, history, (definitions, events) => {
        const conditions = conditionsOf(definitions);
        const first = events[0]!.at;
        const expected: string[] = [];
        const members = new Map<string, boolean>();
        for (const at of candidates(events, end).filter((candidate) => candidate >= first)) {
          for (const [id, when] of conditions) {
            const holds = holdsNaively(when, events, at, conditions);
            if (holds !== (members.get(id) ?? false)) expected.push(`${at} ${id} ${holds ? "in" : "out"}`);
            members.set(id, holds);
          }
        }
        const { transitions } = run(definitions, events, false);
        const told = transitions.map(({ effectiveAt, id, to }) => `${effectiveAt} ${id} ${to}`);
        expect([...told].sort()).toEqual([...expected].sort());
      }),
      { numRuns: 300 },
    );
  });

  it("given any instant, then the answer stays until its bound, and changesAt is the first flip (E2)", () => {
    fc.assert(
      fc.property(segments, history, fc.integer({ min: 0, max: 60 }), (definitions, events, later) => {
        const conditions = conditionsOf(definitions);
        const { plan, state } = run(definitions, events, true);
        const now = Math.max(events.at(-1)!.at, state.clock ?? 0) + later * day + later;
        const after = candidates(events, end).filter((candidate) => candidate > now);
        for (const [id, when] of conditions) {
          const holds = holdsNaively(when, events, now, conditions);
          const answer = evaluateDefinition(plan, state, "segment", id, now)!;
          expect(answer.value).toBe(holds ? "in" : "out");
          const flip = after.find((at) => holdsNaively(when, events, at, conditions) !== holds);
          if (answer.until !== null) expect(answer.until).toBeGreaterThan(now);
          if (flip !== undefined) expect(answer.until).toBeLessThanOrEqual(flip);
          const change = changesAt(plan, state, "segment", id, now);
          if (flip !== undefined || (change !== null && change <= end)) expect(change).toBe(flip);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("given any order of the same events, then the customer ends in the same segments (P1)", () => {
    const shuffled = history.chain((events) =>
      fc.tuple(
        fc.constant(events),
        fc.shuffledSubarray(
          events.map((_, index) => index),
          { minLength: events.length, maxLength: events.length },
        ),
      ),
    );
    fc.assert(
      fc.property(segments, shuffled, (definitions, [events, order]) => {
        const conditions = conditionsOf(definitions);
        const plan = planFor(definitions);
        const state = emptyCustomer("customer", "ann");
        for (const index of order) foldEvent(plan, state, foldable(events[index]!, index));
        const now = events.at(-1)!.at;
        expect(state.clock).toBe(now);
        for (const [id, when] of conditions) {
          const kept = state.memberships.get(plan.slotOf(`segment/${id}`)!)?.value ?? "out";
          expect(kept).toBe(holdsNaively(when, events, now, conditions) ? "in" : "out");
        }
      }),
      { numRuns: 200 },
    );
  });

  it("given a state packed and unpacked between all steps, then transitions and timers are the same", () => {
    fc.assert(
      fc.property(segments, history, (definitions, events) => {
        const [plain, packed] = [run(definitions, events, false), run(definitions, events, true)];
        expect(packed.transitions).toEqual(plain.transitions);
        expect(packed.timers).toEqual(plain.timers);
        expect(packCustomer(packed.plan, packed.state)).toEqual(packCustomer(plain.plan, plain.state));
      }),
      { numRuns: 100 },
    );
  });
});
