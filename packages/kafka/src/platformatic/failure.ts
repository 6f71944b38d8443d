/** What an error of this client means for whoever called: see `LogErrorKind`. */
import { LogError } from "@tidemark/runtime";
import { describeFailure, refusedCodes, rootCauses } from "../failure.ts";

/** The broker answered and says that nothing was written, for now. */
const notNow = new Set([
  "UNKNOWN_TOPIC_OR_PARTITION",
  "UNKNOWN_TOPIC_ID",
  "INCONSISTENT_TOPIC_ID",
  "LEADER_NOT_AVAILABLE",
  "NOT_LEADER_OR_FOLLOWER",
  "FENCED_LEADER_EPOCH",
  "UNKNOWN_LEADER_EPOCH",
  "NOT_ENOUGH_REPLICAS",
  "KAFKA_STORAGE_ERROR",
  "THROTTLING_QUOTA_EXCEEDED",
]);

/** Codes of the broker anywhere in an error. */
export function brokerCodes(error: unknown): ReadonlySet<string> {
  return new Set(rootCauses(error).flatMap((root) => textField(root, "apiId")));
}

/** The broker answered, or it was found out before anything was sent. */
export function isOver(error: unknown): boolean {
  return error instanceof LogError || brokerCodes(error).size > 0;
}

/** A `LogError` for a request that writes nothing, or can be repeated without harm. */
export function asReadFailure(attempt: string, error: unknown): LogError {
  if (error instanceof LogError) return error;
  const kind = isRefused(error) ? "fatal" : "retry";
  return new LogError(kind, `${attempt}: ${describeFailure(error)}`, { cause: error });
}

/** The broker refused for good, anywhere in the error. */
export function isRefused(error: unknown): boolean {
  return rootCauses(error).some(
    (root) =>
      textField(root, "apiId").some((code) => refusedCodes.has(code)) ||
      textField(root, "code").includes("PLT_KFK_AUTHENTICATION"),
  );
}

/** The broker wrote nothing, for now. */
export function isNotNow(error: unknown): boolean {
  return textField(error, "apiId").some((code) => notNow.has(code));
}

/** The client says so in words only. */
export function isUnknownTopic(error: unknown): boolean {
  return rootCauses(error).some((root) => root instanceof Error && root.message.startsWith("Unknown topic "));
}

function textField(error: unknown, name: string): readonly string[] {
  if (typeof error !== "object" || error === null) return [];
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" ? [value] : [];
}
