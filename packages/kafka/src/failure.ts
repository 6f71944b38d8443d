/** Errors of clients made readable: they nest what went wrong several layers deep. */

/** The innermost errors, each once; an error that wraps nothing stands for itself. */
export function rootCauses(error: unknown): readonly unknown[] {
  const roots = new Set<unknown>();
  const visited = new Set<unknown>();
  const visit = (current: unknown): void => {
    if (visited.has(current)) return;
    visited.add(current);
    const inner = innerErrors(current);
    if (inner.length === 0) roots.add(current);
    for (const next of inner) visit(next);
  };
  visit(error);
  return [...roots];
}

/** One line for people: what was attempted, then every distinct innermost reason. */
export function describeFailure(error: unknown): string {
  const reasons = new Set(rootCauses(error).map(messageOf));
  const outer = messageOf(error);
  reasons.delete(outer);
  return reasons.size === 0 ? outer : `${outer.replace(/[.:]$/, "")}: ${[...reasons].join("; ")}`;
}

function innerErrors(error: unknown): readonly unknown[] {
  if (!(error instanceof Error)) return [];
  const inner = error instanceof AggregateError ? [...error.errors] : [];
  if (error.cause !== undefined) inner.push(error.cause);
  return inner.filter((candidate) => candidate !== undefined && candidate !== null);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || error.name;
}

/** Codes by which the broker refuses, and refuses again: asking once more changes nothing. */
export const refusedCodes: ReadonlySet<string> = new Set([
  "MESSAGE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
  "INVALID_RECORD",
  "INVALID_TOPIC_EXCEPTION",
  "INVALID_REQUIRED_ACKS",
  "INVALID_TIMESTAMP",
  "INVALID_PARTITIONS",
  "INVALID_REPLICATION_FACTOR",
  "INVALID_CONFIG",
  "INVALID_REQUEST",
  "INVALID_GROUP_ID",
  "INVALID_SESSION_TIMEOUT",
  "INCONSISTENT_GROUP_PROTOCOL",
  "OFFSET_METADATA_TOO_LARGE",
  "TOPIC_AUTHORIZATION_FAILED",
  "GROUP_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "SASL_AUTHENTICATION_FAILED",
  "UNSUPPORTED_SASL_MECHANISM",
  "POLICY_VIOLATION",
  "UNSUPPORTED_VERSION",
  "UNSUPPORTED_FOR_MESSAGE_FORMAT",
  "UNSUPPORTED_COMPRESSION_TYPE",
  "OFFSET_OUT_OF_RANGE",
]);
