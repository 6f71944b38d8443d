/** An intake service: connects, joins its group again and again, waits for whatever is away. */
import type { Codec } from "@tidemark/contracts";
import {
  type Log,
  LogError,
  type Patience,
  patiently,
  type RunningService,
  type Troubles,
} from "@tidemark/runtime";
import { createSourceDecoder } from "./decode.ts";
import { messageOf } from "./message-of.ts";
import { createPace } from "./pace.ts";
import type { LoopContext } from "./partition-loop.ts";
import type { IntakeOptions, IntakePorts, Source } from "./ports.ts";
import { joinGroup, type Session } from "./session.ts";

const rejoinDelayMs = 1_000;

/**
 * Takes a source in until stopped. Answers at once: what is away (registry, broker, topics) is waited for, and `ready`
 * says what. `ended` rejects where the log refuses for good.
 */
export function startIntake(ports: IntakePorts, source: Source, options: IntakeOptions): RunningService {
  const { clock, logger, observe } = ports;
  const troubles: Troubles = new Map();
  const patience: Patience = { clock, logger, troubles, retry: ports.retry, failed: observe.failed };
  let stopped = false;
  let assigned = false;
  let log: Log | undefined;
  let session: Session | undefined;
  const wanted = () => !stopped;

  async function connect(): Promise<Omit<LoopContext, "reached"> | undefined> {
    const codec = await patiently(patience, "the schema registry does not answer", wanted, () =>
      preparedCodec(ports, source, options),
    );
    if (codec === undefined) return undefined;
    log = await patiently(patience, "the broker does not answer", wanted, ports.openLog);
    if (log === undefined) return undefined;
    const opened = log;
    const counts = await patiently(patience, "the topics are not there", wanted, () =>
      countPartitions(opened, options),
    );
    return counts && loopContext(ports, source, options, patience, opened, codec, counts);
  }

  async function run(): Promise<void> {
    const context = await connect();
    const join = async (base: Omit<LoopContext, "reached">) =>
      joinGroup(base, { ...options, wanted, onOpened: () => (assigned = true) });
    while (context !== undefined && !stopped) {
      session = await patiently(patience, "the group cannot be joined", wanted, () => join(context), isFatal);
      if (session === undefined) return;
      if (stopped) await session.stop();
      try {
        return await session.ended;
      } catch (error) {
        assigned = false;
        if (stopped || isFatal(error)) throw error;
        troubles.set("reading", `reading ended: ${messageOf(error)}`);
        logger.error({ err: error }, "reading ended and begins again");
        await clock.sleep(rejoinDelayMs);
        troubles.delete("reading");
      }
    }
  }

  const running = run();
  const ended = Promise.withResolvers<void>();
  running.catch((error) => {
    if (!stopped) ended.reject(error);
  });

  return {
    ready() {
      const [reason] = troubles.values();
      if (reason !== undefined) return { ready: false, reason };
      return assigned ? { ready: true } : { ready: false, reason: "no partitions yet" };
    },
    async stop() {
      stopped = true;
      await session?.stop();
      await running.catch(() => undefined);
      await log?.close();
      ended.resolve();
    },
    ended: ended.promise,
  };
}

async function preparedCodec(ports: IntakePorts, source: Source, { topics }: IntakeOptions): Promise<Codec> {
  const codec = await ports.openCodec();
  await codec.prepare(source.topic, [source.recordType]);
  await codec.prepare(topics.customerEvents, [
    "tidemark.log.CustomerEvent",
    "tidemark.log.Erasure",
    "tidemark.log.MergeRequest",
    "tidemark.log.LoadBegin",
    "tidemark.log.LoadEnd",
  ]);
  await codec.prepare(topics.segmentDefinitions, ["tidemark.definitions.DefinitionRecord"]);
  return codec;
}

interface PartitionCounts {
  readonly customerEvents: number;
  readonly deadLetters: number;
}

/** The number of partitions of `customer-events` is fixed, so it is asked for once. */
async function countPartitions(log: Log, { topics }: IntakeOptions): Promise<PartitionCounts> {
  const [customerEvents, deadLetters] = await Promise.all([
    log.partitionCount(topics.customerEvents),
    log.partitionCount(topics.deadLetters),
  ]);
  return { customerEvents, deadLetters };
}

function loopContext(
  { clock, logger, observe, tracing }: IntakePorts,
  source: Source,
  { group, topics, pace }: IntakeOptions,
  patience: Patience,
  log: Log,
  codec: Codec,
  counts: PartitionCounts,
): Omit<LoopContext, "reached"> {
  return {
    source,
    group,
    topics,
    log,
    codec,
    patience,
    observe,
    tracing,
    pace: createPace(log, clock, topics.customerEvents, pace),
    partitions: counts.customerEvents,
    partitionOf: (key) => log.partitionFor(key, counts.customerEvents),
    deadLetterPartitions: counts.deadLetters,
    decoder: createSourceDecoder(codec, source.recordType, () => clock.now(), source.takesOtherShapes),
    onFailure: ({ topic, partition, offset }, error) =>
      logger.error({ err: error, topic, partition, offset }, "a record made the service itself fail"),
  };
}

function isFatal(error: unknown): boolean {
  return error instanceof LogError && error.kind === "fatal";
}
