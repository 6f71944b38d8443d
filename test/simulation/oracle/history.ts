/**
 * What a change says of being history. An event is history where its source held it at its first start, or where it was
 * over an hour old when appended, and so is a merge. A timer that only history armed fires late: all that was past by then is history.
 */
import type { Absorb, DefinitionRecord, Sweep } from "@tidemark/contracts";
import type { StandingChange } from "../../../packages/cli/src/judge/checks/changes.ts";
import type { CustomerEvent } from "../../../packages/cli/src/judge/records.ts";
import { identityEntry } from "../../../packages/cli/src/judge/topics/identity-entry.ts";
import { appliesIn, isOfSweep } from "./applies.ts";
import { cutsBefore } from "./cuts.ts";
import type { Evidence, LogFact } from "./evidence.ts";

const historicAfterMs = 3_600_000;

/** First offset that was not there at the first start, by `source/partition`: of several that were written, the first. */
export type LoadEnds = ReadonlyMap<string, number>;

export function loadEndsIn(written: readonly DefinitionRecord[]): LoadEnds {
  const ends = new Map<string, number>();
  for (const { kind, id, document } of written)
    if (kind === "load" && !ends.has(id)) ends.set(id, JSON.parse(document).endOffset);
  return ends;
}

/** Null where it says what is so, or where nothing is known. */
export function wrongHistory(
  { historic, cause, causeOffset, effectiveAt, subject, subjectKind }: StandingChange,
  facts: readonly LogFact[],
  { loadEnds, rejected }: Pick<Evidence, "loadEnds" | "rejected">,
): string | null {
  const record = facts[causeOffset];
  if (record === undefined) return null;
  const cuts = cutsBefore(facts, causeOffset);
  const said = historic ? "it is called history" : "it is not called history";
  if (cause === "cuts") {
    const isMeant = cuts.some(
      ({ appendedAt, isFirst }) => appendedAt === effectiveAt && isFirst === historic,
    );
    return isMeant ? null : `${said}, and its cuts are otherwise`;
  }
  // What was due before cuts came, and is told when they are looked at.
  if (record.type === "tidemark.log.Rescore") {
    const isLate = record.appendedAt - effectiveAt > historicAfterMs;
    return isLate === historic
      ? null
      : `${said}, and it ${isLate ? "came" : "did not come"} over an hour late`;
  }
  if (isOfSweep(record)) {
    const isMeant =
      cause === "definition" ||
      isLoading(facts, causeOffset) ||
      record.appendedAt - effectiveAt > historicAfterMs;
    return isMeant === historic ? null : `${said}, and a sweep brought it`;
  }
  if (record.type !== "tidemark.log.Clock")
    return isHistoric(record, loadEnds) === historic ? null : `${said}, its record is not alike`;
  if (cause !== "time") return null;
  const isMeant = (one: Who): boolean => one.subject === subject && one.subjectKind === subjectKind;
  const armedBy = facts.findLast((fact) => {
    const { offset, type, value } = fact;
    if (offset >= causeOffset || rejected.has(`${record.partition}/${offset}`)) return false;
    const apply = appliesIn(fact).find(isMeant);
    if (apply !== undefined) return isReaching(facts, offset, apply, rejected);
    const isArming =
      type === "tidemark.log.CustomerEvent" ||
      (type === "tidemark.log.Absorb" && isOfSomebody(value as Absorb));
    return isArming && isMeant(value as CustomerEvent);
  });
  if (armedBy === undefined) return "nothing armed its timer";
  const isOfHistory = isHistoric(armedBy, loadEnds);
  if (historic && !isOfHistory) return `${said}, and no history armed its timer`;
  const wasPast = effectiveAt <= armedBy.appendedAt;
  return !historic && isOfHistory && wasPast ? `${said}, and it was past when history armed its timer` : null;
}

/** Whether a load has begun before an offset that has not ended. One that has ended does not begin again. */
function isLoading(facts: readonly LogFact[], before: number): boolean {
  const open = new Set<string>();
  const ended = new Set<string>();
  for (const { offset, type, value } of facts) {
    if (offset >= before) break;
    const { sourceId, sourcePartition } = value as { sourceId: string; sourcePartition: number };
    const source = `${sourceId}/${sourcePartition}`;
    if (type === "tidemark.log.LoadBegin" && !ended.has(source)) open.add(source);
    if (type !== "tidemark.log.LoadEnd") continue;
    open.delete(source);
    ended.add(source);
  }
  return open.size > 0;
}

type Who = Pick<CustomerEvent, "subject" | "subjectKind">;

/** Whether a record of a sweep is the first that it brought to somebody who was there when it began. */
function isReaching(
  facts: readonly LogFact[],
  offset: number,
  apply: ReturnType<typeof appliesIn>[number],
  rejected: ReadonlySet<string>,
): boolean {
  const { partition = 0 } = facts[offset] ?? {};
  const began = facts.findLast(
    (one) =>
      one.offset < offset && one.type === "tidemark.log.Sweep" && (one.value as Sweep).id === apply.sweep,
  );
  if (began === undefined) return false;
  const isMeant = ({ subject, subjectKind }: Partial<Who>): boolean =>
    subject === apply.subject && subjectKind === apply.subjectKind;
  const ofSubject = facts.filter(({ value }) => isMeant((value ?? {}) as Partial<Who>));
  const isFirst = !facts.some(
    (one) =>
      one.offset < offset &&
      one.offset > began.offset &&
      appliesIn(one).some((other) => isMeant(other) && other.sweep === apply.sweep),
  );
  const erasedAt =
    ofSubject.findLast((one) => one.type === "tidemark.log.Erasure" && one.offset < offset)?.offset ?? -1;
  return (
    isFirst &&
    ofSubject.some(
      (one) =>
        one.type === "tidemark.log.CustomerEvent" &&
        one.offset > erasedAt &&
        one.offset < began.offset &&
        !rejected.has(`${partition}/${one.offset}`),
    )
  );
}

/** Of who was nobody yet there is nothing that could arm a timer. */
function isOfSomebody({ state, orders }: Absorb): boolean {
  return state !== null || orders.length > 0;
}

function isHistoric({ type, value, appendedAt }: LogFact, loadEnds: LoadEnds): boolean {
  if (isOfSweep({ type })) return true;
  const identity = identityEntry(type, value, { offset: 0, appendedAt });
  if (identity !== undefined) return appendedAt - identity.at > historicAfterMs;
  const { sourceId, sourcePartition, sourceOffset, occurredAt } = value as CustomerEvent;
  const loadEnd = loadEnds.get(`${sourceId}/${sourcePartition}`) ?? 0;
  return sourceOffset < loadEnd || appendedAt - occurredAt > historicAfterMs;
}
