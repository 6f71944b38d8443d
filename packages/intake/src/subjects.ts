/** Whom an event is about. */
import type { SubjectKind } from "@tidemark/contracts";
import { type EventFault, fault } from "./fault.ts";
import { identifierText, type Shaped } from "./shape.ts";

export interface Subject {
  readonly kind: SubjectKind;
  readonly id: string;
}

interface SubjectFields {
  readonly customerId?: string | number | null | undefined;
  readonly companyId?: string | number | null | undefined;
}

/** The customer, then the company. A fault `unattributed` where the event names neither. */
export function readSubjects({ fields, faults, bad }: SubjectsInput): readonly Subject[] {
  const customer = identifierText(fields.customerId);
  const company = identifierText(fields.companyId);
  const subjects: Subject[] = [];
  if (customer !== null) subjects.push({ kind: "customer", id: customer });
  if (company !== null) subjects.push({ kind: "company", id: company });
  const named = subjects.length > 0 || bad.has("customerId") || bad.has("companyId") || bad.has("");
  if (!named) faults.push(unattributed());
  return subjects;
}

type SubjectsInput = Pick<Shaped<SubjectFields>, "fields" | "faults" | "bad">;

function unattributed(): EventFault {
  return fault("customerId", undefined, "a customerId or a companyId", "unattributed");
}
