/** Which definitions a definition names, so that those that cannot be evaluated yet hold back all that rest on them. */
import type { Condition, Definition } from "../definition/definition.ts";

/** `kind/id` of each definition named. */
function referencesOf(definition: Definition): string[] {
  const names: string[] = [];
  switch (definition.kind) {
    case "segment":
      collect(definition.when, names);
      if (definition.leave !== undefined) collect(definition.leave, names);
      break;
    case "classification":
      for (const { when } of definition.categories) collect(when, names);
      break;
    case "scoring":
      for (const { value } of Object.values(definition.parts))
        if (value.type === "metric") names.push(`metric/${value.metric}`);
      break;
    default:
  }
  return names;
}

function collect(condition: Condition, names: string[]): void {
  switch (condition.op) {
    case "all":
    case "any":
      for (const child of condition.of) collect(child, names);
      return;
    case "not":
      collect(condition.of, names);
      return;
    case "metric":
      names.push(`metric/${condition.metric}`);
      return;
    case "ratio":
      names.push(`metric/${condition.of}`, `metric/${condition.to}`);
      return;
    case "top":
    case "bottom":
      names.push(`metric/${condition.metric}`);
      return;
    case "engagement":
      names.push(`engagement/${condition.engagement}`);
      return;
    case "list":
      names.push(`list/${condition.list}`);
      return;
    case "lapsing":
      names.push(`segment/${condition.segment}`);
      return;
    case "score":
      names.push(`scoring/${condition.scoring}`);
      return;
    case "segment":
      names.push(`segment/${condition.segment}`);
      return;
    case "classification":
      names.push(`classification/${condition.classification}`);
      return;
    default:
  }
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

export function nameOf(definition: Definition): string {
  return `${definition.kind}/${definition.id}`;
}

function subjectOf(definition: Definition): string | undefined {
  return "subject" in definition ? definition.subject : undefined;
}
