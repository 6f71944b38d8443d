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
  readonly begunAt: number;
  readonly subject: string;
  readonly subjectKind: SubjectKind;
  readonly from: string | null;
}

/** Of several subjects at once. */
interface SweepBatch extends Pick<SweepApply, "sweep" | "begunAt"> {
  readonly applies: readonly Pick<SweepApply, "subject" | "subjectKind">[];
}

/** None for any other record. What a sweep brings to several is an entry for each. */
export function sweepEntries(type: string, value: unknown, place: Place): readonly SweepEntry[] {
  if (type === "tidemark.log.SweepBatch") {
    const { sweep, begunAt, applies } = value as SweepBatch;
    return applies.map(({ subject, subjectKind }) => {
      return { type: "sweep-apply", ...place, sweep, begunAt, subject, subjectKind, from: null };
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
      const { sweep, begunAt, subject, subjectKind, from } = value as SweepApply;
      return { type: "sweep-apply", offset, appendedAt, sweep, begunAt, subject, subjectKind, from };
    }
    case "tidemark.log.SweepEnd": {
      const { sweep, begunAt } = value as Pick<SweepApply, "sweep" | "begunAt">;
      return { type: "sweep-end", offset, sweep, begunAt };
    }
    default:
      return undefined;
  }
}
