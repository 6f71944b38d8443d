/** Records of `customer-events` about who is who. */
import type { Absorb, Decoded, Erasure, Merge, MergeRequest, Unmerge } from "@tidemark/contracts";
import type { LogRecord } from "@tidemark/runtime";

export type IdentityEntry =
  | { readonly type: "erasure"; readonly record: LogRecord; readonly erasure: Erasure }
  | { readonly type: "merge-request"; readonly record: LogRecord; readonly request: MergeRequest }
  | { readonly type: "merge"; readonly record: LogRecord; readonly merge: Merge }
  | { readonly type: "unmerge"; readonly record: LogRecord; readonly unmerge: Unmerge }
  | { readonly type: "absorb"; readonly record: LogRecord; readonly absorb: Absorb };

const types: ReadonlySet<string> = new Set(["erasure", "merge-request", "merge", "unmerge", "absorb"]);

export function isIdentityEntry<Other extends { readonly type: string }>(
  entry: Other | IdentityEntry,
): entry is IdentityEntry {
  return types.has(entry.type);
}

/** Undefined for any other record. */
export function identityEntry({ type, value }: Decoded, record: LogRecord): IdentityEntry | undefined {
  switch (type) {
    case "tidemark.log.Erasure":
      return { type: "erasure", record, erasure: value as Erasure };
    case "tidemark.log.MergeRequest":
      return { type: "merge-request", record, request: value as MergeRequest };
    case "tidemark.log.Merge":
      return { type: "merge", record, merge: value as Merge };
    case "tidemark.log.Unmerge":
      return { type: "unmerge", record, unmerge: value as Unmerge };
    case "tidemark.log.Absorb":
      return { type: "absorb", record, absorb: value as Absorb };
    default:
      return undefined;
  }
}
