/** Whether a definition is in force, and what keeps it from being so. */
import type { Plan } from "@tidemark/core";
import type { DefinitionSet, StoredDefinition } from "@tidemark/runtime";
import { type Catalogue, nameOf } from "./catalogue.ts";
import type { PartitionLog } from "./partition-log.ts";

export interface Status {
  /**
   * `active`: in force. `filling`: it emits nothing, as it was written when events existed. `pending`: on its way to
   * some partitions, which happens when Kafka was away in the middle of a write.
   */
  readonly status: "active" | "filling" | "pending";
  /** A sentence for people, unless it is active. */
  readonly note?: string;
}

/** What partitions keep: most keep the same, so there are few. */
export interface Kept {
  readonly plan: Plan;
  readonly byName: ReadonlyMap<string, StoredDefinition>;
}

export function keptOf(sets: readonly DefinitionSet[]): readonly Kept[] {
  return [...new Set(sets)].map(({ plan, definitions }) => ({
    plan,
    byName: new Map(definitions.map((stored) => [nameOf(stored), stored])),
  }));
}

const backfill = "Filling it from history is not available yet";

/** `kept` is what the partitions kept when they were last looked at. */
export function statusOf(
  catalogue: Catalogue,
  kept: readonly Kept[],
  partitionLog: Pick<PartitionLog, "missing" | "partitions">,
  name: string,
): Status {
  const definition = catalogue.definitions.get(name);
  const watched = watchedBy(catalogue, name);
  const missing = partitionLog.missing(name, definition?.version ?? 0);
  const own = watched === undefined ? fillingOf(catalogue, kept, name) : undefined;
  const others = watched === undefined ? undefined : fillingOf(catalogue, kept, watched);
  if (own) return { status: "filling", note: own };
  if (others)
    return { status: "filling", note: `${watched} is filling and emits nothing, so nothing sets this off.` };
  if (missing === 0) return { status: "active" };
  const note = `It is on its way to ${missing} of ${partitionLog.partitions} partitions.`;
  return { status: "pending", note };
}

/** What an automation watches: it is not evaluated itself. */
function watchedBy({ parsed }: Catalogue, name: string): string | undefined {
  const definition = parsed.get(name);
  if (definition?.kind !== "automation") return undefined;
  const { on } = definition;
  if ("moves" in on) return `classification/${on.moves}`;
  return `segment/${"enters" in on ? on.enters : on.leaves}`;
}

/** A sentence where the definition is filling, as the registry has it or in any partition. */
function fillingOf(catalogue: Catalogue, kept: readonly Kept[], name: string): string | undefined {
  const definition = catalogue.definitions.get(name);
  if (definition === undefined) return undefined;
  const { kind, id, version, filling } = definition;
  const same = kept.filter(({ byName }) => byName.get(name)?.version === version);
  if (filling || same.some(({ byName }) => byName.get(name)?.filling))
    return `It was written when events existed. ${backfill}: it emits nothing.`;
  const plans = [catalogue.set.plan, ...same.map(({ plan }) => plan)];
  if (plans.some((plan) => plan.status(kind, id) === "filling"))
    return `It rests on a definition that is filling. ${backfill}: it emits nothing.`;
  return undefined;
}
