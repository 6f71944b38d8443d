/** A source, a log in memory and a clock that runs fast, for tests of the loop. */
import { type Codec, type CustomerEvent, createLocalCodec, type LoadBegin } from "@tidemark/contracts";
import { type Clock, type Log, type Logger, type LogRecord, noTracing } from "@tidemark/runtime";
import { admitted, fault, type IntakeOptions, type IntakePorts, refused, type Source } from "../src/index.ts";

export const topics = {
  customerEvents: "events",
  segmentDefinitions: "definitions",
  deadLetters: "letters",
};

export const options: IntakeOptions = {
  group: "intake",
  maxBatchRecords: 7,
  commitIntervalMs: 100,
  sessionTimeoutMs: 6_000,
  pace: { foldGroup: "no-such-group", aheadRecords: 1_000_000, lookEveryMs: 200, standstillMs: 5_000 },
  topics,
};

/** `{"customer":"a","company":"b"}` gives an event for each; anything else is refused. */
export const source: Source = {
  service: "test",
  topic: "source",
  sourceId: "source-1",
  recordType: "tidemark.source.InteractionEvent",
  normalise(raw, arrivedAt) {
    const { customer, company } = raw as { readonly customer?: string; readonly company?: string };
    if (customer === "broken") throw new Error("a fault of our own");
    const subjects = [
      ...(customer === undefined ? [] : [{ subject: customer, subjectKind: "customer" as const }]),
      ...(company === undefined ? [] : [{ subject: company, subjectKind: "company" as const }]),
    ];
    if (subjects.length === 0) return refused([fault("customerId", undefined, "somebody", "unattributed")]);
    return admitted(
      subjects.map((subject) => ({
        ...subject,
        name: "page.viewed",
        occurredAt: arrivedAt,
        eventId: null,
        attributes: null,
        properties: "{}",
        order: null,
      })),
    );
  },
};

/** A clock on which everything takes a hundredth of its time. */
export function fastClock(): Clock {
  const start = Date.now();
  return {
    now: () => Math.floor(start + (performance.now() - origin) * 100),
    elapsedMs: () => (performance.now() - origin) * 100,
    after(delayMs, callback) {
      const handle = setTimeout(callback, delayMs / 100);
      return () => clearTimeout(handle);
    },
    sleep: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs / 100)),
  };
}

const origin = performance.now();

const quiet = () => {};

export const silent = {
  trace: quiet,
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
  fatal: quiet,
} as unknown as Logger;

export function portsOver(log: Log, changes: Partial<IntakePorts> = {}): IntakePorts {
  return {
    openLog: async () => log,
    openCodec: async () => createLocalCodec(),
    clock: fastClock(),
    logger: silent,
    observe: { taken: quiet, produced: quiet, deadLetter: quiet, waited: quiet, failed: quiet, took: quiet },
    tracing: noTracing,
    ...changes,
  };
}

export const specification = (name: string, partitions: number) => ({
  name,
  partitions,
  replicas: 1,
  settings: {},
});

export type Read =
  | { readonly type: "event"; readonly event: CustomerEvent }
  | { readonly type: "begin" | "end"; readonly load: LoadBegin };

/** What a partition of `customer-events` says. */
export async function readEvents(
  records: readonly LogRecord[],
  codec: Codec = localCodec,
): Promise<readonly Read[]> {
  const reads: Read[] = [];
  for (const { value } of records) {
    const { type, value: said } = await codec.decode(value as Buffer);
    if (type === "tidemark.log.CustomerEvent") reads.push({ type: "event", event: said as CustomerEvent });
    else reads.push({ type: type === "tidemark.log.LoadBegin" ? "begin" : "end", load: said as LoadBegin });
  }
  return reads;
}

const localCodec = createLocalCodec();

/** Waits until a condition holds; rejects after two seconds. */
export async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = performance.now() + 2_000; performance.now() < end; ) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`never happened: ${what}`);
}

/** Whether the group has committed everything there is. */
export async function isDrained(log: Log): Promise<boolean> {
  const ends = await log.endOffsets(source.topic);
  const committed = await log.committed(options.group, source.topic);
  return ends.every((end, partition) => end === 0 || committed[partition]?.offset === end);
}

/** A header's text; undefined where there is none. */
export function headerOf(record: LogRecord | undefined, name: string): string | undefined {
  return record?.headers.findLast(([key]) => key === name)?.[1].toString();
}
