/** Records about who is who, as the log has them. */
import type { IdentityEntry, SourcePosition, SubjectKind } from "../records.ts";

const types: Readonly<Record<string, IdentityEntry["type"]>> = {
  "tidemark.log.MergeRequest": "merge-request",
  "tidemark.log.Merge": "merge",
  "tidemark.log.Absorb": "absorb",
  "tidemark.log.Erasure": "erasure",
  "tidemark.log.Unmerge": "unmerge",
};

interface Fields {
  readonly subject?: string;
  readonly subjectKind?: SubjectKind;
  readonly into?: string;
  readonly from?: string;
  readonly mergedAt?: number | null;
  readonly erasedAt?: number | null;
  readonly source?: SourcePosition | null;
}

/** Undefined for any other record. */
export function identityEntry(
  name: string,
  value: unknown,
  { offset, appendedAt }: { readonly offset: number; readonly appendedAt: number },
): IdentityEntry | undefined {
  const type = types[name];
  if (type === undefined) return undefined;
  const { subject = "", subjectKind = null, into, from, mergedAt, erasedAt, source = null } = value as Fields;
  const at = Math.min(mergedAt ?? erasedAt ?? appendedAt, appendedAt);
  return { type, offset, appendedAt, source, subjectKind, subject, other: into ?? from ?? "", at };
}
