/** Cut points of the population: what quantile scores, `top` and `bottom` are measured by. */
import {
  buildPlan,
  type Cuts,
  cutPoints,
  type Definition,
  type Plan,
  type PlanInput,
  populationValue,
} from "@tidemark/core";
import { foldSubject } from "./fold-subject.ts";
import { inOrder, type SubjectEvents } from "./subject-events.ts";

/**
 * The cuts that `plan` asks for, of these subjects at `asOf` (ms). Each subject is folded, one at a time; `onSubject`
 * hears how many of them.
 */
export function populationCuts(
  plan: Plan,
  inputs: readonly PlanInput[],
  subjects: Readonly<Record<"customer" | "company", SubjectEvents>>,
  asOf: number,
  onSubject: (done: number, total: number) => void,
): Cuts {
  const numbers = numbersPlan(plan, inputs);
  const cuts: Record<string, readonly number[]> = {};
  for (const kind of ["customer", "company"] as const) {
    const requests = plan.cutRequests.filter(({ subject }) => subject === kind);
    if (requests.length === 0) continue;
    const values = requests.map((): number[] => []);
    let done = 0;
    for (const [id, events] of subjects[kind]) {
      const { state } = foldSubject(numbers, kind, id, events.sort(inOrder), asOf);
      for (const [index, { key }] of requests.entries()) {
        const value = populationValue(numbers, state, key, asOf);
        if (value !== undefined) values[index]?.push(value);
      }
      done += 1;
      if (done % 1_000 === 0 || done === subjects[kind].size) onSubject(done, subjects[kind].size);
    }
    for (const [index, { key, shares }] of requests.entries())
      cuts[key] = cutPoints(values[index] ?? [], shares);
  }
  return cuts;
}

/** A plan with the same requests, and as few segments and classifications to follow as may be. */
function numbersPlan(plan: Plan, inputs: readonly PlanInput[]): Plan {
  const few = inputs.filter(({ definition }) => !isFollowed(definition) || asksForCuts(definition));
  const small = buildPlan(few, { zone: plan.zone.name, forecasts: false });
  const asked = new Set(small.cutRequests.map(({ key }) => key));
  return plan.cutRequests.every(({ key }) => asked.has(key)) ? small : plan;
}

function isFollowed({ kind }: Definition): boolean {
  return kind === "segment" || kind === "classification";
}

function asksForCuts(definition: Definition): boolean {
  return /"op":"(?:top|bottom)"/.test(JSON.stringify(definition));
}
