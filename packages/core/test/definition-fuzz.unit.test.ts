import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  buildPlan,
  changesAt,
  type Definition,
  describeCustomer,
  emptyCustomer,
  evaluateDefinition,
  type FoldEvent,
  fireTimer,
  foldEvent,
  packCustomer,
  parseDefinitions,
  unpackCustomer,
} from "../src/index.ts";
import { anything, spoiltDocuments, troublesomeEvents, validDocuments } from "./definition-documents.ts";

/** Builds a plan, folds the events, packs and reads back, lets time pass. Throws where any of that does, or where a bound is none. */
function live(definitions: readonly Definition[], events: readonly FoldEvent[]): void {
  const inputs = definitions
    .filter(({ kind }) => kind !== "automation")
    .map((definition) => ({ definition, version: 1, filling: false }));
  const plan = buildPlan(inputs, { zone: "America/New_York" });
  let state = emptyCustomer("customer", "ann");
  for (const event of events) {
    foldEvent(plan, state, event);
    state = unpackCustomer(plan, packCustomer(plan, state), "ann");
  }
  for (let steps = 0; steps < 20 && state.timer !== null; steps += 1) {
    const before: number = state.timer;
    fireTimer(plan, state, before);
    if (state.timer !== null) expect(state.timer).toBeGreaterThan(before);
  }
  const now = state.clock ?? 0;
  describeCustomer(plan, state, now);
  for (const { kind, id } of plan.subjects.customer.definitions) {
    const answerAt = (at: number) => evaluateDefinition(plan, state, kind, id, at);
    const answer = answerAt(now);
    // E1 and E2.
    if (answer === undefined || answer.until === null) continue;
    expect(answer.until).toBeGreaterThan(now);
    expect(answerAt(answer.until - 1)?.value).toBe(answer.value);
    const flip = changesAt(plan, state, kind, id, now);
    if (flip === null) continue;
    expect(answerAt(flip)?.value).not.toBe(answer.value);
    expect(answerAt(flip - 1)?.value).toBe(answer.value);
  }
}

/** Every document is among the definitions or has a fault that says what, where and what instead. */
function expectAccountedFor(documents: readonly unknown[]): readonly Definition[] {
  const { definitions, faults } = parseDefinitions(documents);
  const kept = new Set(definitions.map(({ kind, id }) => `${kind}/${id}`));
  const faulty = new Set(faults.map(({ definition }) => definition));
  for (const [index, document] of documents.entries()) {
    const { kind, id } = (document ?? {}) as Partial<Record<string, unknown>>;
    const names = [`document ${index + 1}`];
    if (typeof kind === "string" && typeof id === "string") names.push(`${kind}/${id}`);
    expect(names.some((name) => kept.has(name) || faulty.has(name))).toBe(true);
  }
  for (const { found, expected } of faults) {
    expect(found).not.toBe("");
    expect(expected).not.toBe("");
  }
  return definitions;
}

describe("definitions, whatever is written", () => {
  it("given valid definitions, then there are no faults, and no event makes them throw", () => {
    fc.assert(
      fc.property(validDocuments, troublesomeEvents, (documents, events) => {
        const { definitions, faults } = parseDefinitions(documents);
        expect(faults).toEqual([]);
        expect(definitions).toHaveLength(documents.length);
        live(definitions, events);
      }),
      { numRuns: 600 },
    );
  });

  it("given definitions spoilt somewhere, then each is kept or has a fault, and what is kept never throws", () => {
    fc.assert(
      fc.property(spoiltDocuments, troublesomeEvents, (documents, events) => {
        live(expectAccountedFor(documents), events);
      }),
      { numRuns: 1_200 },
    );
  });

  it("given anything at all, then it is told what is wrong, and nothing is thrown", () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 4 }), (documents) => {
        live(expectAccountedFor(documents), []);
      }),
      { numRuns: 3_000 },
    );
  });

  it("given definitions that parse, when written as JSON and read again, then they are the same", () => {
    fc.assert(
      fc.property(validDocuments, (documents) => {
        expect(parseDefinitions(JSON.parse(JSON.stringify(documents)))).toEqual(parseDefinitions(documents));
      }),
      { numRuns: 300 },
    );
  });
});
