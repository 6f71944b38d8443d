import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changesAt, packCustomer, rememberEventId, seenEventId, type Transition } from "../src/index.ts";
import { membershipAt } from "./support/naive/holds.ts";
import { NaiveLog, type NaiveTransition } from "./support/naive/log.ts";
import { withMembers } from "./support/naive/scene.ts";
import { candidatesUpTo, flipAfter, lastScene } from "./support/naive/walk.ts";
import {
  definitions,
  definitionsWithoutLatches,
  end,
  naivePlanOf,
  planOf,
} from "./support/random-definitions.ts";
import { day, type LogEntry, log, shuffledHistory } from "./support/random-history.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";
import { contents, fold, newSubject, pass, repack, type Subject } from "./support/subject.ts";

tellRuns();

const instant = (at: number): string => new Date(at).toISOString();

function lineOf({ kind, id, from, to, effectiveAt, cause }: Transition): string {
  return `${kind}/${id} ${from} > ${to} ${instant(effectiveAt)} ${cause}`;
}

function naiveLineOf({ name, from, to, effectiveAt, cause }: NaiveTransition): string {
  return `${name} ${from} > ${to} ${instant(effectiveAt)} ${cause}`;
}

/** Leaves, then moves, then enters. */
function rankOf({ kind, to }: Transition): number {
  return kind === "classification" ? 1 : to === "out" ? 0 : 2;
}

/** What one entry of the log brings, and time after the last. */
function* steps(entries: readonly LogEntry[]): Generator<{ readonly pass: number } | LogEntry> {
  for (const entry of entries) {
    if (entry.fires) yield { pass: entry.arrivedAt };
    yield entry;
  }
  yield { pass: end };
}

function live(
  subject: Subject,
  entries: readonly LogEntry[],
  between: (subject: Subject) => void,
): Transition[][] {
  return [...steps(entries)].map((step) => {
    const transitions = "pass" in step ? pass(subject, step.pass) : fold(subject, [step.event]);
    between(subject);
    return transitions;
  });
}

describe("the fold of a log, against one by scans alone", () => {
  it("given events in order, late and at one instant, and timers that fire between, then transitions are those of the scans, with cause, instant and order (P1 to P4)", () => {
    holdsAlways(
      fc.property(definitions, log, (given, entries) => {
        const plan = planOf(given);
        const subject = newSubject(plan, given);
        const naive = new NaiveLog(naivePlanOf(given, plan));
        for (const step of steps(entries)) {
          const told = "pass" in step ? pass(subject, step.pass) : fold(subject, [step.event]);
          const expected = "pass" in step ? naive.pass(step.pass) : naive.fold(step.event);
          expect(told.map(lineOf).sort()).toEqual(expected.map(naiveLineOf).sort());
          // Instant by instant, and at one instant by rank.
          const order = told.map((transition) => [
            transition.cause === "time" ? transition.effectiveAt : end,
            rankOf(transition),
          ]);
          expect(order).toEqual([...order].sort(([a, b], [c, d]) => a! - c! || b! - d!));
          expect(subject.state.clock).toBe(naive.clock);
        }
        const members = Object.fromEntries(
          plan.subjects[given.subject].definitions.flatMap(({ kind, id, slot }) => {
            const held = subject.state.memberships.get(slot);
            return held === undefined ? [] : [[`${kind}/${id}`, held]];
          }),
        );
        expect(members).toEqual(Object.fromEntries(naive.members()));
      }),
      300,
    );
  });

  it("given any transition, then it says when it would be undone with no further event (changesAt)", () => {
    holdsAlways(
      fc.property(definitions, log, fc.nat(), (given, entries, which) => {
        const plan = planOf(given);
        const naive = new NaiveLog(naivePlanOf(given, plan));
        const told = live(newSubject(plan, given), entries, () => {}).flat();
        const expected = [...steps(entries)].flatMap((step) =>
          "pass" in step ? naive.pass(step.pass) : naive.fold(step.event),
        );
        if (told.length === 0) return;
        const { kind, id, effectiveAt, changesAt, to } = told[which % told.length]!;
        const same = told.filter(
          (other) => other.id === id && other.effectiveAt === effectiveAt && other.to === to,
        );
        if (same.length > 1) return;
        const { after } = expected.find(
          (other) => other.name === `${kind}/${id}` && other.effectiveAt === effectiveAt && other.to === to,
        )!;
        const flip = flipAfter(after, kind, id);
        if (changesAt !== null && changesAt <= end) expect(instant(changesAt)).toBe(flip && instant(flip));
        else if (flip !== null && !given.definitions.some((definition) => definition.kind === "engagement"))
          expect(candidatesUpTo(after, flip)).toBeGreaterThan(63);
      }),
      200,
    );
  });

  it("given any order of the same events, some of them twice, then the customer ends where the set of them says, and leaves when it says (P1)", () => {
    const repeats = fc.array(fc.nat(20), { maxLength: 5 });
    holdsAlways(
      fc.property(
        definitionsWithoutLatches,
        shuffledHistory,
        repeats,
        (given, { events, shuffled }, again) => {
          const plan = planOf(given);
          const naive = naivePlanOf(given, plan);
          const subject = newSubject(plan, given);
          const withRepeats = [...shuffled, ...again.map((place) => shuffled[place % shuffled.length]!)];
          for (const [index, event] of withRepeats.entries()) {
            const [eventId, appendedAt] = [`${event.partition}/${event.offset}`, end + index * 1_000];
            if (seenEventId(subject.state, eventId, appendedAt)) continue;
            fold(subject, [event]);
            rememberEventId(subject.state, eventId, appendedAt);
          }
          const now = Math.max(...events.map(({ occurredAt }) => occurredAt));
          expect(subject.state.clock).toBe(now);
          const kept = (kind: string, id: string): string =>
            subject.state.memberships.get(plan.slotOf(`${kind}/${id}`)!)?.value ?? "out";
          const here = lastScene(naive, events, now);
          for (const { kind, id } of withMembers(naive))
            expect([id, kept(kind, id)]).toEqual([id, membershipAt(here, kind, id)]);
          const later = lastScene(naive, events, now + 45 * day);
          pass(subject, later.t);
          for (const { kind, id } of withMembers(naive))
            expect([id, kept(kind, id)]).toEqual([id, membershipAt(later, kind, id)]);
        },
      ),
      300,
    );
  });

  it("given a state packed and read again after every step, then transitions, timers and what the bytes say are the same", () => {
    holdsAlways(
      fc.property(definitions, log, (given, entries) => {
        const plan = planOf(given);
        const [plain, packed] = [newSubject(plan, given), newSubject(plan, given)];
        const timers: (number | null)[][] = [[], []];
        const told = live(plain, entries, ({ state }) => timers[0]!.push(state.timer, state.clock));
        const toldPacked = live(packed, entries, (subject) => {
          repack(subject);
          timers[1]!.push(subject.state.timer, subject.state.clock);
        });
        expect(toldPacked).toEqual(told);
        expect(timers[1]).toEqual(timers[0]);
        expect(contents(packed)).toEqual(contents(plain));
      }),
      200,
    );
  });

  it("given the same log under the same plan, then the fold is the same to the byte, whoever else comes in between (E3)", () => {
    holdsAlways(
      fc.property(definitions, log, log, (given, entries, otherEntries) => {
        const [one, shared] = [planOf(given), planOf(given)];
        const [alone, first] = [newSubject(one, given), newSubject(shared, given)];
        const other = newSubject(shared, { ...given, subjectId: "another" });
        const others = [...steps(otherEntries)];
        const told = live(alone, entries, () => {});
        const toldBeside = live(first, entries, () => {
          const step = others.shift();
          if (step !== undefined) live(other, "pass" in step ? [] : [step], () => {});
          const now = other.state.clock ?? 0;
          for (const { kind, id } of shared.subjects[given.subject].definitions)
            changesAt(shared, other.state, kind, id, now);
        });
        expect(toldBeside).toEqual(told);
        expect(packCustomer(shared, first.state)).toEqual(packCustomer(one, alone.state));
      }),
      100,
    );
  });
});
