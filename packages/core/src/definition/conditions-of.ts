/** All conditions of a definition, those inside others too. */
import type { Condition, Definition } from "./definition.ts";

export function* conditionsOf(definition: Definition): Generator<Condition> {
  if (definition.kind === "segment") {
    yield* within(definition.when);
    if (definition.leave !== undefined) yield* within(definition.leave);
  } else if (definition.kind === "classification") {
    for (const { when } of definition.categories) yield* within(when);
  }
}

function* within(condition: Condition): Generator<Condition> {
  yield condition;
  if (condition.op === "all" || condition.op === "any")
    for (const child of condition.of) yield* within(child);
  else if (condition.op === "not") yield* within(condition.of);
}
