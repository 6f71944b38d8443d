/** What is wrong with a source record, in words for the person who sent it. */
import type { RecordFault } from "@tidemark/runtime";

/**
 * Why a record is refused: `unreadable` bytes, `invalid` fields, `unattributed` to anybody, in the `future`,
 * `too-old`, `no-rate` for its currency, `too-large`, or `failed` (our own fault).
 */
export type Reason =
  | "unreadable"
  | "invalid"
  | "unattributed"
  | "future"
  | "too-old"
  | "no-rate"
  | "too-large"
  | "failed";

export interface EventFault extends RecordFault {
  readonly reason: Reason;
}

const maxShownCharacters = 32;
const maxPathCharacters = 200;

/** A fault at `path`; `value` is what stands there, shown shortened. */
export function fault(
  path: string,
  value: unknown,
  expected: string,
  reason: Reason = "invalid",
): EventFault {
  return { path: cut(path, maxPathCharacters), found: shown(value), expected, reason };
}

/** The reason of a record with these faults: `unattributed` before all, else the one they share, else `invalid`. */
export function reasonOf(faults: readonly EventFault[]): Reason {
  if (faults.some(({ reason }) => reason === "unattributed")) return "unattributed";
  const reasons = new Set(faults.map(({ reason }) => reason));
  const [only] = reasons;
  return reasons.size === 1 && only !== undefined ? only : "invalid";
}

/** A value as people read it: scalars shortened, objects and lists only named. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") {
    const short = JSON.stringify(cut(value, maxShownCharacters));
    return value.length > maxShownCharacters ? `${short} (${value.length} characters)` : short;
  }
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

/** `["items", 0, "price"]` as `items[0].price`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += text === "" ? String(step) : `.${String(step)}`;
  }
  return text;
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 8)}…`.toWellFormed();
}
