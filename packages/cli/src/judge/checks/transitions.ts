/**
 * What was published against what an independent fold of the log expects, subject by subject: the same changes at the
 * same instants, in an order that the log explains.
 */
import {
  type Deleted,
  type ExpectedChange,
  type Folded,
  foldSubject,
  type Turn,
} from "../fold/fold-subject.ts";
import type { Absorbed, Life } from "../fold/life.ts";
import type { Reading } from "../language/definitions.ts";
import type { CutsEntry, SegmentChange } from "../records.ts";
import { type Findings, foundDuplicate, foundLost, instantText } from "../verdict.ts";
import { nameOf } from "./changes.ts";

export interface SubjectLog {
  /** `kind:id`. */
  readonly subject: string;
  readonly reading: Reading;
  readonly life: Life;
  readonly absorbedOf: (from: string, mergeOffset: number) => Absorbed | undefined;
  /** Of its partition, in order of offset. */
  readonly cuts: readonly CutsEntry[];
  /** What sweeps brought it, in order of offset. */
  readonly turns: readonly Turn[];
  /** What was deleted in its partition, in order of offset. */
  readonly deleted: readonly Deleted[];
  /**
   * It became one with somebody of whom not all that is evaluated was known yet: that comes by itself, so that only what
   * it comes to in the end is judged.
   */
  readonly isEntangled: boolean;
  /** In order of their numbers. */
  readonly published: readonly SegmentChange[];
  /** Definitions that were evaluated once and are not judged any more. */
  readonly formerly: ReadonlySet<string>;
}

/** By brute force. */
export function foldLog(log: SubjectLog, asOf: number): Folded {
  const { reading, life, absorbedOf, cuts, turns, deleted, published } = log;
  const answering = answeringIn(log);
  const fired = published
    .map((change) => ({ ...change, isJudged: answering.has(nameOf(change)) }))
    // A definition that is not judged moved the clock all the same, by whatever a sweep brought.
    .filter(({ cause, isJudged }) => cause === "time" || (cause === "definition" && !isJudged));
  return foldSubject(reading, life, fired, asOf, { absorbedOf, cuts, turns, deleted });
}

/** All that is evaluated at any time. */
function answeringIn({ reading, turns }: SubjectLog): Reading["answering"] {
  return new Map([reading, ...turns.map((turn) => turn.reading)].flatMap(({ answering }) => [...answering]));
}

/** Answers the states of the subject, at `asOf` or its last event. */
export function checkTransitions(log: SubjectLog, asOf: number, findings: Findings): Folded {
  const { subject, published, formerly, deleted } = log;
  const answering = answeringIn(log);
  const folded = foldLog(log, asOf);
  const judged: SegmentChange[] = [];
  for (const change of published) {
    const name = nameOf(change);
    if (change.effectiveAt > folded.at || formerly.has(name)) continue;
    if (answering.has(name)) judged.push(change);
    else foundLost(findings, `${subject} has a change in ${name}, which is not evaluated.`);
  }
  if (!log.isEntangled) compare(subject, folded.changes, judged, findings);
  const goneAt = new Map(deleted.map(({ name, offset }) => [name, offset]));
  const standing = judged.filter((change) => change.causeOffset > (goneAt.get(nameOf(change)) ?? -1));
  checkStates(subject, answering, folded, standing, findings);
  if (log.isEntangled && folded.states.size === 0) checkEnded(subject, standing, findings);
  for (const sweep of folded.unreached)
    foundLost(findings, `${subject} was not reached by the sweep ${sweep}, which is over.`);
  return folded;
}

interface Unmatched {
  readonly missing: ExpectedChange[];
  readonly unexpected: SegmentChange[];
}

function compare(
  subject: string,
  expected: readonly ExpectedChange[],
  published: readonly SegmentChange[],
  findings: Findings,
): void {
  const open = new Map<string, ExpectedChange[]>();
  for (const change of expected) {
    const key = keyOf(change.definition, change);
    open.set(key, [...(open.get(key) ?? []), change]);
  }
  const known = new Set(open.keys());
  const unexpected: SegmentChange[] = [];
  let latest = 0;
  for (const change of published) {
    const name = nameOf(change);
    const key = keyOf(name, change);
    const match = open.get(key)?.shift();
    if (match === undefined) {
      if (known.has(key))
        foundDuplicate(findings, `${subject} has ${said(name, change)} once more than expected.`);
      else unexpected.push(change);
      continue;
    }
    if (match.cause !== change.cause)
      foundLost(
        findings,
        `${subject} has ${said(name, change)} because of ${change.cause}; expected ${match.cause}.`,
      );
    if (match.step < latest) foundLost(findings, `${subject} has ${said(name, change)} out of order.`);
    latest = Math.max(latest, match.step);
  }
  reportUnmatched(
    subject,
    { missing: [...open.values()].flat().filter(({ isOptional }) => isOptional !== true), unexpected },
    findings,
  );
}

/** A change at another instant is one fault, not two. */
function reportUnmatched(subject: string, { missing, unexpected }: Unmatched, findings: Findings): void {
  const left = [...unexpected];
  for (const change of missing) {
    const { definition, from, to } = change;
    const place = left.findIndex(
      (other) => nameOf(other) === definition && other.from === from && other.to === to,
    );
    const [moved] = place < 0 ? [] : left.splice(place, 1);
    const what = `${subject} ought to have ${said(definition, change)}`;
    foundLost(
      findings,
      moved === undefined ? `${what}.` : `${what}; it was published at ${instantText(moved.effectiveAt)}.`,
    );
  }
  for (const change of left)
    foundLost(findings, `${subject} has ${said(nameOf(change), change)}, an unexpected change.`);
}

/** What the changes add up to is what brute force says. */
function checkStates(
  subject: string,
  answering: Reading["answering"],
  { states, at }: Folded,
  published: readonly SegmentChange[],
  findings: Findings,
): void {
  const added = new Map(published.map((change) => [nameOf(change), change.to]));
  for (const [name, state] of states) {
    const found = added.get(name) ?? answering.get(name)?.atFirst ?? null;
    if (found === state) continue;
    const when = instantText(at);
    foundLost(findings, `${subject} is ${state} in ${name} at ${when}; its changes leave it ${found}.`);
  }
}

/** Who is nobody any more, is in nothing. */
function checkEnded(subject: string, published: readonly SegmentChange[], findings: Findings): void {
  const added = new Map(published.map((change) => [nameOf(change), change.to]));
  for (const [name, to] of added)
    if (to !== "out") foundLost(findings, `${subject} ended, and its changes leave it ${to} in ${name}.`);
}

interface Move {
  readonly from: string | null;
  readonly to: string;
  readonly effectiveAt: number;
}

function keyOf(name: string, { from, to, effectiveAt }: Move): string {
  return `${name} ${from} ${to} ${effectiveAt}`;
}

function said(name: string, { from, to, effectiveAt }: Move): string {
  return `${name} from ${from} to ${to} at ${instantText(effectiveAt)}`;
}
