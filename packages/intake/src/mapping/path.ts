/**
 * Paths into a record: `customer.id`, with indexes `lines.0.price`, `lines.-1.price`, and through lists `lines.price`,
 * which leads to the price of each line. They begin at the item where there is one; `$.` begins at the record. Beside
 * its own fields a record has `$headers.NAME` (in lower case), `$key` and `$timestamp` (ms), where Kafka brought it.
 */
import { note, type Place, show } from "@tidemark/core/document";

export interface RecordPath {
  readonly steps: readonly string[];
  readonly start: "item" | "record";
  /** As it was written. */
  readonly text: string;
}

/** What a path looks at: the record, and the item of it that is looked at; the record itself where there is none. */
export interface Scope {
  readonly record: unknown;
  readonly item: unknown;
}

/** What a path finds that leads through a list. */
export class Several {
  readonly values: readonly unknown[];
  constructor(values: readonly unknown[]) {
    this.values = values;
  }
}

const longestPath = 200;
const mostSteps = 16;
const expected = `a path such as customer.id, at most ${longestPath} characters and ${mostSteps} steps, or a list of its steps`;

const noPath: RecordPath = { steps: [], start: "item", text: "" };

/** Dotted, or a list of steps for names that hold dots. */
export function readPath(value: unknown, place: Place): RecordPath {
  const given: readonly unknown[] | undefined =
    typeof value === "string" ? value.split(".") : Array.isArray(value) ? value : undefined;
  const fits =
    given !== undefined &&
    given.length > 0 &&
    given.length <= mostSteps &&
    given.every((step) => typeof step === "string" && step.trim() !== "") &&
    given.join(".").length <= longestPath;
  if (!fits) {
    note(place, show(value), expected);
    return noPath;
  }
  const steps = given.map((step) => String(step).trim());
  const text = steps.join(".");
  const isRooted = steps[0] === "$";
  if (isRooted && steps.length === 1) {
    note(place, show(value), `${expected}; $ alone is no field`);
    return noPath;
  }
  const start = isRooted || recordFacts.has(steps[0] ?? "") ? "record" : "item";
  return { steps: isRooted ? steps.slice(1) : steps, start, text };
}

/** What a record has beside its own fields. */
const recordFacts: ReadonlySet<string> = new Set(["$headers", "$key", "$timestamp"]);

/** Whether a path asks for what only Kafka knows. */
export function isRecordFact(steps: readonly string[]): boolean {
  return recordFacts.has(steps[0] ?? "");
}

const indexPattern = /^-?\d{1,9}$/;

/** Answers undefined where there is nothing, null where there is a null, `Several` through a list. */
export function pathReader({ steps, start }: RecordPath): (scope: Scope) => unknown {
  const [only] = steps;
  if (steps.length === 1 && only !== undefined) return (scope) => step(scope[start], only);
  return (scope) => {
    let place: unknown = scope[start];
    for (const [depth, name] of steps.entries()) {
      if (Array.isArray(place) && !indexPattern.test(name)) return through(place, steps, depth);
      place = step(place, name);
      if (place === undefined || place === null) return depth === steps.length - 1 ? place : undefined;
    }
    return place;
  };
}

function step(place: unknown, name: string): unknown {
  if (typeof place !== "object" || place === null) return undefined;
  if (Array.isArray(place)) {
    if (!indexPattern.test(name)) return through(place, [name], 0);
    return place.at(Number(name));
  }
  return Object.hasOwn(place, name) ? (place as Readonly<Record<string, unknown>>)[name] : undefined;
}

function through(list: readonly unknown[], steps: readonly string[], depth: number): Several {
  const read = pathReader({ steps: steps.slice(depth), start: "item", text: "" });
  const values: unknown[] = [];
  for (const item of list) {
    const found = read({ record: item, item });
    if (found instanceof Several) values.push(...found.values);
    else if (found !== undefined && found !== null) values.push(found);
  }
  return new Several(values);
}
