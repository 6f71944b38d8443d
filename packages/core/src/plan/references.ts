/** Which definitions a definition names, so that those that cannot be evaluated yet hold back all that rest on them. */
import { hash48 } from "../customer.ts";
import { conditionsOf } from "../definition/conditions-of.ts";
import type { Condition, Definition } from "../definition/definition.ts";

/** `kind/id` of each definition named. */
function referencesOf(definition: Definition): string[] {
  if (definition.kind === "scoring")
    return Object.values(definition.parts).flatMap(({ value }) =>
      value.type === "metric" ? [`metric/${value.metric}`] : [],
    );
  return [...conditionsOf(definition)].flatMap(namedBy);
}

function namedBy(condition: Condition): string[] {
  switch (condition.op) {
    case "metric":
    case "top":
    case "bottom":
      return [`metric/${condition.metric}`];
    case "ratio":
      return [`metric/${condition.of}`, `metric/${condition.to}`];
    case "engagement":
      return [`engagement/${condition.engagement}`];
    case "list":
      return [`list/${condition.list}`];
    case "score":
      return [`scoring/${condition.scoring}`];
    case "lapsing":
    case "segment":
      return [`segment/${condition.segment}`];
    case "classification":
      return [`classification/${condition.classification}`];
    default:
      return [];
  }
}

/** These (`kind/id`) and all that they rest on, in the order given. */
export function withNamed(definitions: readonly Definition[], names: readonly string[]): Definition[] {
  const byName = new Map(definitions.map((definition) => [nameOf(definition), definition]));
  const found = new Set<string>();
  const visit = (name: string): void => {
    const definition = byName.get(name);
    if (definition === undefined || found.has(name)) return;
    found.add(name);
    for (const other of referencesOf(definition)) visit(other);
  };
  for (const name of names) visit(name);
  return definitions.filter((definition) => found.has(nameOf(definition)));
}

export interface Named {
  readonly definition: Definition;
  readonly filling: boolean;
}

/**
 * The definitions that can be evaluated, each after those it names: not filling, and naming none that is filling,
 * unknown, part of a cycle or of another kind of subject.
 */
export function activeInOrder<Input extends Named>(inputs: readonly Input[]): Input[] {
  const byName = new Map(inputs.map((input) => [nameOf(input.definition), input]));
  const settled = new Map<string, boolean>();
  const order: Input[] = [];

  const visit = (name: string, subject: string | undefined): boolean => {
    const input = byName.get(name);
    if (input === undefined || (subject !== undefined && subjectOf(input.definition) !== subject))
      return false;
    const known = settled.get(name);
    if (known !== undefined) return known;
    // Met again before it is settled: a cycle.
    settled.set(name, false);
    const named = referencesOf(input.definition).map((other) => visit(other, subjectOf(input.definition)));
    const active = !input.filling && named.every((each) => each);
    settled.set(name, active);
    if (active) order.push(input);
    return active;
  };
  for (const name of byName.keys()) visit(name, undefined);
  return order;
}

/**
 * What each definition is, with all that it rests on: where it is the same in two plans of one zone and the same cuts, a
 * definition answers the same in both. `inputs` as `activeInOrder` orders them; by name.
 */
export function identitiesOf(
  inputs: readonly (Named & { readonly generation?: number })[],
): Map<string, string> {
  const parts = new Map<string, ReadonlySet<string>>();
  for (const { definition, generation = 0 } of inputs) {
    const own = hash48(JSON.stringify([definition, generation])).toString(36);
    const below = referencesOf(definition).flatMap((name) => [...(parts.get(name) ?? [])]);
    parts.set(nameOf(definition), new Set([...below.sort(), `${nameOf(definition)}@${own}`]));
  }
  return new Map([...parts].map(([name, all]) => [name, [...all].join(" ")]));
}

export function nameOf(definition: Definition): string {
  return `${definition.kind}/${definition.id}`;
}

function subjectOf(definition: Definition): string | undefined {
  return "subject" in definition ? definition.subject : undefined;
}
