/** Who a row is about. */
import { type Binding, bindIdentifier, type Read } from "./binding.ts";
import type { MapEntry } from "./column-map.ts";

interface RowSubject {
  /** Null is nobody. */
  readonly customer: string | null;
  readonly company: string | null;
}

/** Undefined where a fault was told. A row of a guest is about nobody. */
export type SubjectRead = (
  cells: readonly unknown[],
  onFault: (fault: string) => void,
) => RowSubject | undefined;

/** `customer` and `company` among the entries; at least one of them is needed. */
export function bindSubject(
  binding: Binding,
  entries: readonly MapEntry[],
  guests: string | null,
): SubjectRead {
  const [customer, company] = ["customer", "company"].map((name) => {
    const entry = entries.find((known) => known.name === name);
    return entry === undefined ? null : bindIdentifier(binding, entry, false);
  });
  const reads = [customer ?? null, company ?? null] as const;
  if (reads.every((read) => read === null))
    binding.faults.push(`${binding.option}: customer=COLUMN is missing`);
  return (cells, onFault) => subjectOf(reads, guests, cells, onFault);
}

function subjectOf(
  [customer, company]: readonly [Read<string> | null, Read<string> | null],
  guests: string | null,
  cells: readonly unknown[],
  onFault: (fault: string) => void,
): RowSubject | undefined {
  const found = {
    customer: customer?.(cells, onFault) ?? null,
    company: company?.(cells, onFault) ?? null,
  };
  const isGuest = guests !== null && found.customer === guests;
  if (found.customer === null && found.company === null) {
    onFault(`${customer === null ? "company" : "customer"}: is empty`);
    return undefined;
  }
  return isGuest ? { ...found, customer: null } : found;
}
