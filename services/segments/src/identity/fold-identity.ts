/** Folds a record about who is who. */
import type { FoldResult } from "../fold.ts";
import { foldAbsorb } from "./absorb.ts";
import { IdentityFold, type IdentityInput } from "./context.ts";
import type { IdentityEntry } from "./entry.ts";
import { foldErasure } from "./erase.ts";
import { foldMerge, foldMergeRequest, foldUnmerge } from "./merge.ts";

/** `input.meta` is changed in place. Rejects where the store does not answer. */
export function foldIdentity(input: IdentityInput, entry: IdentityEntry): Promise<FoldResult> {
  const fold = new IdentityFold(input, entry.record);
  switch (entry.type) {
    case "erasure":
      return foldErasure(fold, entry.erasure);
    case "merge-request":
      return foldMergeRequest(fold, entry.request);
    case "merge":
      return foldMerge(fold, entry.merge);
    case "unmerge":
      return foldUnmerge(fold, entry.unmerge);
    case "absorb":
      return foldAbsorb(fold, entry.absorb);
  }
}
