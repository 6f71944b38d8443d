import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  applySweep,
  buildHistoryPlan,
  buildPlan,
  emptyCustomer,
  evaluateDefinition,
  type FoldEvent,
  foldEvent,
  type Plan,
  type PlanInput,
  packCustomer,
  packFeatures,
  sweepOf,
  type Transition,
  unpackCustomer,
} from "../src/index.ts";
import { denseHistory, withLateOnes } from "./support/dense-history.ts";
import { cutsOf, definitions, end, planOf, type RandomDefinitions } from "./support/random-definitions.ts";
import { log } from "./support/random-history.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";
import { fold, newSubject, pass, repack, seenAt } from "./support/subject.ts";

tellRuns();

/** The definitions before and after a sweep, and what its history is folded with. */
function plansOf(before: RandomDefinitions | null, given: RandomDefinitions) {
  const { zone } = given;
  const inputs = (of: RandomDefinitions, rest: Omit<PlanInput, "definition">): PlanInput[] =>
    of.definitions.map((definition) => ({ definition: { ...definition, subject: given.subject }, ...rest }));
  const coming = inputs(given, { version: 2, filling: false, generation: 1 });
  const cuts = cutsOf(given, buildPlan(coming, { zone }));
  const beside = { inputs: coming, generation: 1 };
  const there = before === null ? [] : inputs(before, { version: 1, filling: false });
  const earlier = buildPlan(there, { zone, cuts });
  const plan = buildPlan(there, { zone, cuts, slots: earlier.slots, beside });
  const after = buildPlan(coming, { zone, cuts, slots: plan.slots });
  const history = buildHistoryPlan(beside, zone);
  return { earlier, before: plan, after, history };
}

/** The same of some definitions that were there before and stay, and all others that come. */
function plansBeside(given: RandomDefinitions, there: number) {
  const { zone } = given;
  const inputs: PlanInput[] = given.definitions.map((definition) => ({
    definition,
    version: 1,
    filling: false,
  }));
  const cuts = cutsOf(given, buildPlan(inputs, { zone }));
  const first = inputs.slice(0, there % (inputs.length + 1));
  const earlier = buildPlan(first, { zone, cuts });
  // What names others that are not there yet comes with them.
  const isThere = ({ definition: { kind, id } }: PlanInput) => earlier.status(kind, id) === "active";
  const staying = first.filter(isThere);
  const both = inputs.map((input) =>
    staying.includes(input) ? input : { ...input, version: 2, generation: 1 },
  );
  const beside = { inputs: both, generation: 1 };
  const plan = buildPlan(staying, { zone, cuts, slots: earlier.slots, beside });
  const after = buildPlan(both, { zone, cuts, slots: plan.slots, keep: staying });
  return { earlier, before: plan, after, history: buildHistoryPlan(beside, zone) };
}

/** What a sweep sends of these events. */
function sweptOf(history: Plan, { subject, subjectId }: RandomDefinitions, events: readonly FoldEvent[]) {
  const state = emptyCustomer(subject, subjectId);
  for (const { attributes: _, ...event } of events) foldEvent(history, state, event);
  return packFeatures(history, state);
}

describe("a definition is filled from history", () => {
  it("given a sweep that begins and is applied at any two instants of a log, then all is as if the definitions had been there from the start, and its changes are the net ones", () => {
    holdsAlways(
      fc.property(
        fc.option(definitions, { nil: null }),
        definitions,
        log,
        fc.tuple(fc.nat(), fc.nat(), fc.nat(40 * 86_400_000)),
        (other, given, entries, [cut, wait, delay]) => {
          const events = entries.map(({ event }) => event);
          const fence = 1 + (cut % events.length);
          const applied = fence + (wait % (events.length - fence + 1));
          const plans = plansOf(other, given);

          const subject = newSubject(plans.earlier, given);
          fold(subject, events.slice(0, fence));
          repack(subject, plans.before);
          fold(subject, events.slice(fence, applied));
          const swept = sweptOf(plans.history, given, events.slice(0, fence));
          const at = (entries[applied - 1]?.arrivedAt ?? 0) + delay;
          const told = new Map(
            [...subject.state.memberships].map(([slot, { value }]) => [
              plans.before.nameAt(slot) ?? "",
              value,
            ]),
          );
          // Read from what was packed, and as it is there, it comes to the same.
          const packed = packCustomer(plans.before, subject.state);
          const [asRead, asPacked] = [undefined, packed].map((bytes) => {
            const read = unpackCustomer(plans.before, packed, given.subjectId);
            const applied = applySweep({ number: 1, ...plans }, read, swept, at, bytes);
            return { ...applied, state: packCustomer(plans.after, applied.state) };
          });
          expect(asPacked).toEqual(asRead);

          const { state, transitions } = applySweep({ number: 1, ...plans }, subject.state, swept, at);
          subject.state = state;
          subject.plan = plans.after;
          expect(sweepOf(packCustomer(plans.after, state))).toBe(1);

          const follow = ({ kind, id, from, to }: Transition) => {
            const name = `${kind}/${id}`;
            expect(from).toBe(told.get(name) ?? (kind === "segment" ? "out" : null));
            told.set(name, to);
          };
          transitions.forEach(follow);
          const net = transitions.filter(({ cause }) => cause === "definition");
          expect(new Set(net.map(({ kind, id }) => `${kind}/${id}`)).size).toBe(net.length);
          for (const { effectiveAt } of net) expect(effectiveAt).toBe(Math.max(at, state.clock ?? at));

          repack(subject);
          fold(subject, events.slice(applied)).forEach(follow);
          pass(subject, end).forEach(follow);

          const whole = newSubject(planOf(given), given);
          fold(whole, events);
          expect(seenAt(subject, end)).toEqual(seenAt(whole, end));
          // What was told ends in what is.
          const { definitions: planned } = subject.plan.subjects[state.kind];
          for (const { kind, id, slot } of planned)
            expect(told.get(`${kind}/${id}`) ?? (kind === "segment" ? "out" : undefined)).toBe(
              subject.state.memberships.get(slot)?.value ?? (kind === "segment" ? "out" : undefined),
            );
        },
      ),
      400,
    );
  });

  it("given a sweep beside definitions that stay in force, then these and their timers are as if there had been none", () => {
    holdsAlways(
      fc.property(
        definitions,
        log,
        fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat(40 * 86_400_000)),
        (given, entries, [there, cut, wait, delay]) => {
          const events = entries.map(({ event }) => event);
          const fence = 1 + (cut % events.length);
          const applied = fence + (wait % (events.length - fence + 1));
          const plans = plansBeside(given, there);

          const subject = newSubject(plans.earlier, given);
          fold(subject, events.slice(0, fence));
          repack(subject, plans.before);
          fold(subject, events.slice(fence, applied));
          const swept = sweptOf(plans.history, given, events.slice(0, fence));
          const at = (entries[applied - 1]?.arrivedAt ?? 0) + delay;
          const { state, transitions } = applySweep({ number: 1, ...plans }, subject.state, swept, at);
          subject.state = state;
          subject.plan = plans.after;
          expect(state.stale).toBe(false);
          const { definitions: planned } = plans.after.subjects[state.kind];
          const stays = planned.filter(({ version }) => version === 1).map(({ slot }) => slot);
          const changed = transitions.filter(({ cause }) => cause === "definition");
          for (const { kind, id } of changed)
            expect(stays).not.toContain(plans.after.slotOf(`${kind}/${id}`) ?? -1);

          repack(subject);
          fold(subject, events.slice(applied));
          pass(subject, end);
          const whole = newSubject(planOf(given), given);
          fold(whole, events);
          expect(seenAt(subject, end)).toEqual(seenAt(whole, end));
          // None of their timers was lost.
          for (const { kind, id, slot } of planned.filter(({ version }) => version === 1))
            expect(subject.state.memberships.get(slot)?.value ?? "out").toBe(
              evaluateDefinition(plans.after, subject.state, kind, id, end)?.value,
            );
        },
      ),
      400,
    );
  });

  it("given more events than are kept exactly, some of them late, then swept and beside are what all would have given", () => {
    holdsAlways(
      fc.property(
        definitions,
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.integer({ min: 300, max: 700 }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        (given, seed, count, share) => {
          const events = withLateOnes(denseHistory(seed, count), 7);
          const fence = Math.floor(share * count);
          const plans = plansOf(null, given);
          const subject = newSubject(plans.before, given);
          // What came before the sweep left nothing here but the customer and its clock.
          fold(
            subject,
            events.slice(0, fence).map((event) => ({ ...event, contributions: [] })),
          );
          fold(subject, events.slice(fence));
          const swept = sweptOf(plans.history, given, events.slice(0, fence));
          const applied = applySweep({ number: 1, ...plans }, subject.state, swept, 0);
          subject.state = applied.state;
          subject.plan = plans.after;
          const whole = newSubject(planOf(given), given);
          fold(whole, events);
          for (const at of [subject.state.clock!, end])
            expect(seenAt(subject, at)).toEqual(seenAt(whole, at));
        },
      ),
      30,
    );
  });
});
