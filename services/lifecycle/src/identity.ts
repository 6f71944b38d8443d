/** Lifecycle events that change who is who: erasures and merges. */
import {
  admitted,
  type CanonicalEvent,
  type EventFault,
  fault,
  identifierText,
  type Normalised,
  refused,
} from "@tidemark/intake";

type Id = string | number | null | undefined;

interface IdentityFields {
  readonly customerId?: Id;
  readonly companyId?: Id;
  readonly intoCustomerId?: Id;
  readonly intoCompanyId?: Id;
  readonly eventId?: Id;
}

interface Given {
  readonly fields: IdentityFields;
  readonly faults: EventFault[];
  /** Names of fields at fault already. */
  readonly bad: ReadonlySet<string>;
}

type IdentityName = `${"customer" | "company"}.${"erased" | "merged"}`;

const names: ReadonlySet<string> = new Set<IdentityName>([
  "customer.erased",
  "company.erased",
  "customer.merged",
  "company.merged",
]);

export function isIdentityEvent(name: string | undefined): name is IdentityName {
  return name !== undefined && names.has(name);
}

/** It is about the customer or company that its name says, whomever else it mentions. */
export function identityEvent(
  { fields, faults, bad }: Given,
  name: IdentityName,
  occurredAt: number | null,
): Normalised {
  const isCustomer = name.startsWith("customer.");
  const isErasure = name.endsWith(".erased");
  const [field, intoField] = isCustomer
    ? (["customerId", "intoCustomerId"] as const)
    : (["companyId", "intoCompanyId"] as const);
  const subject = identifierText(fields[field]);
  const into = identifierText(fields[intoField]);
  const noun = isCustomer ? "customer" : "company";
  if (subject === null && !bad.has(field))
    faults.push(fault(field, undefined, `the ${noun} that is ${isErasure ? "erased" : "merged"}`));
  if (!isErasure && into === null && !bad.has(intoField))
    faults.push(fault(intoField, undefined, `the ${noun} that goes on`));
  if (!isErasure && into !== null && into === subject)
    faults.push(fault(intoField, into, `another ${noun} than ${field}`));
  if (faults.length > 0 || occurredAt === null || subject === null) return refused(faults);
  const event: CanonicalEvent = {
    subject,
    subjectKind: noun,
    name,
    occurredAt,
    eventId: identifierText(fields.eventId),
    attributes: null,
    properties: "{}",
    order: null,
    identity: isErasure ? { type: "erasure" } : { type: "merge", into: into ?? "" },
  };
  return admitted([event]);
}
