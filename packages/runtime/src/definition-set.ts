/** The definitions in force in one partition, as its log brought them, and the plan made of them. */

import { isDeepStrictEqual } from "node:util";
import type { DefinitionVersion } from "@tidemark/contracts";
import {
  buildPlan,
  type Definition,
  meaningOf,
  type Plan,
  type PlanInput,
  parseDefinitions,
  type Slots,
} from "@tidemark/core";

export interface StoredDefinition {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly filling: boolean;
  /** JSON text of the document; null once deleted (kept so that an older version cannot return). */
  readonly document: string | null;
}

export interface DefinitionSet {
  readonly definitions: readonly StoredDefinition[];
  readonly plan: Plan;
}

/** Plans are alike in most partitions, so they are built once per process. Bounded: the oldest goes first. */
const maxCachedPlans = 64;

export interface DefinitionSets {
  unpack(bytes: Buffer | null): DefinitionSet;
  pack(set: DefinitionSet): Buffer;
  /** The plan of the same definitions with other slots: it reads what was packed with those. */
  planWith(set: DefinitionSet, slots: Slots): Plan;
  /** The set after these records. A version not above the one known changes nothing. */
  apply(set: DefinitionSet, records: readonly DefinitionVersion[], hasEvents: boolean): DefinitionSet;
}

/** `zone` is the workspace's IANA zone. */
export function definitionSets(zone: string): DefinitionSets {
  const cache = new Map<string, DefinitionSet>();

  const build = (definitions: readonly StoredDefinition[], slots: Slots | undefined): DefinitionSet => {
    const key = JSON.stringify([definitions, slots]);
    const known = cache.get(key);
    if (known) return known;
    const set = {
      definitions,
      plan: buildPlan(planInputs(definitions), slots === undefined ? { zone } : { zone, slots }),
    };
    if (cache.size >= maxCachedPlans) cache.delete(cache.keys().next().value ?? "");
    cache.set(key, set);
    return set;
  };

  return {
    unpack(bytes) {
      if (bytes === null) return build([], undefined);
      const stored = JSON.parse(bytes.toString());
      return build(stored.definitions, stored.slots);
    },
    pack: (set) => Buffer.from(JSON.stringify({ definitions: set.definitions, slots: set.plan.slots })),
    planWith: (set, slots) => buildPlan(planInputs(set.definitions), { zone, slots }),
    apply(set, records, hasEvents) {
      const byName = new Map(set.definitions.map((stored) => [`${stored.kind}/${stored.id}`, stored]));
      let changed = false;
      for (const record of records) {
        const name = `${record.kind}/${record.id}`;
        const known = byName.get(name);
        if (known && record.version <= known.version) continue;
        const same = known !== undefined && sameMeaning(known.document, record.document);
        const filling = same ? known.filling : record.document !== null && (record.filling || hasEvents);
        const { kind, id, version, document } = record;
        byName.set(name, { kind, id, version, filling, document });
        changed = true;
      }
      return changed ? build([...byName.values()], set.plan.slots) : set;
    },
  };
}

/** Whether two documents (JSON text; null for none) have the same members: names and marks apart, they are alike. */
export function sameMeaning(one: string | null, other: string | null): boolean {
  if (one === other) return true;
  if (one === null || other === null) return false;
  return isDeepStrictEqual(meaningOf(readJson(one)), meaningOf(readJson(other)));
}

/** Undefined for what is no JSON: a record like that must not stop its partition. */
function readJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return undefined;
  }
}

/** Documents that do not parse were refused when written; one that slips through is left out of the plan. */
function planInputs(definitions: readonly StoredDefinition[]): PlanInput[] {
  const stored = definitions.filter(
    (definition) => definition.document !== null && definition.kind !== "automation",
  );
  const { definitions: parsed } = parseDefinitions(stored.map(({ document }) => readJson(document)));
  const byName = new Map(stored.map((definition) => [`${definition.kind}/${definition.id}`, definition]));
  return parsed.flatMap((definition: Definition) => {
    const version = byName.get(`${definition.kind}/${definition.id}`);
    return version ? [{ definition, version: version.version, filling: version.filling }] : [];
  });
}
