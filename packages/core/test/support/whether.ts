/** Whether a customer is in a segment, by a condition as users write it and what happened, in order. */
import {
  buildPlan,
  changesAt,
  emptyCustomer,
  evaluateDefinition,
  foldEvent,
  parseDefinitions,
} from "../../src/index.ts";

export interface Happened {
  readonly at: string;
  readonly event?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

export interface Whether {
  readonly holds: boolean;
  /** The first instant at which it is otherwise, as ISO text; null where it stays. */
  readonly until: string | null;
}

/** `more` are definitions that the condition names. */
export function whether(
  when: unknown,
  happened: readonly Happened[],
  at: string,
  zone = "UTC",
  more: readonly unknown[] = [],
): Whether {
  const { plan, customer } = after([{ kind: "segment", id: "asked", when }, ...more], happened, zone);
  const now = Date.parse(at);
  const turns = changesAt(plan, customer, "segment", "asked", now);
  return {
    holds: evaluateDefinition(plan, customer, "segment", "asked", now)?.value === "in",
    until: turns === null ? null : new Date(turns).toISOString(),
  };
}

/** A customer to whom that happened, under definitions as users write them. */
export function after(documents: readonly unknown[], happened: readonly Happened[], zone = "UTC") {
  const { definitions, faults } = parseDefinitions(documents);
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  const plan = buildPlan(
    definitions.map((definition) => ({ definition, version: 1, filling: false })),
    { zone },
  );
  const customer = emptyCustomer("customer", "ann");
  happened.forEach(({ at, event, properties = {}, attributes }, offset) => {
    const occurredAt = Date.parse(at);
    const contributions =
      event === undefined
        ? []
        : [{ name: event, occurredAt, sign: 1 as const, properties, remembered: true }];
    const plain = { occurredAt, partition: 0, offset, contributions };
    foldEvent(plan, customer, attributes === undefined ? plain : { ...plain, attributes });
  });
  return { plan, customer };
}

/** The same of a customer with these attributes and nothing more. */
export function whetherWith(attributes: Readonly<Record<string, unknown>>, when: unknown): boolean {
  const at = "2026-01-01T00:00:00Z";
  return whether(when, [{ at, attributes }], at).holds;
}
