/** Why each change stands where it stands: its record, its instant, the version that it was worked out with. */
import { checkChanges, type StandingChange } from "../../../packages/cli/src/judge/checks/changes.ts";
import type { CustomerEvent, DefinitionVersion } from "../../../packages/cli/src/judge/records.ts";
import { noFindings } from "../../../packages/cli/src/judge/verdict.ts";
import { clockAt, type Evidence, type LogFact, meaningOf } from "./evidence.ts";

export function standingChanges({ judged }: Evidence): ReadonlyMap<number, readonly StandingChange[]> {
  return checkChanges(judged.logs.segmentChanges, noFindings());
}

export function checkCauses(evidence: Evidence): string[] {
  const findings: string[] = [];
  for (const [partition, changes] of standingChanges(evidence)) {
    const facts = evidence.log.get(partition) ?? [];
    for (const change of changes) {
      const wrong = wrongCause(change, facts) ?? wrongVersion(change, facts);
      if (wrong !== null)
        findings.push(`segment-changes/${partition}, number ${change.sequence} (${change.cause}): ${wrong}.`);
    }
  }
  return findings;
}

function wrongCause(change: StandingChange, facts: readonly LogFact[]): string | null {
  const { cause, causeOffset, effectiveAt, subject, subjectKind } = change;
  const record = facts[causeOffset];
  if (record === undefined) return `there is no record ${causeOffset}`;
  if (effectiveAt > record.appendedAt) return "it is of an instant after its record was appended";
  if (record.type === "tidemark.log.Clock") {
    if (cause !== "time") return `a clock record cannot bring it about`;
    return effectiveAt > clockAt(facts, causeOffset) ? "the clock was not there yet" : null;
  }
  if (record.type !== "tidemark.log.CustomerEvent") return `${record.type} cannot bring it about`;
  const event = record.value as CustomerEvent;
  if (event.subject !== subject || event.subjectKind !== subjectKind)
    return `its event is of ${event.subject}`;
  if (cause === "time") return effectiveAt < event.occurredAt ? null : "its event came before it";
  if (change.causeEvent !== event.name) return `its event is ${event.name}, not ${change.causeEvent}`;
  return null;
}

/** A definition that was changed or deleted, once there are events, is silent: it has to be filled first. */
function wrongVersion(change: StandingChange, facts: readonly LogFact[]): string | null {
  let version = 0;
  let meaning: string | null | undefined;
  let isSilent = false;
  let hasEvents = false;
  for (const { offset, type, value } of facts) {
    if (offset > change.causeOffset) break;
    if (type === "tidemark.log.CustomerEvent") hasEvents = true;
    if (type !== "tidemark.log.DefinitionVersion") continue;
    const given = value as DefinitionVersion;
    if (given.kind !== change.definitionKind || given.id !== change.definition || given.version <= version)
      continue;
    const next = meaningOf(given.document);
    if (next !== meaning) isSilent = next === null || hasEvents;
    version = given.version;
    meaning = next;
  }
  if (isSilent) return "its definition is not evaluated at that place";
  return version === change.definitionVersion
    ? null
    : `version ${version} was in force, not ${change.definitionVersion}`;
}
