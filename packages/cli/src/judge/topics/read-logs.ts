/** The product's topics as the judge looks at them. */
import type {
  ChangeEntry,
  CustomerEvent,
  CutPoints,
  DeadLetter,
  DefinitionVersion,
  Ends,
  Fence,
  LogEntry,
  Logs,
  RejectedEvent,
  SegmentChange,
  SourceRecord,
} from "../records.ts";
import { type AvroReader, createAvroReader } from "./avro-reader.ts";
import { identityEntry } from "./identity-entry.ts";
import { readEnds, readTopics, type TopicRecord } from "./kafka-reader.ts";
import { sweepEntries } from "./sweep-entry.ts";

const sourceTopics = ["orders", "interactions", "lifecycle"];
const topics = [...sourceTopics, "customer-events", "rejected-events", "segment-changes", "dead-letters"];

export interface TopicsAddress {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
}

/** Where those topics end now that the tables follow. */
export async function readArchivedEnds({ brokers }: TopicsAddress): Promise<Ends> {
  const ends = await readEnds(brokers, ["customer-events", "segment-changes"]);
  const of = (topic: string): ReadonlyMap<number, number> => ends.get(topic) ?? new Map();
  return { customerEvents: of("customer-events"), segmentChanges: of("segment-changes") };
}

export async function readLogs({ brokers, registryUrl }: TopicsAddress): Promise<Logs> {
  const avro = createAvroReader(registryUrl);
  const sources: SourceRecord[] = [];
  const letters: TopicRecord[] = [];
  const rejected: RejectedEvent[] = [];
  const customerEvents = new Map<number, LogEntry[]>();
  const segmentChanges = new Map<number, ChangeEntry[]>();
  /** Values of orders: the letter of a large one holds only its beginning. */
  const orderValues = new Map<string, Buffer | null>();

  const take = async (record: TopicRecord): Promise<void> => {
    const { topic, partition, offset, value } = record;
    if (sourceTopics.includes(topic)) {
      sources.push({ topic, partition, offset });
      if (topic === "orders") orderValues.set(`${topic}/${partition}/${offset}`, value);
    } else if (topic === "dead-letters") {
      letters.push(record);
    } else if (topic === "customer-events") {
      for (const entry of await logEntries(record, avro)) listIn(customerEvents, partition).push(entry);
    } else if (topic === "segment-changes") {
      const entry = await changeEntry(record, avro);
      if (entry !== undefined) listIn(segmentChanges, partition).push(entry);
    } else {
      const found = value === null ? undefined : await avro.read(value);
      if (found !== undefined) rejected.push(found.value as RejectedEvent);
    }
  };
  await readTopics(brokers, topics, async (records) => {
    for (const record of records) await take(record);
  });
  const deadLetters: DeadLetter[] = [];
  for (const letter of letters) deadLetters.push(await deadLetter(letter, orderValues, avro));
  return { sources, deadLetters, customerEvents, rejected, segmentChanges };
}

function listIn<Item>(lists: Map<number, Item[]>, partition: number): Item[] {
  const list = lists.get(partition) ?? [];
  lists.set(partition, list);
  return list;
}

/** None for clocks, loads and what cannot be read, which folds to nothing. */
async function logEntries(record: TopicRecord, avro: AvroReader): Promise<readonly LogEntry[]> {
  const { offset, timestamp: appendedAt, value } = record;
  const found = value === null ? undefined : await avro.read(value);
  if (found?.type === "tidemark.log.CustomerEvent") {
    const event = found.value as CustomerEvent;
    // What a source dates ahead of the broker happened when it was appended.
    const occurredAt = Math.min(event.occurredAt, appendedAt);
    return [{ type: "event", offset, appendedAt, event: { ...event, occurredAt } }];
  }
  if (found?.type === "tidemark.log.DefinitionVersion")
    return [{ type: "definition", offset, definition: found.value as DefinitionVersion }];
  if (found?.type === "tidemark.log.Cuts") {
    const { version, cuts: values } = found.value as { readonly version: number; readonly cuts: CutPoints };
    return [{ type: "cuts", offset, appendedAt, version, values }];
  }
  if (found === undefined) return [];
  const place = { offset, appendedAt };
  const identity = identityEntry(found.type, found.value, place);
  return identity === undefined ? sweepEntries(found.type, found.value, place) : [identity];
}

async function changeEntry(
  { offset, value }: TopicRecord,
  avro: AvroReader,
): Promise<ChangeEntry | undefined> {
  const found = value === null ? undefined : await avro.read(value);
  if (found?.type === "tidemark.changes.SegmentChange")
    return { type: "change", offset, change: found.value as SegmentChange };
  return found?.type === "tidemark.changes.Fence"
    ? { type: "fence", offset, fence: found.value as Fence }
    : undefined;
}

async function deadLetter(
  letter: TopicRecord,
  orderValues: ReadonlyMap<string, Buffer | null>,
  avro: AvroReader,
): Promise<DeadLetter> {
  const header = (name: string): string => letter.headers[`tidemark-${name}`]?.toString() ?? "";
  const [topic, partition, offset] = [header("topic"), Number(header("partition")), Number(header("offset"))];
  const value = orderValues.get(`${topic}/${partition}/${offset}`) ?? letter.value;
  const orderLines = topic === "orders" && value !== null ? await linesOf(value, avro) : 0;
  return { topic, partition, offset, reason: header("reason"), orderLines };
}

/** How many lines an order has, in Avro or JSON; one where it names no items. */
async function linesOf(value: Buffer, avro: AvroReader): Promise<number> {
  try {
    const order = (await avro.read(value))?.value ?? JSON.parse(value.toString());
    const items: unknown = order.items ?? order.data?.items;
    return Math.max(1, Array.isArray(items) ? items.length : 0);
  } catch {
    return 1;
  }
}
