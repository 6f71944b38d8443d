/** One attempt at delivering a message, and what its outcome means. */

/** What came of it: an answer, or nothing. */
export type Outcome =
  | {
      readonly status: number;
      /** The header as it came. */
      readonly retryAfter: string | null;
      /** The first of what the answer says. */
      readonly text: string;
    }
  /** A code such as `ECONNREFUSED` or `timeout`. */
  | { readonly failure: string };

export type Meaning = "delivered" | "retry" | "final";

/** 408, 429, 5xx and failures may pass; every other answer but 2xx is final. Redirects are not followed. */
export function meaningOf(outcome: Outcome): Meaning {
  if ("failure" in outcome) return "retry";
  const { status } = outcome;
  if (status >= 200 && status < 300) return "delivered";
  return status === 408 || status === 429 || status >= 500 ? "retry" : "final";
}

/** Pauses between attempts, in ms. */
export interface PauseBounds {
  readonly firstMs: number;
  readonly mostMs: number;
  /** No pause is longer, whatever the endpoint asks for. */
  readonly askedMs: number;
}

/**
 * How long to wait after a failed attempt, in ms: doubling from the first pause to the longest, half of it by chance,
 * or what the endpoint asks for if that is longer. `attempt` counts from 1, `random` lies in [0, 1).
 */
export function pauseAfter(
  attempt: number,
  outcome: Outcome,
  now: number,
  random: number,
  { firstMs, mostMs, askedMs }: PauseBounds,
): number {
  const whole = Math.min(firstMs * 2 ** (attempt - 1), mostMs);
  const asked = "failure" in outcome ? 0 : retryAfterMs(outcome.retryAfter, now);
  return Math.max(Math.round(whole * (0.5 + random / 2)), Math.min(asked, askedMs));
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); 0 where it is neither. */
function retryAfterMs(header: string | null, now: number): number {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const at = /^[A-Za-z]{3}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}

export function describeOutcome(outcome: Outcome): string {
  if ("failure" in outcome) return outcome.failure;
  return outcome.text === "" ? `status ${outcome.status}` : `status ${outcome.status}: ${outcome.text}`;
}
