/**
 * What an event says beside its envelope. Intake writes nothing else than what can be read here; whoever else writes to
 * `customer-events` must not keep its partition from going on.
 */
import type { CustomerEvent } from "@tidemark/contracts";

export interface EventContent {
  readonly properties: Readonly<Record<string, unknown>>;
  /** Absent where the event sets none. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** As intake, and the range of a date in ClickHouse: 1900. */
const earliest = Date.UTC(1900, 0, 1);

/** Undefined for what cannot be folded: no JSON objects, or a time before all times. */
export function contentOf({ properties, attributes, occurredAt }: CustomerEvent): EventContent | undefined {
  if (occurredAt < earliest) return undefined;
  const own = objectIn(properties);
  if (own === undefined) return undefined;
  if (attributes === null) return { properties: own };
  const given = objectIn(attributes);
  return given && { properties: own, attributes: given };
}

function objectIn(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
