/** What a definition consists of, and which segments and classifications it names. */
import type { Classification, Condition, Definition, Segment } from "../../../src/definition/definition.ts";
import { definitionOf, isLatch, type NaivePlan } from "./scene.ts";

/** All conditions in a definition, inner ones too. */
export function conditionsOf(definition: Definition): Condition[] {
  const inside = (condition: Condition): Condition[] => {
    if (condition.op === "not") return [condition, ...inside(condition.of)];
    const children = condition.op === "all" || condition.op === "any" ? condition.of : [];
    return [condition, ...children.flatMap(inside)];
  };
  if (definition.kind === "classification") return definition.categories.flatMap(({ when }) => inside(when));
  if (definition.kind !== "segment") return [];
  return [definition.when, ...(definition.leave === undefined ? [] : [definition.leave])].flatMap(inside);
}

interface Named {
  readonly condition: Condition;
  readonly definition: Segment | Classification;
}

export function namedBy(plan: NaivePlan, definition: Definition): Named[] {
  return conditionsOf(definition).flatMap((condition): Named[] => {
    if (condition.op === "segment" || condition.op === "lapsing")
      return [{ condition, definition: definitionOf(plan, "segment", condition.segment) }];
    if (condition.op !== "classification") return [];
    return [{ condition, definition: definitionOf(plan, "classification", condition.classification) }];
  });
}

/** Ids of all segments that hold on to their members. */
export function latchesOf({ definitions }: NaivePlan): string[] {
  return definitions.filter(isLatch).map(({ id }) => id);
}

/** Of those that a definition rests on, itself too. */
export function latchesUnder(plan: NaivePlan, definition: Definition): string[] {
  const found = new Set<string>(isLatch(definition) ? [definition.id] : []);
  for (const named of namedBy(plan, definition))
    for (const id of latchesUnder(plan, named.definition)) found.add(id);
  return [...found];
}
