/** The definitions in force in one partition, as its log brought them, and the plans made of them. */

import type { DefinitionVersion } from "@tidemark/contracts";
import { buildHistoryPlan, buildPlan, type Plan, type Slots, sweepOf } from "@tidemark/core";
import {
  type CutsInForce,
  type DefinitionEntry,
  type DefinitionVersions,
  foldDefinitionEntry,
  inputsAfter,
  inputsBefore,
  noDefinitions,
} from "./definition-versions.ts";

export interface DefinitionSet extends DefinitionVersions {
  /** For all subjects; while a sweep is under way for those whom it has not reached. */
  readonly plan: Plan;
  /** While a sweep is under way: for those whom it has reached, and for those that come new. */
  readonly swept: Plan | null;
  /** While a sweep is under way: what history is folded with. See core's `buildHistoryPlan`. */
  readonly history: Plan | null;
  /** While cuts that moved are being gone through: the plans by those before, oldest first. See `recutCustomer`. */
  readonly former: readonly FormerPlans[];
}

interface FormerPlans {
  readonly plan: Plan;
  readonly swept: Plan | null;
  /** When the cuts came, in ms, and whether some of them had no value before. */
  readonly at: number;
  readonly isFirst: boolean;
  /** Of plans by the same cuts, under definitions of before. */
  readonly packedBy: readonly number[];
}

/** Of more the oldest are forgotten: who was packed by them is looked at by all cuts since. */
const maxPackedBy = 64;

/** Plans are alike in most partitions, so they are built once per process. Bounded: the oldest goes first. */
const maxCachedPlans = 64;

export interface DefinitionSets {
  unpack(bytes: Buffer | null): DefinitionSet;
  pack(set: DefinitionSet): Buffer;
  /** The same plan with other slots: it reads what was packed with those. `plan` is one of the set's. */
  planWith(set: DefinitionSet, plan: Plan, slots: Slots): Plan;
  /** The set after these records; the same where they change nothing. See `foldDefinitionEntry`. */
  fold(set: DefinitionSet, entries: readonly DefinitionEntry[], hasEvents: boolean): DefinitionSet;
  /** The same for versions of definitions only. */
  apply(set: DefinitionSet, records: readonly DefinitionVersion[], hasEvents: boolean): DefinitionSet;
}

/** The plan for a subject, from its packed state; null for one that comes new. */
export function planFor({ plan, swept, sweeps }: DefinitionSet, state: Uint8Array | null): Plan {
  if (swept === null) return plan;
  return state === null || sweepOf(state) >= sweeps ? swept : plan;
}

type Plans = Pick<DefinitionSet, "plan" | "swept" | "history">;

/** `zone` is the workspace's IANA zone. */
export function definitionSets(zone: string): DefinitionSets {
  const plansOf = cached((versions: DefinitionVersions, slots: Slots | undefined): Plans => {
    const cuts = versions.cuts?.values ?? {};
    const by = { zone, cuts, cutMoves: versions.cuts?.moves ?? 0 };
    const given = slots === undefined ? by : { ...by, slots };
    const { sweep } = versions;
    if (sweep === null) return { plan: buildPlan(inputsBefore(versions), given), swept: null, history: null };
    const after = inputsAfter(versions);
    const beside = { inputs: after, generation: sweep.generation };
    const before = inputsBefore(versions);
    const plan = buildPlan(before, { ...given, beside });
    // Who was reached may become part of somebody who was not: what is in force there goes on being kept.
    const swept = buildPlan(after, { ...by, slots: plan.slots, keep: before });
    return { plan, swept, history: buildHistoryPlan(beside, zone) };
  });
  const setOf = cached(
    (versions: DefinitionVersions, slots: Slots | undefined): DefinitionSet => {
      const plans = plansOf(versions, slots);
      const { cuts } = versions;
      const plansBy = (one: CutsInForce["before"][number]): FormerPlans => {
        const { plan, swept } = plansOf({ ...versions, cuts: cuts && { ...cuts, ...one } }, slotsOf(plans));
        return { plan, swept, at: one.at, isFirst: one.isFirst, packedBy: one.packedBy ?? [] };
      };
      return { ...versions, ...plans, former: (cuts?.before ?? []).map(plansBy) };
    },
    ({ sweeps, sweep, cuts }) => [sweeps, sweep?.id, sweep?.offset, cuts],
  );
  const fold: DefinitionSets["fold"] = (set, entries, hasEvents) => {
    // What a customer was packed by has to be known of every set in between, and so has what was deleted there.
    if (entries.length > 1 && (set.cuts !== null || entries.some(standsAlone)))
      return entries.reduce((one, entry) => fold(one, [entry], hasEvents), set);
    let versions: DefinitionVersions = { ...set };
    const before = versions;
    for (const entry of entries) versions = foldDefinitionEntry(versions, entry, hasEvents);
    if (versions === before) return set;
    const { definitions, sweeps, sweep } = versions;
    const isOtherPlan = definitions !== set.definitions || sweep !== set.sweep;
    const cuts = isOtherPlan && versions.cuts !== null ? remembering(versions.cuts, set) : versions.cuts;
    return setOf({ definitions, sweeps, sweep, cuts }, slotsWithoutDeleted(slotsOf(set), definitions));
  };

  return {
    unpack(bytes) {
      if (bytes === null) return setOf(noDefinitions, undefined);
      const { definitions, sweeps = 0, sweep = null, cuts: kept, slots } = JSON.parse(bytes.toString());
      const cuts = kept ? { before: [], moves: 0, ...kept } : null;
      return setOf({ definitions, sweeps, sweep, cuts }, slots && slotsWithoutDeleted(slots, definitions));
    },
    planWith: (set, plan, slots) => {
      const { swept, plan: before } = plansOf(set, slots);
      return plan === set.swept && swept !== null ? swept : before;
    },
    pack: (set) => {
      const { definitions, sweeps, sweep, cuts } = set;
      return Buffer.from(JSON.stringify({ definitions, sweeps, sweep, cuts, slots: slotsOf(set) }));
    },
    fold,
    apply: (set, records, hasEvents) =>
      fold(
        set,
        records.map((definition) => ({ type: "definition", definition })),
        hasEvents,
      ),
  };
}

function standsAlone(entry: DefinitionEntry): boolean {
  return entry.type === "cuts" || (entry.type === "definition" && entry.definition.document === null);
}

/**
 * A deletion ends the memberships of a definition. Customers still have them packed under its number: that goes to no
 * name any more, and the definition gets another one where it is written anew.
 */
function slotsWithoutDeleted(slots: Slots, definitions: DefinitionVersions["definitions"]): Slots {
  const gone = new Set(
    definitions.flatMap(({ kind, id, document }) => (document === null ? [`${kind}/${id}`] : [])),
  );
  if (!Object.keys(slots).some((name) => gone.has(name))) return slots;
  const entries = Object.entries(slots).map(([name, slot]) => [
    gone.has(name) ? `deleted/${slot}` : name,
    slot,
  ]);
  return Object.fromEntries(entries);
}

/** Cuts of a set whose definitions change: with what customers were packed by until then. */
function remembering(cuts: CutsInForce, { plan, swept, former }: DefinitionSet): CutsInForce {
  const withPlans = <Some extends CutsInForce["before"][number]>(
    one: Some,
    by: Pick<Plans, "plan" | "swept"> | undefined,
  ): Some => {
    const found = [by?.plan, by?.swept].flatMap((known) => known?.fingerprint ?? []);
    return { ...one, packedBy: [...new Set([...(one.packedBy ?? []), ...found])].slice(-maxPackedBy) };
  };
  return {
    ...withPlans(cuts, { plan, swept }),
    before: cuts.before.map((one, at) => withPlans(one, former[at])),
  };
}

/** Those of the last plan built. */
function slotsOf({ plan, swept }: Pick<Plans, "plan" | "swept">): Slots {
  return (swept ?? plan).slots;
}

/** Partitions begin the same sweep at offsets of their own, which is nothing to a plan; `more` is what else matters. */
function cached<Built>(
  build: (versions: DefinitionVersions, slots: Slots | undefined) => Built,
  more: (versions: DefinitionVersions) => readonly unknown[] = () => [],
): (versions: DefinitionVersions, slots: Slots | undefined) => Built {
  const cache = new Map<string, Built>();
  return (versions, slots) => {
    const { definitions, sweep } = versions;
    const key = JSON.stringify([
      definitions,
      slots,
      sweep?.generation,
      sweep?.definitions,
      versions.cuts?.values,
      versions.cuts?.moves,
      ...more(versions),
    ]);
    const known = cache.get(key);
    if (known !== undefined) return known;
    const built = build(versions, slots);
    if (cache.size >= maxCachedPlans) cache.delete(cache.keys().next().value ?? "");
    cache.set(key, built);
    return built;
  };
}
