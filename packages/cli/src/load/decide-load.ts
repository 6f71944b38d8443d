/** Whether something is to be loaded, given what was asked for and what the topics and the mark say. */
import { isDeepStrictEqual } from "node:util";
import type { LoadMark, LoadSource } from "./load-mark.ts";

export interface LoadWish {
  /** null: the demo. */
  readonly file: Extract<LoadSource, { readonly kind: "file" }> | null;
  readonly seed: number | null;
  readonly zone: string | null;
}

export type LoadDecision =
  | { readonly action: "load" | "keep"; readonly mark: LoadMark }
  /** Events that are not ours: nothing is loaded. */
  | { readonly action: "foreign"; readonly zone: string }
  | { readonly action: "refuse"; readonly reason: string };

export interface Present {
  readonly mark: LoadMark | undefined;
  /** Records in the source topics. */
  readonly records: number;
  readonly now: number;
  /** A seed of our own, where none is asked for. */
  readonly seed: number;
  readonly zone: string;
}

export function decideLoad(wish: LoadWish, present: Present): LoadDecision {
  // A mark without records belongs to data that are gone, or to a load that had not begun.
  const mark = present.records === 0 ? undefined : present.mark;
  if (mark === undefined && present.records > 0) {
    if (wish.file !== null)
      return refuse(`the topics hold ${present.records} events already`, wish.file.file);
    return { action: "foreign", zone: wish.zone ?? present.zone };
  }
  if (mark === undefined) {
    const source = wish.file ?? { kind: "demo", seed: wish.seed ?? present.seed, now: present.now };
    return { action: "load", mark: { source, zone: wish.zone ?? present.zone, isComplete: false } };
  }
  if (wish.zone !== null && wish.zone !== mark.zone)
    return {
      action: "refuse",
      reason: `The data were made with --zone ${mark.zone}; add --fresh to begin anew`,
    };
  if (wish.file !== null && !isDeepStrictEqual(wish.file, mark.source))
    return refuse(`the topics hold ${describeSource(mark.source)}`, wish.file.file);
  if (wish.seed !== null && (mark.source.kind !== "demo" || mark.source.seed !== wish.seed))
    return {
      action: "refuse",
      reason: `The topics hold ${describeSource(mark.source)}; add --fresh to begin anew`,
    };
  return { action: mark.isComplete ? "keep" : "load", mark };
}

function refuse(what: string, file: string): LoadDecision {
  return { action: "refuse", reason: `${file} is not loaded: ${what}; add --fresh to begin anew` };
}

export function describeSource(source: LoadSource): string {
  return source.kind === "demo" ? `the demo of seed ${source.seed}` : `the orders of ${source.file}`;
}
