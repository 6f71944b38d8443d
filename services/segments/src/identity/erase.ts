/**
 * An erasure (rule 8 of "Effectively once"). Laws that tests cite:
 *  D1 what stands before it in the partition is gone; what comes behind it and is dated up to it does not count; what is
 *     dated after it begins a new subject.
 *  D2 one dated not after another of the same subject changes nothing.
 *  D3 it reaches everybody who had become part of the subject, also those who went on to another through it, and the
 *     subject that it had become part of: dated so late there that all goes that came through this one.
 *  D4 and whoever becomes part of the subject by a merge that is dated up to it, whatever began anew meanwhile.
 */
import { type Erasure, instantOf, subjectHash, subjectKey } from "@tidemark/contracts";
import { endCustomer, unpackCustomer } from "@tidemark/core";
import {
  aliasesKey,
  packTombstone,
  planFor,
  readAliases,
  readRedirect,
  readTombstone,
  tombstoneKey,
} from "@tidemark/runtime";
import type { FoldResult } from "../fold.ts";
import { historicAfterMs } from "../historic.ts";
import { keptVersions } from "../kept-versions.ts";
import type { IdentityFold } from "./context.ts";

export async function foldErasure(fold: IdentityFold, erasure: Erasure): Promise<FoldResult> {
  const { input, record, output } = fold;
  const { reads, meta, definitions } = input;
  const { subject: id, subjectKind: kind } = erasure;
  if (!fold.isNew(erasure.source)) return fold.result();
  const erasedAt = instantOf(erasure.erasedAt, record.timestamp);
  const before = readTombstone(await reads.subject(tombstoneKey(kind, id)));
  if (before !== null && before.erasedAt >= erasedAt) return fold.result();

  const key = subjectKey(kind, id);
  const [stored, aliases, orders] = await Promise.all([
    reads.subject(key),
    reads.subject(aliasesKey(key)),
    reads.orders(key),
  ]);
  const redirect = stored && readRedirect(stored);
  const onward = (subject: string, upTo: number): void =>
    fold.send(
      "tidemark.log.Erasure",
      { subject, subjectKind: kind, erasedAt: upTo } satisfies Omit<Erasure, "source">,
      subjectKey(kind, subject),
    );
  let memberships = 0;
  if (redirect !== null) {
    onward(redirect.into, Math.max(erasedAt, redirect.through));
    fold.send("tidemark.log.Unmerge", { subjectHash: subjectHash(kind, id) }, null);
  } else if (stored !== null) {
    const plan = planFor(definitions, stored);
    const state = unpackCustomer(plan, stored, id);
    const historic = record.timestamp - erasedAt > historicAfterMs;
    fold.lookByCuts(plan, state, historic);
    const transitions = endCustomer(plan, state, erasedAt, "erased");
    output.change(
      keptVersions(definitions, transitions),
      id,
      kind,
      historic,
      record.offset,
      "customer.erased",
    );
    memberships = transitions.filter(({ cause }) => cause === "erased").length;
  }
  // Who became part of it ended with the merge: all of that goes, also where it had been erased before and begun anew.
  const others = redirect === null ? readAliases(aliases) : redirect.passed;
  for (const alias of others) onward(alias.id, Math.max(erasedAt, alias.mergedAt));

  fold.put(key, null);
  fold.put(aliasesKey(key), null);
  for (const [order] of orders) fold.orders.push({ key: order, subject: key, image: null });
  const counts = { subjects: stored === null ? 0 : 1, memberships, orders: orders.length };
  const tombstone = { erasedAt, offset: record.offset, ...counts };
  fold.put(tombstoneKey(kind, id), packTombstone(tombstone));
  meta.erasedThrough = Math.max(meta.erasedThrough, erasedAt);
  output.erased.push({
    subject: id,
    subjectKind: kind,
    erasedAt,
    sequence: output.sequence,
    causeOffset: record.offset,
  });
  return fold.result();
}
