/**
 * Cut points that move. Another law of the fold:
 *  F7 cuts are in force behind their record. Who is near one that moved is looked at when a `rescore` record names it, or
 *     before the next event or timer of its own, a merge or an erasure, and gets what was due before the cuts came at its
 *     own instants, then the net difference with the cause `cuts`; nobody else is touched. From then on the clock of all
 *     who were there is not behind the cuts (laws C1 to C3 of `recutCustomer`).
 * Where there were no cuts before, the changes are historic: the first members of a segment are no news to anybody.
 */
import { type Rescore, type SubjectKind, subjectKey } from "@tidemark/contracts";
import { unpackCustomer } from "@tidemark/core";
import { type LogRecord, planFor, readRedirect, type SubjectWrite } from "@tidemark/runtime";
import { armAfterEvent, type FoldInput, type FoldResult, Output, packed } from "./fold.ts";
import { historicWhenLate, staleCuts } from "./stale-cuts.ts";

export interface RescoreRecord {
  readonly record: LogRecord;
  readonly rescore: Rescore;
}

/** Folds records that name subjects, in order. `states` holds what was stored for each of them. */
export function foldRescores(
  input: FoldInput,
  records: readonly RescoreRecord[],
  states: ReadonlyMap<string, Buffer | null>,
): FoldResult {
  const { definitions, meta } = input;
  const output = new Output(input);
  const writes = new Map<string, SubjectWrite>();
  for (const { record, rescore } of records) {
    const key = subjectKeyOfRescore(rescore);
    const bytes = writes.get(key)?.state ?? states.get(key) ?? null;
    if (bytes === null || readRedirect(bytes) !== null) continue;
    const plan = planFor(definitions, bytes);
    const state = unpackCustomer(plan, bytes, rescore.subject);
    const told = staleCuts(definitions, plan, state, historicWhenLate(record.timestamp));
    if (told === null) continue;
    const { subject, subjectKind } = rescore;
    for (const moved of told)
      output.change(moved.transitions, subject, subjectKind, moved.historic, record.offset, null);
    const timer = armAfterEvent(state.timer, false, record.timestamp, meta.openLoads.size > 0);
    writes.set(key, { subject: key, state: packed(plan, state), timer });
  }
  return output.result([...writes.values()], []);
}

export function subjectKeyOfRescore({
  subject,
  subjectKind,
}: {
  readonly subject: string;
  readonly subjectKind: SubjectKind;
}): string {
  return subjectKey(subjectKind, subject);
}
