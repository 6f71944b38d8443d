/** An expectation's question, asked in every way there is; each answer in the form of the expectation. */
import {
  type CustomerDescription,
  changesAt,
  type Definition,
  describeCustomer,
  evaluateDefinition,
  fireTimer,
  type Plan,
  packCustomer,
  type SubjectKind,
  unpackCustomer,
} from "../../packages/core/src/index.ts";
import type { ClassificationExpectation, Expectation, SegmentExpectation } from "./golden-case.ts";
import type { Seen, Sight } from "./seen.ts";

/** By the way it was asked. */
export type Answers = Readonly<Record<string, Expectation>>;

export function answersTo(
  expectation: Expectation,
  definitions: readonly Definition[],
  { plan, subjects }: Sight,
): Answers {
  const { kind, id } = definitionOf(expectation);
  const about = subjectKindOf(definitions, kind, id);
  const at = Date.parse(expectation.at);
  const seen = subjects.filter((subject) => subject.kind === about);
  const describe = ({ state }: Seen): CustomerDescription => describeCustomer(plan, state, at);
  const evaluated = ({ state }: Seen): Found => ({
    value: evaluateDefinition(plan, state, kind, id, at)?.value,
    changesAt: changesAt(plan, state, kind, id, at),
  });
  const fired = (subject: Seen, value: string | undefined): Found => ({
    value,
    changesAt: firedAt(plan, subject, `${kind}/${id}`, at, namedIn(expectation, subject.subject)),
  });
  if ("segment" in expectation) {
    const answer = (find: (subject: Seen) => Found): Expectation => segmentAnswer(expectation, seen, find);
    return {
      fired: answer((subject) => fired(subject, subject.published.get(`segment/${id}`) ?? "out")),
      evaluated: answer(evaluated),
      described: answer((subject) => {
        const entry = describe(subject).segments.find((segment) => segment.id === id);
        return entry === undefined ? { value: "out" } : { value: "in", changesAt: entry.changesAt };
      }),
    };
  }
  if ("classification" in expectation) {
    const answer = (find: (subject: Seen) => Found): Expectation => categoryAnswer(expectation, seen, find);
    return {
      fired: answer((subject) => fired(subject, subject.published.get(`classification/${id}`))),
      evaluated: answer(evaluated),
      described: answer((subject) => {
        const entry = describe(subject).classifications.find((one) => one.id === id);
        return { value: entry?.category, changesAt: entry?.changesAt };
      }),
    };
  }
  const descriptions = new Map(seen.map((subject) => [subject.subject, describe(subject)]));
  return { described: numbersOf(expectation, descriptions) };
}

/** How far ahead is looked for a change where none is to come. */
const aheadMs = 400 * 86_400_000;

/** When the next change of a definition (`kind/id`) is published if only timers happen, up to the instant named. */
function firedAt(
  plan: Plan,
  { state, subject }: Seen,
  name: string,
  at: number,
  named: number | null,
): number | null {
  const copy = unpackCustomer(plan, packCustomer(plan, state), subject);
  const until = named ?? at + aheadMs;
  while (copy.timer !== null && copy.timer <= until) {
    const change = fireTimer(plan, copy, until).find(({ kind, id }) => `${kind}/${id}` === name);
    if (change !== undefined) return change.effectiveAt;
  }
  return null;
}

/** The instant that an expectation names for a subject, in ms. */
function namedIn(expectation: Expectation, subject: string): number | null {
  const instant = "changesAt" in expectation ? expectation.changesAt?.[subject] : null;
  return typeof instant === "string" ? Date.parse(instant) : null;
}

/** `changesAt` undefined: this way of asking does not tell. */
interface Found {
  readonly value: string | undefined;
  readonly changesAt?: number | null | undefined;
}

function segmentAnswer(
  expectation: { readonly at: string } & SegmentExpectation,
  seen: readonly Seen[],
  find: (subject: Seen) => Found,
): Expectation {
  const found = new Map(seen.map((subject) => [subject.subject, find(subject)]));
  const members = [...found].filter(([, { value }]) => value === "in").map(([subject]) => subject);
  const inOrder = [
    ...expectation.members.filter((subject) => members.includes(subject)),
    ...members.filter((subject) => !expectation.members.includes(subject)),
  ];
  return { ...expectation, members: inOrder, ...changesOf(expectation.changesAt, found) };
}

function categoryAnswer(
  expectation: { readonly at: string } & ClassificationExpectation,
  seen: readonly Seen[],
  find: (subject: Seen) => Found,
): Expectation {
  const found = new Map(seen.map((subject) => [subject.subject, find(subject)]));
  const categories = Object.fromEntries([...found].map(([subject, { value }]) => [subject, value ?? "none"]));
  return { ...expectation, categories, ...changesOf(expectation.changesAt, found) };
}

/** Of those named; in the words of the expectation where the instant is the same. */
function changesOf(
  expected: SegmentExpectation["changesAt"],
  found: ReadonlyMap<string, Found>,
): Pick<SegmentExpectation, "changesAt"> {
  if (expected === undefined) return {};
  const answers = Object.entries(expected).map(([subject, instant]) => {
    const answer = found.get(subject);
    if (answer === undefined) return [subject, "not there"];
    if (answer.changesAt === undefined) return [subject, instant];
    if (answer.changesAt === null) return [subject, null];
    const isSame = instant !== null && Date.parse(instant) === answer.changesAt;
    return [subject, isSame ? instant : new Date(answer.changesAt).toISOString()];
  });
  return { changesAt: Object.fromEntries(answers) };
}

type NumberExpectation = Exclude<Expectation, SegmentExpectation | ClassificationExpectation>;

function numbersOf(
  expectation: NumberExpectation,
  descriptions: ReadonlyMap<string, CustomerDescription>,
): Expectation {
  if ("scoring" in expectation) {
    const scores = Object.entries(expectation.scores).map(([subject, parts]) => {
      const all: Readonly<Record<string, number | null>> = {
        ...descriptions.get(subject)?.scores[expectation.scoring],
      };
      return [subject, Object.fromEntries(Object.keys(parts).map((part) => [part, all[part]]))];
    });
    return { ...expectation, scores: Object.fromEntries(scores) };
  }
  const numberOf = (description: CustomerDescription | undefined) =>
    "metric" in expectation
      ? description?.metrics[expectation.metric]
      : description?.engagements[expectation.engagement];
  const values = Object.keys(expectation.values).map((subject) => [
    subject,
    numberOf(descriptions.get(subject)),
  ]);
  return { ...expectation, values: Object.fromEntries(values) };
}

function definitionOf(expectation: Expectation): { readonly kind: string; readonly id: string } {
  for (const kind of ["segment", "classification", "metric", "engagement", "scoring"]) {
    const id = new Map<string, unknown>(Object.entries(expectation)).get(kind);
    if (typeof id === "string") return { kind, id };
  }
  throw new Error(`an expectation of nothing: ${JSON.stringify(expectation)}`);
}

function subjectKindOf(definitions: readonly Definition[], kind: string, id: string): SubjectKind {
  const definition = definitions.find((one) => one.kind === kind && one.id === id);
  if (definition === undefined || definition.kind === "automation") throw new Error(`no ${kind} ${id}`);
  return definition.subject;
}
