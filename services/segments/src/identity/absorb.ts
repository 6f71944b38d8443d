/** Who takes over another (law M3 in merge.ts). */
import { type Absorb, type Erasure, subjectKey } from "@tidemark/contracts";
import {
  type Absorbed,
  absorbCustomer,
  type Contribution,
  type CustomerState,
  type Plan,
  packCustomer,
  unpackCustomer,
} from "@tidemark/core";
import {
  aliasesKey,
  type DefinitionSet,
  joinOrderImages,
  type KeptAlias,
  packAliases,
  packOrderImage,
  packRedirect,
  readAliases,
  readRedirect,
  readTombstone,
  sentThrough,
  tombstoneKey,
  unpackOrderImage,
} from "@tidemark/runtime";
import { armAfterEvent, type FoldResult, openCustomer, packed } from "../fold.ts";
import { historicAfterMs } from "../historic.ts";
import type { IdentityFold, IdentityInput } from "./context.ts";

export async function foldAbsorb(fold: IdentityFold, absorb: Absorb): Promise<FoldResult> {
  const { subject: id, subjectKind: kind, mergedAt, source } = absorb;
  const { input, record, output } = fold;
  const { reads, definitions, meta, partition } = input;
  if (!fold.isNew(source)) return fold.result();
  const key = subjectKey(kind, id);
  const [stored, tombstoned, aliasesBefore] = await Promise.all([
    reads.subject(key),
    reads.subject(tombstoneKey(kind, id)),
    reads.subject(aliasesKey(key)),
  ]);
  // Law D4 in erase.ts, and before all that whoever began anew became.
  const tombstone = readTombstone(tombstoned);
  if (tombstone !== null && tombstone.erasedAt >= mergedAt) {
    fold.reject(source, "erased");
    for (const alias of absorb.aliases) {
      const erasedAt = Math.max(tombstone.erasedAt, alias.mergedAt);
      const erasure: Omit<Erasure, "source"> = { subject: alias.id, subjectKind: kind, erasedAt };
      fold.send("tidemark.log.Erasure", erasure, subjectKey(kind, alias.id));
    }
    return fold.result();
  }
  const redirect = stored && readRedirect(stored);
  if (redirect !== null) {
    const { source: _, ...same } = absorb;
    fold.put(key, packRedirect(sentThrough(redirect, mergedAt, absorb.aliases)));
    fold.send("tidemark.log.Absorb", { ...same, subject: redirect.into }, subjectKey(kind, redirect.into));
    return fold.result();
  }
  if (absorb.aliases.length > 0)
    fold.put(aliasesKey(key), packAliases(joinAliases(readAliases(aliasesBefore), absorb, record.offset)));

  const joined = await joinOrders(fold, key, absorb.orders);
  const { plan, state } = owner(definitions, absorb, openCustomer(definitions, kind, id, stored));
  if (absorb.state === null && joined.length === 0) return fold.result();
  const historic = record.timestamp - mergedAt > historicAfterMs;
  fold.lookByCuts(plan, state, historic);
  const event = { occurredAt: mergedAt, partition, offset: record.offset, contributions: joined };
  const transitions = absorbCustomer(plan, state, absorbedOf(input, plan, absorb), event);
  output.change(transitions, id, kind, historic, record.offset, "customer.absorbed");
  const timer = armAfterEvent(state.timer, historic, record.timestamp, meta.openLoads.size > 0);
  fold.put(key, packed(plan, state), timer);
  if (absorb.state !== null) meta.hasEvents = true;
  return fold.result();
}

/**
 * Where the sweep under way here had not begun there, what comes has nothing of it yet: it is in what the sweep brings of
 * who absorbs, which has to wait for that though it may have come new.
 */
function owner(
  { sweep, plan, swept }: DefinitionSet,
  { generation }: Absorb,
  customer: { readonly plan: Plan; readonly state: CustomerState },
): { readonly plan: Plan; readonly state: CustomerState } {
  if (sweep === null || generation >= sweep.generation || customer.plan !== swept) return customer;
  const state = unpackCustomer(plan, packCustomer(swept, customer.state), customer.state.id);
  state.sweep = 0;
  return { plan, state };
}

/** `own`: of who absorbs. */
function absorbedOf(
  { sets, definitions }: IdentityInput,
  own: Plan,
  { state, slots, from }: Absorb,
): Absorbed | null {
  if (state === null) return null;
  const plan = sets.planWith(definitions, own, JSON.parse(slots));
  return { plan, state: unpackCustomer(plan, state, from) };
}

/** Keeps the images; answers what to take back of orders that both had. */
async function joinOrders(
  fold: IdentityFold,
  subject: string,
  orders: Absorb["orders"],
): Promise<readonly Contribution[]> {
  const contributions: Contribution[] = [];
  for (const { orderId, image } of orders) {
    const key = `${subject}|${orderId}`;
    const ours = await fold.input.reads.order(key);
    const joined = ours && joinOrderImages(unpackOrderImage(ours), unpackOrderImage(image));
    fold.orders.push({ key, subject, image: joined ? packOrderImage(joined.image) : image });
    if (joined) contributions.push(...joined.contributions);
  }
  return contributions;
}

function joinAliases(
  before: readonly KeptAlias[],
  { from, aliases }: Absorb,
  offset: number,
): readonly KeptAlias[] {
  const more = aliases.map(({ id, mergedAt }) => (id === from ? { id, mergedAt, offset } : { id, mergedAt }));
  return [...new Map([...before, ...more].map((alias) => [alias.id, alias])).values()];
}
