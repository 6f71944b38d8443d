/** What a record of `customer-events` is to the fold. */
import {
  type Clock as ClockRecord,
  type Codec,
  type CustomerEvent,
  type DefinitionVersion,
  type LoadBegin,
  notAhead,
  type Sweep,
  type SweepApply,
  type SweepEnd,
  UnreadableError,
} from "@tidemark/contracts";
import type { LogRecord } from "@tidemark/runtime";
import { type IdentityEntry, identityEntry } from "./identity/entry.ts";

export type Entry =
  | { readonly type: "event"; readonly record: LogRecord; readonly event: CustomerEvent }
  | { readonly type: "clock"; readonly record: LogRecord; readonly clock: ClockRecord }
  | { readonly type: "definition"; readonly record: LogRecord; readonly definition: DefinitionVersion }
  | { readonly type: "load-begin" | "load-end"; readonly record: LogRecord; readonly load: LoadBegin }
  | IdentityEntry
  | { readonly type: "sweep"; readonly record: LogRecord; readonly sweep: Sweep }
  | { readonly type: "sweep-apply"; readonly record: LogRecord; readonly apply: SweepApply }
  | { readonly type: "sweep-end"; readonly record: LogRecord; readonly end: SweepEnd }
  | { readonly type: "unreadable"; readonly record: LogRecord; readonly reason: string };

/** Rejects where the schema registry is away; what nobody can read is an entry too. */
export async function readEntry(codec: Codec, record: LogRecord): Promise<Entry> {
  if (record.value === null) return { type: "unreadable", record, reason: "no-value" };
  let decoded: { readonly type: string; readonly value: unknown };
  try {
    decoded = codec.decodeSync(record.value) ?? (await codec.decode(record.value));
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return { type: "unreadable", record, reason: "unreadable" };
  }
  switch (decoded.type) {
    case "tidemark.log.CustomerEvent":
      return { type: "event", record, event: notAhead(decoded.value as CustomerEvent, record.timestamp) };
    case "tidemark.log.Clock":
      return { type: "clock", record, clock: decoded.value as ClockRecord };
    case "tidemark.log.DefinitionVersion":
      return { type: "definition", record, definition: decoded.value as DefinitionVersion };
    case "tidemark.log.LoadBegin":
      return { type: "load-begin", record, load: decoded.value as LoadBegin };
    case "tidemark.log.LoadEnd":
      return { type: "load-end", record, load: decoded.value as LoadBegin };
    case "tidemark.log.Sweep":
      return { type: "sweep", record, sweep: decoded.value as Sweep };
    case "tidemark.log.SweepApply":
      return { type: "sweep-apply", record, apply: decoded.value as SweepApply };
    case "tidemark.log.SweepEnd":
      return { type: "sweep-end", record, end: decoded.value as SweepEnd };
    default:
      return identityEntry(decoded, record) ?? { type: "unreadable", record, reason: "unknown-record" };
  }
}
