/** Why each change stands where it stands: its record, its instant, the version that it was worked out with. */

import type { Rescore, Sweep, SweepEnd } from "@tidemark/contracts";
import { checkChanges, type StandingChange } from "../../../packages/cli/src/judge/checks/changes.ts";
import { deletedAt } from "../../../packages/cli/src/judge/deletions.ts";
import { firstNews } from "../../../packages/cli/src/judge/identity/first-news.ts";
import type {
  CustomerEvent,
  DefinitionVersion,
  EventEntry,
} from "../../../packages/cli/src/judge/records.ts";
import { identityEntry } from "../../../packages/cli/src/judge/topics/identity-entry.ts";
import { noFindings } from "../../../packages/cli/src/judge/verdict.ts";
import { appliesIn, isOfSweep } from "./applies.ts";
import { cutsBefore } from "./cuts.ts";
import { livesIn } from "./erasures.ts";
import { clockAt, type Evidence, type LogFact, meaningOf } from "./evidence.ts";
import { wrongHistory } from "./history.ts";

export function standingChanges({ judged }: Evidence): ReadonlyMap<number, readonly StandingChange[]> {
  const { segmentChanges, customerEvents } = judged.logs;
  return checkChanges(segmentChanges, deletedAt(customerEvents), noFindings());
}

export function checkCauses(evidence: Evidence): string[] {
  const findings = checkFences(evidence);
  const lives = livesIn(evidence.judged.logs);
  for (const [partition, changes] of standingChanges(evidence)) {
    const facts = evidence.log.get(partition) ?? [];
    const entries = evidence.judged.logs.customerEvents.get(partition) ?? [];
    const admitted = entries.filter(
      (entry) => entry.type === "event" && !evidence.rejected.has(`${partition}/${entry.offset}`),
    );
    const news = firstNews(admitted as EventEntry[], partition, lives);
    for (const change of changes) {
      const wrong =
        wrongCause(change, facts) ??
        wrongVersion(change, facts, news) ??
        wrongHistory(change, facts, evidence);
      if (wrong !== null)
        findings.push(`segment-changes/${partition}, number ${change.sequence} (${change.cause}): ${wrong}.`);
    }
  }
  return findings;
}

/** Each owner's changes stand behind its own fence, so that everybody knows whom it shut out. */
function checkFences({ judged }: Evidence): string[] {
  const findings: string[] = [];
  for (const [partition, entries] of judged.logs.segmentChanges) {
    let fence = 0;
    for (const entry of entries) {
      if (entry.type === "fence") fence = Math.max(fence, entry.fence.epoch);
      else if (entry.change.epoch > fence)
        findings.push(
          `segment-changes/${partition}/${entry.offset} is of epoch ${entry.change.epoch}, which no fence brought.`,
        );
    }
  }
  return findings;
}

function wrongCause(change: StandingChange, facts: readonly LogFact[]): string | null {
  const { cause, causeOffset, effectiveAt, subject, subjectKind } = change;
  const record = facts[causeOffset];
  if (record === undefined) return `there is no record ${causeOffset}`;
  if (effectiveAt > record.appendedAt) return "it is of an instant after its record was appended";
  if (cause === "cuts" || record.type === "tidemark.log.Rescore") return wrongCuts(change, record, facts);
  if (record.type === "tidemark.log.Clock") {
    if (cause !== "time") return `a clock record cannot bring it about`;
    // What was due before cuts that came is told with them, though the clock was behind.
    const cutsAt = cutsBefore(facts, causeOffset).map((one) => one.appendedAt - 1);
    return effectiveAt > Math.max(clockAt(facts, causeOffset), ...cutsAt)
      ? "the clock was not there yet"
      : null;
  }
  if (record.type in identityCauses) return wrongIdentity(change, record);
  if (isOfSweep(record)) return wrongFilling(change, record);
  if (record.type !== "tidemark.log.CustomerEvent") return `${record.type} cannot bring it about`;
  const event = record.value as CustomerEvent;
  if (event.subject !== subject || event.subjectKind !== subjectKind)
    return `its event is of ${event.subject}`;
  // Or before cuts that came before it.
  const until = [event.occurredAt, ...cutsBefore(facts, causeOffset).map((one) => one.appendedAt)];
  if (cause === "time") return effectiveAt < Math.max(...until) ? null : "its event came before it";
  if (change.causeEvent !== event.name) return `its event is ${event.name}, not ${change.causeEvent}`;
  return null;
}

/** What a sweep brings comes when it is brought, behind what time alone brought about before. */
function wrongFilling(
  { cause, causeEvent, effectiveAt, subject, subjectKind }: StandingChange,
  record: LogFact,
): string | null {
  const { appendedAt } = record;
  const applies = appliesIn(record);
  if (!applies.some((apply) => apply.subject === subject && apply.subjectKind === subjectKind))
    return `its record is of ${applies.map((apply) => apply.subject)}`;
  if (causeEvent !== null) return `it names ${causeEvent}`;
  if (cause === "time") return effectiveAt < appendedAt ? null : "it is not of an instant before its record";
  if (cause !== "definition") return "a sweep cannot bring it about";
  return effectiveAt === appendedAt ? null : "it is not of the instant of its record";
}

/** Whoever is looked at for whatever reason is looked at by the cuts in force first. */
function wrongCuts(change: StandingChange, record: LogFact, facts: readonly LogFact[]): string | null {
  const { cause, causeEvent, effectiveAt, subject } = change;
  const before = cutsBefore(facts, change.causeOffset);
  if (cause === "time")
    return before.some(({ appendedAt }) => effectiveAt < appendedAt) ? null : "no cuts came behind it";
  if (cause !== "cuts") return `${record.type} cannot bring it about`;
  if (causeEvent !== null) return `it names ${causeEvent}`;
  const of = record.type === "tidemark.log.Rescore" ? (record.value as Rescore).subject : subject;
  if (of !== subject) return `its record is of ${of}`;
  return before.some(({ appendedAt }) => appendedAt === effectiveAt) ? null : "no cuts came then";
}

/** What `causeEvent` says of a change that a record about who is who brought about. */
const identityCauses: Readonly<Record<string, string>> = {
  "tidemark.log.Merge": "customer.merged",
  "tidemark.log.Absorb": "customer.absorbed",
  "tidemark.log.Erasure": "customer.erased",
};

function wrongIdentity(change: StandingChange, { type, value, appendedAt }: LogFact): string | null {
  const { cause, causeEvent, effectiveAt } = change;
  const entry = identityEntry(type, value, { offset: 0, appendedAt });
  if (entry?.subject !== change.subject || entry.subjectKind !== change.subjectKind)
    return `its record is of ${entry?.subject}`;
  // What time alone brought about before comes with it.
  if (cause === "time") return causeEvent === null ? null : `it names ${causeEvent}`;
  const wanted = type === "tidemark.log.Erasure" ? "erased" : "merge";
  if (cause !== wanted) return `${type} cannot bring it about`;
  if (causeEvent !== identityCauses[type]) return `its event is ${identityCauses[type]}, not ${causeEvent}`;
  return effectiveAt < entry.at ? "it is of an instant before it" : null;
}

interface Live {
  readonly version: number;
  readonly meaning: string;
}

/** Of one definition, as far as a log was read. */
interface Versions {
  readonly newest: {
    readonly version: number;
    readonly meaning: string | null;
    readonly filling: boolean;
  } | null;
  readonly live: Live | null;
  /** What a sweep is bringing. */
  readonly swept: Live | null;
}

/**
 * A definition that is new once there are events, in its partition or as its record says in any, is silent, and a changed one goes by its version before, until a sweep
 * has brought it; a deleted one is silent. While a sweep is under way some go by the one, some by the other.
 */
function wrongVersion(
  change: StandingChange,
  facts: readonly LogFact[],
  firstNewsAt: number | undefined,
): string | null {
  let versions: Versions = { newest: null, live: null, swept: null };
  let sweep: { readonly id: string; readonly offset: number } | null = null;
  for (const { offset, type, value } of facts) {
    if (offset > change.causeOffset) break;
    if (type === "tidemark.log.DefinitionVersion") {
      const definition = value as DefinitionVersion;
      if (definition.kind === change.definitionKind && definition.id === change.definition)
        versions = written(versions, definition, firstNewsAt !== undefined && offset > firstNewsAt);
    } else if (type === "tidemark.log.Sweep") {
      const { id, definitions } = value as Sweep;
      // One that names nothing of what a partition has does not begin there.
      if (versions.swept !== null) continue;
      const isNamed = definitions.some(
        (one) =>
          one.kind === change.definitionKind &&
          one.id === change.definition &&
          one.version === versions.newest?.version,
      );
      const { version = 0, meaning = null } = versions.newest ?? {};
      if (!isNamed || meaning === null) continue;
      sweep = { id, offset };
      versions = { ...versions, swept: { version, meaning } };
    } else if (type === "tidemark.log.SweepEnd" && sweep !== null && endsIt(value as SweepEnd, sweep)) {
      sweep = null;
      versions = filled(versions);
    }
  }
  const { live, swept } = versions;
  if (live === null && swept === null) return "its definition is not evaluated at that place";
  const inForce = [live, swept].flatMap((one) => one?.version ?? []);
  if (inForce.includes(change.definitionVersion)) return null;
  return `version ${inForce.join(" or ")} was in force, not ${change.definitionVersion}`;
}

function endsIt(end: SweepEnd, { id, offset }: { readonly id: string; readonly offset: number }): boolean {
  return end.sweep === id && (end.begunAt === -1 || end.begunAt === offset);
}

function written(
  versions: Versions,
  { version, document, filling: isToFill }: DefinitionVersion,
  hasEvents: boolean,
): Versions {
  const { newest, live, swept } = versions;
  if (newest !== null && version <= newest.version) return versions;
  const meaning = meaningOf(document);
  if (meaning === null) return { newest: { version, meaning, filling: false }, live: null, swept: null };
  if (newest?.meaning === meaning)
    return {
      newest: { ...newest, version },
      live: newest.filling ? live : { version, meaning },
      swept: swept?.version === newest.version ? { version, meaning } : swept,
    };
  const isTakenBack = newest?.filling === true && live?.meaning === meaning && swept === null;
  if (isTakenBack || !(hasEvents || isToFill))
    return { newest: { version, meaning, filling: false }, live: { version, meaning }, swept };
  return { newest: { version, meaning, filling: true }, live, swept };
}

function filled({ newest, live, swept }: Versions): Versions {
  if (newest === null || swept === null) return { newest, live, swept: null };
  return { newest: { ...newest, filling: newest.version !== swept.version }, live: swept, swept: null };
}
