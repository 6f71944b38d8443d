/** What an error of this library means for whoever called: see `LogErrorKind`. */
import { LogError } from "@tidemark/runtime";
import { describeFailure, refusedCodes, rootCauses } from "../failure.ts";

/** The broker answered and says that nothing was written, for now. */
const notNow = new Set([
  "UNKNOWN_TOPIC_OR_PARTITION",
  "LEADER_NOT_AVAILABLE",
  "NOT_LEADER_FOR_PARTITION",
  "FENCED_LEADER_EPOCH",
  "UNKNOWN_LEADER_EPOCH",
  "NOT_ENOUGH_REPLICAS",
  "KAFKA_STORAGE_ERROR",
]);

/** Codes of the broker anywhere in an error; the library keeps them on every layer. */
export function brokerCodes(error: unknown): ReadonlySet<string> {
  return new Set([error, ...rootCauses(error)].flatMap(codesOf));
}

export function isRefused(error: unknown): boolean {
  return (
    [...brokerCodes(error)].some((code) => refusedCodes.has(code)) ||
    namesOf(error).includes("KafkaJSSASLAuthenticationError")
  );
}

/** The broker wrote nothing, for now; nothing else went wrong. */
export function isUnwritten(error: unknown): boolean {
  const codes = [...brokerCodes(error)];
  return codes.length > 0 && codes.every((code) => notNow.has(code));
}

/** The broker answered, or it was found out before anything was sent. */
export function isOver(error: unknown): boolean {
  return error instanceof LogError || brokerCodes(error).size > 0;
}

export function asReadFailure(attempt: string, error: unknown): LogError {
  if (error instanceof LogError) return error;
  const kind = isRefused(error) ? "fatal" : "retry";
  return new LogError(kind, `${attempt}: ${describeFailure(error)}`, { cause: error });
}

/** Where several errors come as one, the library keeps them beside the usual places. */
function codesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  const type: unknown = Reflect.get(error, "type");
  const inner: unknown = Reflect.get(error, "errors");
  return [
    ...(typeof type === "string" ? [type] : []),
    ...(Array.isArray(inner) ? inner.flatMap(codesOf) : []),
  ];
}

function namesOf(error: unknown): readonly string[] {
  return [error, ...rootCauses(error)].flatMap((each) => (each instanceof Error ? [each.name] : []));
}
