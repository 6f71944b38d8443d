import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Condition, Definition } from "../src/definition/definition.ts";
import { type Answer, changesAt, describeCustomer, evaluateDefinition } from "../src/index.ts";
import { metricValue } from "./support/naive/aggregate.ts";
import { pointsOf } from "./support/naive/engagement.ts";
import { membershipAt } from "./support/naive/holds.ts";
import { type Fraction, rounded } from "./support/naive/number.ts";
import { withMembers } from "./support/naive/scene.ts";
import { scoresOf } from "./support/naive/score.ts";
import { candidatesUpTo, flipAfter, lastScene, membershipsAt, scenesOf } from "./support/naive/walk.ts";
import { conditionAfter } from "./support/random-conditions.ts";
import {
  definitions,
  end,
  naivePlanOf,
  planOf,
  type RandomDefinitions,
  wholeDefinitions,
} from "./support/random-definitions.ts";
import { day, history, historyOfInstants, hour } from "./support/random-history.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";
import { fold, newSubject, pass, repack, type Subject } from "./support/subject.ts";

tellRuns();

const iso = (at: number | null): string => (at === null ? "never" : new Date(at).toISOString());

/** At an event, soon after it, or much later. */
const later = fc.oneof(
  fc.constant(0),
  fc
    .tuple(fc.integer({ min: 0, max: 80 }), fc.constantFrom(0, 1, 7 * hour))
    .map(([days, ms]) => days * day + ms),
);

const answers = ({ plan, state }: Subject, now: number): (Answer | undefined)[] =>
  plan.subjects[state.kind].definitions.map(({ kind, id }) => evaluateDefinition(plan, state, kind, id, now));

describe("the laws of evaluation, against a scan of all events", () => {
  it("given events in order of time, then transitions are at the very instants at which the scan changes (E2, P3)", () => {
    holdsAlways(
      fc.property(definitions, historyOfInstants, (given, events) => {
        const plan = planOf(given);
        const expected: string[] = [];
        const members = new Map<string, string>();
        for (const scene of scenesOf(naivePlanOf(given, plan), events)) {
          for (const [name, value] of membershipsAt(scene)) {
            if (value !== (members.get(name) ?? "out")) expected.push(`${iso(scene.t)} ${name} ${value}`);
            members.set(name, value);
          }
        }
        const subject = newSubject(plan, given);
        const told = [...fold(subject, events), ...pass(subject, end)].map(
          ({ kind, effectiveAt, id, to }) => `${iso(effectiveAt)} ${kind}/${id} ${to}`,
        );
        expect(told.sort()).toEqual(expected.sort());
      }),
      300,
    );
  });

  it("given any instant, then the answer is the scan's, its bound lies ahead and not behind the flip, and changesAt is the flip (E1, E2)", () => {
    holdsAlways(
      fc.property(definitions, history, later, fc.boolean(), (given, events, ms, fires) => {
        const plan = planOf(given);
        const naive = naivePlanOf(given, plan);
        const subject = newSubject(plan, given);
        fold(subject, events);
        const now = events.at(-1)!.occurredAt + ms;
        if (fires) pass(subject, now);
        repack(subject);
        const scene = lastScene(naive, events, now);
        for (const { kind, id } of withMembers(naive)) {
          const answer = evaluateDefinition(plan, subject.state, kind, id, now)!;
          expect(answer.value).toBe(membershipAt(scene, kind, id));
          expect(answer.until ?? Number.POSITIVE_INFINITY).toBeGreaterThan(now);
          const flip = flipAfter(scene, kind, id);
          if (flip !== null) expect(answer.until).toBeLessThanOrEqual(flip);
          const change = changesAt(plan, subject.state, kind, id, now);
          if (change !== null && change <= end) expect(iso(change)).toBe(iso(flip));
          // Nothing, though it changes: only where that is further than 64 bounds ahead.
          else if (flip !== null && !hasPoints(given))
            expect(candidatesUpTo(scene, flip)).toBeGreaterThan(63);
        }
      }),
      300,
    );
  });

  it("given any instant, then metrics, scores, points, members and since when that people see are the scan's", () => {
    holdsAlways(
      fc.property(definitions, historyOfInstants, later, (given, events, ms) => {
        const plan = planOf(given);
        const naive = naivePlanOf(given, plan);
        const subject = newSubject(plan, given);
        fold(subject, events);
        const now = events.at(-1)!.occurredAt + ms;
        const scene = lastScene(naive, events, now);
        const seen = describeCustomer(plan, subject.state, now);
        const shown = (value: Fraction | undefined) =>
          value === undefined ? null : Number(rounded(value)) / 10_000;
        const of = <Kind extends Definition["kind"]>(kind: Kind) =>
          given.definitions.filter(
            (definition): definition is Extract<Definition, { kind: Kind }> => definition.kind === kind,
          );
        expect(seen.metrics).toEqual(
          Object.fromEntries(of("metric").map((metric) => [metric.id, shown(metricValue(metric, scene))])),
        );
        expect(seen.scores).toEqual(
          Object.fromEntries(of("scoring").map(({ id }) => [id, scoresOf(id, scene)])),
        );
        expect(seen.engagements).toEqual(
          Object.fromEntries(
            of("engagement").map((points) => [points.id, shown(pointsOf(points, scene.known, now))]),
          ),
        );
        const since = new Map<string, { readonly value: string; readonly at: number }>();
        for (const { t, ...rest } of scenesOf(naive, events)) {
          if (t > now) break;
          for (const [name, value] of membershipsAt({ t, ...rest }))
            if (since.get(name)?.value !== value) since.set(name, { value, at: t });
        }
        const lines = (kind: string): string[] =>
          [...since]
            .filter(([name, { value }]) => name.startsWith(kind) && value !== "out")
            .map(([name, { value, at }]) => `${name} ${value} ${iso(at)}`)
            .sort();
        expect(seen.segments.map(({ id, since: at }) => `segment/${id} in ${iso(at)}`).sort()).toEqual(
          lines("segment/"),
        );
        expect(
          seen.classifications.map(
            ({ id, category, since: at }) => `classification/${id} ${category} ${iso(at)}`,
          ),
        ).toEqual(lines("classification/"));
        for (const { id, changesAt: change } of seen.segments)
          expect(change).toBe(changesAt(plan, subject.state, "segment", id, now));
      }),
      120,
    );
  });

  it("given the same customer and instant, then the answer is the same however often and after whatever it is asked (E3)", () => {
    holdsAlways(
      fc.property(definitions, history, later, later, (given, events, ms, other) => {
        const plan = planOf(given);
        const subject = newSubject(plan, given);
        fold(subject, events);
        const now = events.at(-1)!.occurredAt + ms;
        const first = answers(subject, now);
        answers(subject, now + other);
        describeCustomer(plan, subject.state, now + other);
        expect(answers(subject, now)).toEqual(first);
        repack(subject);
        expect(answers(subject, now)).toEqual(first);
        expect(answers({ ...subject, plan: planOf(given, plan.slots) }, now)).toEqual(first);
      }),
      200,
    );
  });

  it("given conditions joined by all, any and not, then their bounds are joined as E4 says (E4)", () => {
    const children = fc.array(conditionAfter(0), { minLength: 1, maxLength: 3 });
    holdsAlways(
      fc.property(wholeDefinitions, children, history, later, (given, conditions, events, ms) => {
        const joined: Record<string, Condition> = {
          all: { op: "all", of: conditions },
          any: { op: "any", of: conditions },
          not: { op: "not", of: conditions[0]! },
        };
        const plan = planOf(withSegments(given, { ...joined, ...Object.fromEntries(conditions.entries()) }));
        const subject = newSubject(plan, given);
        fold(subject, events);
        const now = events.at(-1)!.occurredAt + ms;
        const ask = (id: string) => {
          const { value, until } = evaluateDefinition(plan, subject.state, "segment", id, now)!;
          return { holds: value === "in", until: until ?? Number.POSITIVE_INFINITY };
        };
        const each = conditions.map((_, index) => ask(`${index}`));
        const earliest = Math.min(...each.map(({ until }) => until));
        const latestThat = (holds: boolean) =>
          Math.max(...each.filter((child) => child.holds === holds).map(({ until }) => until));
        const every = each.every(({ holds }) => holds);
        const some = each.some(({ holds }) => holds);
        expect(ask("all")).toEqual({ holds: every, until: every ? earliest : latestThat(false) });
        expect(ask("any")).toEqual({ holds: some, until: some ? latestThat(true) : earliest });
        expect(ask("not")).toEqual({ holds: !each[0]!.holds, until: each[0]!.until });
      }),
      200,
    );
  });
});

/** Where rounding decides about points, bounds are followed step by step, and not for ever. */
function hasPoints({ definitions: given }: RandomDefinitions): boolean {
  return given.some((definition) => definition.kind === "engagement");
}

function withSegments(
  given: RandomDefinitions,
  conditions: Readonly<Record<string, Condition>>,
): RandomDefinitions {
  const segments = Object.entries(conditions).map(
    ([id, when]): Definition => ({
      kind: "segment",
      id,
      name: id,
      tags: [],
      subject: given.subject,
      zone: "workspace",
      when,
    }),
  );
  return { ...given, definitions: [...given.definitions, ...segments] };
}
