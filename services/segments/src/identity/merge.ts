/**
 * A merge, in three places (rule 8 of "Effectively once"). Laws that tests cite:
 *  M1 partition 0 puts all merges in order: a subject is merged once, and never into itself by any way round.
 *  M2 who was merged leaves all that it was in, with the cause `merge`; what was known of it goes on in whole.
 *  M3 who takes over changes by the net difference; what comes later for the one counts for the other.
 */
import {
  type Absorb,
  instantOf,
  type Merge,
  type MergeRequest,
  subjectHash,
  subjectKey,
  type Unmerge,
} from "@tidemark/contracts";
import { endCustomer, packCustomer, portableSlots, unpackCustomer } from "@tidemark/core";
import {
  aliasesKey,
  lastGeneration,
  maxBatchBytes,
  mergedKey,
  packRedirect,
  planFor,
  readAliases,
  readTombstone,
  tombstoneKey,
} from "@tidemark/runtime";
import type { FoldResult } from "../fold.ts";
import { historicAfterMs } from "../historic.ts";
import { keptVersions } from "../kept-versions.ts";
import type { IdentityFold } from "./context.ts";

/** Bytes of orders in one record at most; it stays below the message limit with the largest state. */
const maxOrderBytes = Math.floor(maxBatchBytes / 2);

/** In partition 0. */
export async function foldMergeRequest(fold: IdentityFold, request: MergeRequest): Promise<FoldResult> {
  const { subject, subjectKind, into, source } = request;
  if (!fold.isNew(source)) return fold.result();
  const hash = subjectHash(subjectKind, subject);
  const reason = await refusal(fold, hash, subjectHash(subjectKind, into));
  if (reason !== null) {
    fold.reject(source, reason);
    if (reason !== "repeated-merge") fold.output.deadLetters.push({ record: fold.record, reason });
    return fold.result();
  }
  fold.put(mergedKey(hash), Buffer.from(subjectHash(subjectKind, into)));
  const mergedAt = instantOf(request.mergedAt, fold.record.timestamp);
  const merge: Omit<Merge, "source"> = { subject, subjectKind, into, mergedAt };
  fold.send("tidemark.log.Merge", merge, subjectKey(subjectKind, subject));
  return fold.result();
}

async function refusal(fold: IdentityFold, from: string, into: string): Promise<string | null> {
  const { partition, reads } = fold.input;
  if (partition !== 0) return "merge-out-of-place";
  const mergedInto = async (hash: string) => (await reads.subject(mergedKey(hash)))?.toString() ?? null;
  const known = await mergedInto(from);
  if (known !== null) return known === into ? "repeated-merge" : "merged-before";
  for (let hash: string | null = into; hash !== null; hash = await mergedInto(hash))
    if (hash === from) return "merge-cycle";
  return null;
}

/** In partition 0: a subject that ended begins anew as one that was never merged. */
export async function foldUnmerge(fold: IdentityFold, unmerge: Unmerge): Promise<FoldResult> {
  if (fold.isNew(unmerge.source)) fold.put(mergedKey(unmerge.subjectHash), null);
  return fold.result();
}

/** In the partition of who is merged. */
export async function foldMerge(fold: IdentityFold, merge: Merge): Promise<FoldResult> {
  const { subject: id, subjectKind: kind, into, mergedAt, source } = merge;
  const { input, record, output } = fold;
  const { reads, definitions } = input;
  if (!fold.isNew(source)) return fold.result();
  const tombstone = readTombstone(await reads.subject(tombstoneKey(kind, id)));
  if (tombstone !== null && tombstone.erasedAt >= mergedAt) {
    fold.reject(source, "erased");
    fold.send("tidemark.log.Unmerge", { subjectHash: subjectHash(kind, id) }, null);
    return fold.result();
  }
  const key = subjectKey(kind, id);
  const [stored, aliases, orders] = await Promise.all([
    reads.subject(key),
    reads.subject(aliasesKey(key)),
    reads.orders(key),
  ]);
  const known = readAliases(aliases);
  const whole: Omit<Absorb, "source" | "orders"> = {
    subject: into,
    subjectKind: kind,
    from: id,
    mergedAt,
    state: null,
    generation: lastGeneration(definitions),
    slots: "{}",
    aliases: [...known.map((alias) => ({ id: alias.id, mergedAt: alias.mergedAt })), { id, mergedAt }],
  };
  let first = whole;
  let reachedBy = definitions.sweeps;
  if (stored !== null) {
    const plan = planFor(definitions, stored);
    const state = unpackCustomer(plan, stored, id);
    const historic = record.timestamp - mergedAt > historicAfterMs;
    fold.lookByCuts(plan, state, historic);
    const transitions = endCustomer(plan, state, mergedAt, "merge");
    output.change(
      keptVersions(definitions, transitions),
      id,
      kind,
      historic,
      record.offset,
      "customer.merged",
    );
    reachedBy = state.sweep;
    const slots = JSON.stringify(portableSlots(plan, state));
    first = { ...whole, state: Buffer.from(packCustomer(plan, state)), slots };
  }
  const images = orders.map(([order, image]) => ({ orderId: order.slice(key.length + 1), image }));
  cutOrders(images).forEach((some, at) => {
    const absorb = { ...(at === 0 ? first : { ...whole, aliases: [] }), orders: some };
    fold.send("tidemark.log.Absorb", absorb, subjectKey(kind, into));
  });
  for (const [order] of orders) fold.orders.push({ key: order, subject: key, image: null });
  fold.put(aliasesKey(key), null);
  // What a sweep brings of them, or of it, may be sent on.
  const absorbed = known.flatMap(({ id: other, offset }) =>
    offset === undefined ? [] : [{ id: other, offset }],
  );
  const redirect = { into, mergedAt, offset: record.offset, sweep: reachedBy, absorbed };
  fold.put(key, packRedirect({ ...redirect, through: mergedAt, passed: [] }));
  return fold.result();
}

/** At least one, the first perhaps empty. */
function cutOrders(orders: Absorb["orders"]): Absorb["orders"][] {
  const cut: (Absorb["orders"][number] | never)[][] = [[]];
  let bytes = 0;
  for (const order of orders) {
    const size = order.image.length + Buffer.byteLength(order.orderId) + 16;
    if (bytes + size > maxOrderBytes) {
      cut.push([]);
      bytes = 0;
    }
    cut.at(-1)?.push(order);
    bytes += size;
  }
  return cut;
}
