/** Errors as callers see them: problem details (RFC 9457), always. */
import type { Fault } from "@tidemark/core";

/** A fault, and where it stands in the text that was sent, if that is known. Lines and columns count from 1. */
export interface DocumentFault extends Fault {
  readonly line?: number;
  readonly column?: number;
}

/** Who keeps a definition from being deleted. */
export interface Referrer {
  readonly definition: string;
  readonly path: string;
}

export interface Problem {
  /** A name of ours, as a URN. */
  readonly type: string;
  /** The same for every problem of the type. */
  readonly title: string;
  readonly status: number;
  /** What is wrong this time, in a sentence. */
  readonly detail: string;
  readonly faults?: readonly DocumentFault[];
  readonly referrers?: readonly Referrer[];
  /** What is missing, by name. */
  readonly reasons?: Readonly<Record<string, string>>;
}

export const problemType = "application/problem+json";

const titles = {
  "wrong-request": [400, "The request is wrong"],
  "not-found": [404, "There is no such thing"],
  "in-use": [409, "Others refer to it"],
  "too-large": [413, "The body is too large"],
  "unknown-type": [415, "The body is of an unknown type"],
  "unreadable-document": [422, "The document cannot be read"],
  "wrong-definitions": [422, "The definitions are wrong"],
  "too-many-definitions": [422, "There would be too many definitions"],
  failed: [500, "The service itself failed"],
  unavailable: [503, "Something that is needed does not answer"],
} as const;

export type ProblemName = keyof typeof titles;

export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.detail, options);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

export function problem(
  name: ProblemName,
  detail: string,
  more: Pick<Problem, "faults" | "referrers" | "reasons"> = {},
): Problem {
  const [status, title] = titles[name];
  return { type: `urn:tidemark:problem:${name}`, title, status, detail, ...more };
}

export function refuse(...given: Parameters<typeof problem>): never {
  throw new ProblemError(problem(...given));
}
