/** What the judge found. */

export interface Verdict {
  /** Canonical events that were admitted. */
  readonly events: number;
  /** Changes that stand on the topic, each number once. */
  readonly changes: number;
  /** What ought to be there and is not, or is not as it ought to be. */
  readonly lost: number;
  /** What is there more than once. */
  readonly duplicates: number;
  /** Lines of orders that name nobody. */
  readonly unattributed: number;
  /** Members of each segment, by brute force at the judge's instant. */
  readonly segments: Readonly<Record<string, number>>;
  /** The same for the categories of each classification. */
  readonly classifications: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The first findings, a sentence each. */
  readonly details: readonly string[];
  /** Subjects (`kind:id`) by `segment/ID` and `classification/ID/CATEGORY`. */
  readonly members: ReadonlyMap<string, ReadonlySet<string>>;
}

const mostDetails = 100;

export interface Findings {
  lost: number;
  duplicates: number;
  readonly details: string[];
}

export function noFindings(): Findings {
  return { lost: 0, duplicates: 0, details: [] };
}

export function foundLost(findings: Findings, sentence: string, count = 1): void {
  findings.lost += count;
  if (findings.details.length < mostDetails) findings.details.push(`Lost: ${sentence}`);
}

export function foundDuplicate(findings: Findings, sentence: string, count = 1): void {
  findings.duplicates += count;
  if (findings.details.length < mostDetails) findings.details.push(`Duplicate: ${sentence}`);
}

/** An instant as people read it, to the millisecond. */
export function instantText(instant: number): string {
  return Math.abs(instant) <= 8.64e15 ? new Date(instant).toISOString() : String(instant);
}
