/** What a record of `customer-events` is to the fold. */
import {
  type Clock as ClockRecord,
  type Codec,
  type CustomerEvent,
  type Cuts,
  type DefinitionVersion,
  type LoadBegin,
  notAhead,
  type Rescore,
  type RescoreEnd,
  type Sweep,
  type SweepApply,
  type SweepBatch,
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
  | { readonly type: "sweep-apply"; readonly record: LogRecord; readonly applies: readonly SweepApply[] }
  | { readonly type: "sweep-end"; readonly record: LogRecord; readonly end: SweepEnd }
  | { readonly type: "cuts"; readonly record: LogRecord; readonly cuts: Cuts }
  | { readonly type: "rescore"; readonly record: LogRecord; readonly rescore: Rescore }
  | { readonly type: "rescore-end"; readonly record: LogRecord; readonly end: RescoreEnd }
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
      return { type: "sweep-apply", record, applies: [decoded.value as SweepApply] };
    case "tidemark.log.SweepBatch":
      return { type: "sweep-apply", record, applies: appliesOf(decoded.value as SweepBatch) };
    case "tidemark.log.SweepEnd":
      return { type: "sweep-end", record, end: decoded.value as SweepEnd };
    case "tidemark.log.Cuts":
      return { type: "cuts", record, cuts: decoded.value as Cuts };
    case "tidemark.log.Rescore":
      return { type: "rescore", record, rescore: decoded.value as Rescore };
    case "tidemark.log.RescoreEnd":
      return { type: "rescore-end", record, end: decoded.value as RescoreEnd };
    default:
      return identityEntry(decoded, record) ?? { type: "unreadable", record, reason: "unknown-record" };
  }
}

function appliesOf({ applies, ...sweep }: SweepBatch): readonly SweepApply[] {
  return applies.map((one) => ({ ...sweep, ...one, from: null, source: null }));
}
