/** Why each change stands where it stands: its record, its instant, the version that it was worked out with. */

import type { Rescore } from "@tidemark/contracts";
import { checkChanges, type StandingChange } from "../../../packages/cli/src/judge/checks/changes.ts";
import type { CustomerEvent, DefinitionVersion } from "../../../packages/cli/src/judge/records.ts";
import { identityEntry } from "../../../packages/cli/src/judge/topics/identity-entry.ts";
import { noFindings } from "../../../packages/cli/src/judge/verdict.ts";
import { cutsBefore } from "./cuts.ts";
import { clockAt, type Evidence, type LogFact, meaningOf } from "./evidence.ts";
import { wrongHistory } from "./history.ts";

export function standingChanges({ judged }: Evidence): ReadonlyMap<number, readonly StandingChange[]> {
  return checkChanges(judged.logs.segmentChanges, noFindings());
}

export function checkCauses(evidence: Evidence): string[] {
  const findings = checkFences(evidence);
  for (const [partition, changes] of standingChanges(evidence)) {
    const facts = evidence.log.get(partition) ?? [];
    for (const change of changes) {
      const wrong =
        wrongCause(change, facts) ?? wrongVersion(change, facts) ?? wrongHistory(change, facts, evidence);
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
    return effectiveAt > clockAt(facts, causeOffset) ? "the clock was not there yet" : null;
  }
  if (record.type in identityCauses) return wrongIdentity(change, record);
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

/**
 * A definition that is new once there are events is silent, and a changed one goes by its version before, until they
 * are filled, which nobody does here; a deleted one is silent.
 */
function wrongVersion(change: StandingChange, facts: readonly LogFact[]): string | null {
  let newest = 0;
  let live: Live | null = null;
  let hasEvents = false;
  for (const { offset, type, value } of facts) {
    if (offset > change.causeOffset) break;
    if (type === "tidemark.log.CustomerEvent" || type === "tidemark.log.Absorb") hasEvents = true;
    if (type !== "tidemark.log.DefinitionVersion") continue;
    const { kind, id, version, document } = value as DefinitionVersion;
    if (kind !== change.definitionKind || id !== change.definition || version <= newest) continue;
    newest = version;
    const meaning = meaningOf(document);
    if (meaning === null) live = null;
    else if (!hasEvents || (live as Live | null)?.meaning === meaning) live = { version, meaning };
  }
  // Who ends leaves also what nobody is put in any more.
  const isEnd = change.cause === "erased" || change.causeEvent === "customer.merged";
  if (live === null && isEnd && newest > 0)
    return change.definitionVersion === newest ? null : `version ${newest} was the newest`;
  if (live === null) return "its definition is not evaluated at that place";
  if (live.version === change.definitionVersion) return null;
  return `version ${live.version} was in force, not ${change.definitionVersion}`;
}
