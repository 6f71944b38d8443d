/** What a PATH stands for: an attribute, or a property (or the time) of the first or last such event. */

import { attributeAt } from "../features/attributes.ts";
import type { Edge } from "../features/edge.ts";
import type { Evaluation } from "./condition.ts";

/** Undefined is missing. */
export type PathValue = (evaluation: Evaluation) => unknown;

export function attributeValue(path: readonly string[]): PathValue {
  const dotted = path.join(".");
  return ({ state }) => attributeAt(state.attributes, dotted);
}

/** `taken`: the property; else the event's time in ms. */
export function edgeValue(feature: number, taken: boolean): PathValue {
  return (evaluation) => {
    const held = (evaluation.feature(feature) as Edge | undefined)?.held;
    if (!held) return undefined;
    return taken ? held.value : held.occurredAt;
  };
}
