/** What a step came to, told and then committed (rule 1 of "Effectively once"). */
import { type LogRecord, type PartitionProgress, packMeta } from "@tidemark/runtime";
import type { Entry } from "./entry.ts";
import { type Holding, OwnershipLost } from "./holding.ts";
import { appendOnward } from "./onward.ts";
import { appendDeadLetters, appendErased, appendRejected, publishChanges } from "./publisher.ts";
import type { Step } from "./step.ts";
import type { WorkerPorts } from "./worker-ports.ts";

/** Answers what is held from then on. Rejects with `OwnershipLost`, or with what a port says. */
export async function publishAndCommit(
  ports: WorkerPorts,
  partition: number,
  held: Holding,
  { entries, meta: folded, result, definitions = held.definitions }: Step,
): Promise<Holding> {
  const { ownership, progress: before } = held;
  const deadLetters = [...result.deadLetters, ...(result.unreadable ?? [])];
  const { changes: told, rejected, erased, onward } = result;
  if ([told, rejected, deadLetters, erased, onward].some(({ length }) => length > 0))
    await checkStanding(ports, held);
  const fresh = result.changes.filter((change) => change.sequence > held.publishedThrough);
  const { changes, end } = await publishChanges(
    ports,
    partition,
    ownership.epoch,
    fresh,
    (offset) => recordAt(entries, offset)?.headers ?? [],
  );
  await appendRejected(ports, partition, result);
  await appendDeadLetters(ports, partition, deadLetters);
  const erasedEnd = await appendErased(ports, partition, ownership.epoch, result.erased);
  await appendOnward(ports, result.onward);
  const publishedEnd = erasedEnd ?? end;
  const meta = publishedEnd == null ? folded : { ...folded, changesEpoch: ownership.epoch };
  const progress: PartitionProgress = {
    position: (entries.at(-1)?.record.offset ?? before.position - 1) + 1,
    sequence: result.sequence,
    changesOffset: erasedEnd ?? end ?? before.changesOffset,
  };
  const outcome = await ports.store.commit(ownership, before, {
    ...progress,
    meta: packMeta(meta),
    ...(definitions === held.definitions ? {} : { definitions: ports.definitionSets.pack(definitions) }),
    subjects: result.subjects,
    orders: result.orders,
  });
  if (outcome !== "committed") throw new OwnershipLost(outcome);
  ports.observe.published(
    changes,
    result.rejected,
    deadLetters,
    (offset) => recordAt(entries, offset)?.timestamp,
  );
  ports.observe.clock(partition, meta.clock);
  const publishedThrough = Math.max(held.publishedThrough, result.sequence);
  return { ownership, progress, meta, definitions, publishedThrough };
}

/**
 * What was folded from a store that came back younger must not be told to anybody: once it stands on a topic, no
 * commit that fails takes it back.
 */
async function checkStanding({ store }: WorkerPorts, { ownership, progress }: Holding): Promise<void> {
  const standing = await store.check(ownership, progress);
  if (standing !== "owned") throw new OwnershipLost(standing);
}

/** Entries are in order of offset, which may leave some out. */
function recordAt(entries: readonly Entry[], offset: number): LogRecord | undefined {
  let low = 0;
  let high = entries.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const record = entries[middle]?.record;
    if (record === undefined || record.offset === offset) return record;
    if (record.offset < offset) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}
