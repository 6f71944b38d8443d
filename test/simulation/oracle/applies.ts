/** What a sweep brings to whom, in a record of its own or in one of several. */
import type { SweepApply, SweepBatch } from "@tidemark/contracts";
import type { LogFact } from "./evidence.ts";

type Brought = Pick<SweepApply, "sweep" | "subject" | "subjectKind">;

/** None of any other record. */
export function appliesIn({ type, value }: Pick<LogFact, "type" | "value">): readonly Brought[] {
  if (type === "tidemark.log.SweepApply") return [value as SweepApply];
  if (type !== "tidemark.log.SweepBatch") return [];
  const { sweep, applies } = value as SweepBatch;
  return applies.map(({ subject, subjectKind }) => ({ sweep, subject, subjectKind }));
}

export function isOfSweep({ type }: Pick<LogFact, "type">): boolean {
  return type === "tidemark.log.SweepApply" || type === "tidemark.log.SweepBatch";
}
