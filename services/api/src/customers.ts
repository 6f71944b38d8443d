/** A customer or company as its partition keeps it, evaluated at this instant. */
import { type SubjectKind, subjectKey } from "@tidemark/contracts";
import {
  type CustomerDescription,
  type CustomerState,
  type Definition,
  describeCustomer,
  type Mark,
  type Plan,
  parseDefinitions,
  unpackCustomer,
} from "@tidemark/core";
import {
  aliasesKey,
  type Clock,
  type DefinitionSet,
  type DefinitionSets,
  type Log,
  planFor,
  readAliases,
  readRedirect,
  type StateStore,
} from "@tidemark/runtime";
import { nameOf } from "./catalogue.ts";
import { refuse } from "./problem.ts";
import type { Upstream } from "./upstream.ts";

export interface CustomersPorts {
  readonly log: Pick<Log, "partitionFor">;
  readonly store: Pick<StateStore, "load" | "subjects">;
  readonly sets: DefinitionSets;
  readonly clock: Clock;
  readonly redis: Upstream;
}

/** Times in ISO 8601. */
interface CustomerPage {
  readonly kind: SubjectKind;
  readonly id: string;
  /** The instant that all of it is about. */
  readonly asOf: string;
  /** Whom it became part of: all that is known is there. */
  readonly mergedInto: MergeShown | null;
  /** Who became part of it. */
  readonly absorbed: readonly MergeShown[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly metrics: CustomerDescription["metrics"];
  readonly scores: CustomerDescription["scores"];
  readonly segments: readonly MembershipShown[];
  readonly classifications: readonly (MembershipShown & {
    readonly category: string;
    readonly categoryName: string;
  })[];
  /** Definitions that are not evaluated yet. */
  readonly filling: readonly { readonly kind: string; readonly id: string }[];
}

interface MergeShown {
  readonly id: string;
  readonly at: string;
}

interface MembershipShown {
  readonly id: string;
  readonly name: string;
  readonly since: string;
  /** When it would end with no further event; null for never, or not foreseeable. */
  readonly changesAt: string | null;
  readonly mark: Mark | null;
}

export interface Customers {
  /** Refuses where nothing is known of the subject, or Redis is away. */
  find(kind: SubjectKind, id: string): Promise<CustomerPage>;
}

/** `partitions` are those of `customer-events`. */
export function createCustomers(ports: CustomersPorts, partitions: number): Customers {
  const { log, store, sets, clock, redis } = ports;
  const names = namesOfSets();
  return {
    async find(kind, id) {
      const key = subjectKey(kind, id);
      const partition = log.partitionFor(Buffer.from(key), partitions);
      const [kept, [state = null, aliases = null]] = await redis(() =>
        Promise.all([store.load(partition), store.subjects(partition, [key, aliasesKey(key)])]),
      );
      if (state === null) return refuse("not-found", `Nothing is known of the ${kind} ${id}.`);
      const redirect = readRedirect(state);
      if (redirect !== null) {
        const mergedInto = { id: redirect.into, at: instant(redirect.mergedAt) };
        return { kind, id, asOf: instant(clock.now()), ...nothing, mergedInto, absorbed: [] };
      }
      const absorbed = readAliases(aliases).map((one) => ({ id: one.id, at: instant(one.mergedAt) }));
      const set = sets.unpack(kept.definitions);
      const plan = planFor(set, state);
      const customer = unpackCustomer(plan, state, id);
      const page = pageOf({ kind, id, plan, customer, now: clock.now(), definitions: names(set) });
      return { ...page, mergedInto: null, absorbed };
    },
  };
}

const nothing = {
  attributes: {},
  metrics: {},
  scores: {},
  segments: [],
  classifications: [],
  filling: [],
};

interface PageInput {
  readonly kind: SubjectKind;
  readonly id: string;
  readonly plan: Plan;
  readonly customer: CustomerState;
  readonly now: number;
  readonly definitions: ReadonlyMap<string, Definition>;
}

function pageOf({
  kind,
  id,
  plan,
  customer,
  now,
  definitions,
}: PageInput): Omit<CustomerPage, "mergedInto" | "absorbed"> {
  const { segments, classifications, ...rest } = describeCustomer(plan, customer, now);
  return {
    kind,
    id,
    asOf: instant(Math.max(now, customer.clock ?? now)),
    ...rest,
    segments: segments.map((one) => {
      const definition = definitions.get(`segment/${one.id}`);
      const mark = definition?.kind === "segment" ? definition.mark : undefined;
      return { id: one.id, name: definition?.name ?? one.id, ...times(one), mark: mark ?? null };
    }),
    classifications: classifications.map((one) => {
      const definition = definitions.get(`classification/${one.id}`);
      const category =
        definition?.kind === "classification"
          ? definition.categories.find((other) => other.id === one.category)
          : undefined;
      return {
        id: one.id,
        name: definition?.name ?? one.id,
        category: one.category,
        categoryName: category?.name ?? one.category,
        ...times(one),
        mark: category?.mark ?? null,
      };
    }),
    filling: [...definitions.values()]
      .filter((definition) => "subject" in definition && definition.subject === kind)
      .filter((definition) => plan.status(definition.kind, definition.id) === "filling")
      .map((definition) => ({ kind: definition.kind, id: definition.id })),
  };
}

/** The checked definitions of a set, by `kind/id`; worked out once for each. */
function namesOfSets(): (set: DefinitionSet) => ReadonlyMap<string, Definition> {
  const known = new WeakMap<DefinitionSet, ReadonlyMap<string, Definition>>();
  return (set) => {
    const before = known.get(set);
    if (before) return before;
    const documents = set.definitions.flatMap(({ document }) =>
      document === null ? [] : [JSON.parse(document)],
    );
    const parsed = parseDefinitions(documents).definitions;
    const byName = new Map(parsed.map((definition) => [nameOf(definition), definition]));
    known.set(set, byName);
    return byName;
  };
}

function times({ since, changesAt }: { readonly since: number; readonly changesAt: number | null }) {
  return { since: instant(since), changesAt: changesAt === null ? null : instant(changesAt) };
}

function instant(at: number): string {
  return new Date(at).toISOString();
}
