/** What is known of one subject: every event admitted so far, in the total order, and its attributes. */
import type { Selector } from "../../../src/definition/definition.ts";
import type { FoldEvent } from "../../../src/index.ts";
import { isObject, type Properties, selects } from "./value.ts";

/** What an event gave, or took back. */
export interface Occurrence {
  readonly at: number;
  readonly partition: number;
  readonly offset: number;
  readonly name: string;
  readonly sign: 1 | -1;
  /** False for a correction. */
  readonly remembered: boolean;
  readonly properties: Properties;
}

export interface Knowledge {
  readonly events: readonly FoldEvent[];
  /** In the total order. */
  readonly occurrences: readonly Occurrence[];
  /** All patches applied in the total order, as RFC 7396 says. */
  readonly attributes: Properties;
  /** Selected occurrences and the like, worked out once. */
  readonly worked: Map<string, unknown>;
}

interface Placed {
  readonly at: number;
  readonly partition: number;
  readonly offset: number;
}

export function inTotalOrder(a: Placed, b: Placed): number {
  return a.at - b.at || a.partition - b.partition || a.offset - b.offset;
}

export function knowledgeOf(events: readonly FoldEvent[]): Knowledge {
  const occurrences = events
    .flatMap(({ partition, offset, contributions }) =>
      contributions.map(
        ({ occurredAt, ...given }): Occurrence => ({ at: occurredAt, partition, offset, ...given }),
      ),
    )
    .sort(inTotalOrder);
  const attributes = [...events]
    .sort((a, b) => inTotalOrder({ ...a, at: a.occurredAt }, { ...b, at: b.occurredAt }))
    .reduce<unknown>((merged, { attributes: patch }) => mergePatch(merged, patch ?? {}), {});
  return { events, occurrences, attributes: attributes as Properties, worked: new Map() };
}

/** RFC 7396, section 2. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else if (value !== undefined) result[name] = mergePatch(result[name], value);
  }
  return result;
}

/** Whatever stands there, undefined where nothing does. */
export function attributeOf({ attributes }: Knowledge, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    attributes,
  );
}

export function workedOut<Value>(knowledge: Knowledge, name: string, work: () => Value): Value {
  const known = knowledge.worked.get(name);
  if (known !== undefined) return known as Value;
  const value = work();
  knowledge.worked.set(name, value);
  return value;
}

/** All that the selector takes, corrections too, in the total order. */
export function selected(knowledge: Knowledge, selector: Selector): readonly Occurrence[] {
  return workedOut(knowledge, `selected ${JSON.stringify(selector)}`, () =>
    knowledge.occurrences.filter(({ name, properties }) => selects(selector, name, properties)),
  );
}

/** Those that happened, whatever was taken back of them later. */
export function remembered(knowledge: Knowledge, selector: Selector): readonly Occurrence[] {
  return workedOut(knowledge, `remembered ${JSON.stringify(selector)}`, () =>
    selected(knowledge, selector).filter((occurrence) => occurrence.remembered && occurrence.sign > 0),
  );
}
