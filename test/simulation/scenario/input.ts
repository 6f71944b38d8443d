/** What clients send, before it is written down in one form or another. Ages are ms before it is sent. */

interface Subjects {
  readonly customer: string | null;
  readonly company: string | null;
}

export interface OrderInput extends Subjects {
  readonly topic: "orders";
  readonly action: "placed" | "updated" | "cancelled" | "refunded";
  readonly orderId: string;
  readonly previous: string | null;
  readonly ageMs: number;
  readonly version: number | null;
  readonly total: number;
  readonly refund: number | null;
  readonly eventId: string | null;
}

export interface InteractionInput extends Subjects {
  readonly topic: "interactions";
  readonly name: string;
  readonly ageMs: number;
  readonly eventId: string | null;
}

export interface LifecycleInput extends Subjects {
  readonly topic: "lifecycle";
  readonly name: string;
  readonly ageMs: number;
  readonly eventId: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Of `subscription.endsAt`, from when it is sent; null for none. */
  readonly endsInMs: number | null;
}

/** Somebody turns out to be somebody else. */
export interface MergeInput {
  readonly topic: "lifecycle";
  readonly name: "customer.merged" | "company.merged";
  readonly subject: string;
  readonly into: string;
  readonly ageMs: number;
}

/** Somebody is to be forgotten. */
export interface ErasureInput {
  readonly topic: "lifecycle";
  readonly name: "customer.erased" | "company.erased";
  readonly erased: string;
  readonly ageMs: number;
}

/** What cannot be taken in, and the reason that its dead letter has to give. */
export interface BadInput {
  readonly topic: "orders" | "interactions" | "lifecycle";
  readonly bad: "unreadable" | "unattributed" | "future" | "invalid";
}

export type Input = OrderInput | InteractionInput | LifecycleInput | MergeInput | ErasureInput | BadInput;

/** What has to become of a source record. */
export type Expected =
  | { readonly outcome: "dead-letter"; readonly reason: string }
  | { readonly outcome: "events"; readonly events: readonly ExpectedEvent[] }
  /** A record about who is who. */
  | {
      readonly outcome: "identity";
      readonly type: "merge-request" | "erasure";
      readonly said: ExpectedIdentity;
    };

export interface ExpectedIdentity {
  readonly subjectKind: "customer" | "company";
  readonly subject: string;
  readonly other: string;
  readonly at: number;
}

export interface ExpectedEvent {
  readonly subjectKind: "customer" | "company";
  readonly subject: string;
  readonly name: string;
  readonly occurredAt: number;
  readonly eventId: string | null;
  readonly total: number | null;
  readonly attributes: Readonly<Record<string, unknown>> | null;
  readonly order: {
    readonly orderId: string;
    readonly action: string;
    readonly version: number | null;
    readonly refund: number | null;
  } | null;
}

/** The bytes of a record sent at `now`, as JSON. */
export function bytesOf(input: Input, now: number): Buffer {
  if ("bad" in input) return badBytes(input, now);
  if ("into" in input) {
    const { name, subject, into, ageMs } = input;
    const ids =
      name === "customer.merged" ? ["customerId", "intoCustomerId"] : ["companyId", "intoCompanyId"];
    return json({ name, [ids[0] ?? ""]: subject, [ids[1] ?? ""]: into, occurredAt: now - ageMs });
  }
  if ("erased" in input) {
    const { name, erased, ageMs } = input;
    const id = name === "customer.erased" ? "customerId" : "companyId";
    return json({ name, [id]: erased, occurredAt: now - ageMs });
  }
  const { customer, company, ageMs, eventId } = input;
  const shared = {
    ...(customer === null ? {} : { customerId: customer }),
    ...(company === null ? {} : { companyId: company }),
    ...(eventId === null ? {} : { eventId }),
    occurredAt: now - ageMs,
  };
  if (input.topic === "orders") {
    const { action, orderId, previous, version, total, refund } = input;
    return json({
      ...shared,
      type: `order.${action}`,
      orderId,
      ...(previous === null ? {} : { previousCustomerId: previous }),
      ...(version === null ? {} : { version }),
      ...(refund === null ? {} : { refund }),
      total,
    });
  }
  if (input.topic === "interactions") return json({ ...shared, name: input.name });
  return json({ ...shared, name: input.name, attributes: attributesOf(input, now) });
}

function badBytes({ topic, bad }: BadInput, now: number): Buffer {
  if (bad === "unreadable") return Buffer.from([0, 0, 0, 255, 255, 1, 2, 3]);
  const name = topic === "orders" ? { type: "order.placed", orderId: "x" } : { name: "page.viewed" };
  const who = bad === "unattributed" ? {} : { customerId: "nobody" };
  const occurredAt = bad === "future" ? now + 40 * 86_400_000 : bad === "invalid" ? "yesterday" : now;
  return json({ ...name, ...who, occurredAt });
}

function attributesOf({ attributes, endsInMs }: LifecycleInput, now: number): Record<string, unknown> {
  if (endsInMs === null) return { ...attributes };
  return { ...attributes, subscription: { endsAt: new Date(now + endsInMs).toISOString() } };
}

/** What it has to become when sent at `now`. */
export function expectedOf(input: Input, now: number): Expected {
  if ("bad" in input) return { outcome: "dead-letter", reason: input.bad };
  if ("into" in input) {
    const { name, subject, into, ageMs } = input;
    const subjectKind = name === "customer.merged" ? "customer" : "company";
    const said = { subjectKind, subject, other: into, at: now - ageMs } as const;
    return { outcome: "identity", type: "merge-request", said };
  }
  if ("erased" in input) {
    const { name, erased, ageMs } = input;
    const subjectKind = name === "customer.erased" ? "customer" : "company";
    const said = { subjectKind, subject: erased, other: "", at: now - ageMs } as const;
    return { outcome: "identity", type: "erasure", said };
  }
  const subjects = [
    ...(input.customer === null ? [] : [{ subjectKind: "customer" as const, subject: input.customer }]),
    ...(input.company === null ? [] : [{ subjectKind: "company" as const, subject: input.company }]),
  ];
  const shared = { occurredAt: now - input.ageMs, eventId: input.eventId, total: null };
  if (input.topic !== "orders") {
    const attributes = input.topic === "lifecycle" ? attributesOf(input, now) : null;
    const events = subjects.map((who) => ({ ...who, ...shared, name: input.name, attributes, order: null }));
    return { outcome: "events", events };
  }
  const { action, orderId, previous, version, total, refund } = input;
  const moves = previous !== null && previous !== input.customer && action !== "refunded";
  const eventOf = (who: (typeof subjects)[number], what: OrderInput["action"]): ExpectedEvent => ({
    ...who,
    ...shared,
    total,
    name: `order.${what}`,
    attributes: null,
    order: { orderId, action: what, version, refund: what === "refunded" ? refund : null },
  });
  const events = subjects.map((who) =>
    eventOf(who, moves && action === "updated" && who.subjectKind === "customer" ? "placed" : action),
  );
  const former = { subjectKind: "customer" as const, subject: previous ?? "" };
  return { outcome: "events", events: moves ? [eventOf(former, "cancelled"), ...events] : events };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
