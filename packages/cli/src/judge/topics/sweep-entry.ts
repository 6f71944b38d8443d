/** Records of sweeps, as `schemas/*.avsc` describe them, as the judge looks at them. */
import type { SubjectKind, SweepEntry } from "../records.ts";

interface Place {
  readonly offset: number;
  readonly appendedAt: number;
}

interface Sweep {
  readonly id: string;
  readonly generation: number;
  readonly definitions: Extract<SweepEntry, { readonly type: "sweep" }>["definitions"];
}

interface SweepApply {
  readonly sweep: string;
  readonly subject: string;
  readonly subjectKind: SubjectKind;
  readonly from: string | null;
}

/** Of several subjects at once. */
interface SweepBatch {
  readonly sweep: string;
  readonly applies: readonly Pick<SweepApply, "subject" | "subjectKind">[];
}

/** None for any other record. What a sweep brings to several is an entry for each. */
export function sweepEntries(type: string, value: unknown, place: Place): readonly SweepEntry[] {
  if (type === "tidemark.log.SweepBatch") {
    const { sweep, applies } = value as SweepBatch;
    return applies.map(({ subject, subjectKind }) => {
      return { type: "sweep-apply", ...place, sweep, subject, subjectKind, from: null };
    });
  }
  const entry = sweepEntry(type, value, place);
  return entry === undefined ? [] : [entry];
}

function sweepEntry(type: string, value: unknown, place: Place): SweepEntry | undefined {
  const { offset, appendedAt } = place;
  switch (type) {
    case "tidemark.log.Sweep": {
      const { id: sweep, generation, definitions } = value as Sweep;
      return { type: "sweep", offset, sweep, generation, definitions };
    }
    case "tidemark.log.SweepApply": {
      const { sweep, subject, subjectKind, from } = value as SweepApply;
      return { type: "sweep-apply", offset, appendedAt, sweep, subject, subjectKind, from };
    }
    case "tidemark.log.SweepEnd":
      return { type: "sweep-end", offset, sweep: (value as { readonly sweep: string }).sweep };
    default:
      return undefined;
  }
}
