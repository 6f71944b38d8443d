/** Who is who: asks for erasures and merges, and tells what became of an erasure. */
import {
  type Codec,
  type Erasure,
  type MergeRequest,
  type SubjectKind,
  subjectHash,
  subjectKey,
} from "@tidemark/contracts";
import {
  type Log,
  readTombstone,
  type StateStore,
  type Tombstone,
  tombstoneKeyOfHash,
  type Warehouse,
} from "@tidemark/runtime";
import { refuse } from "./problem.ts";
import type { Upstream } from "./upstream.ts";

export interface IdentityPorts {
  readonly log: Pick<Log, "partitionFor" | "append" | "endOffsets">;
  readonly codec: Pick<Codec, "encode">;
  readonly store: Pick<StateStore, "load" | "subjects">;
  readonly redis: Upstream;
  readonly kafkaWrites: Upstream;
  readonly clickHouse: Upstream;
  readonly openWarehouse: () => Promise<Warehouse>;
}

export interface IdentityOptions {
  /** Name and partitions of `customer-events`. */
  readonly topic: string;
  readonly partitions: number;
}

interface Part {
  readonly state: "pending" | "found" | "removed" | "unknown";
  readonly found: number | null;
}

interface Receipt {
  readonly id: string;
  readonly done: boolean;
  readonly erasedAt: string | null;
  readonly parts: {
    readonly state: Part;
    readonly events: Part;
    readonly changes: Part;
    readonly deadLetters: Part;
  };
}

export interface Identity {
  /** Writes the erasure; what the receipt says is true from then on, whoever crashes. */
  erase(kind: SubjectKind, id: string): Promise<Receipt>;
  /** Refuses where there is none of that id. */
  receipt(receiptId: string): Promise<Receipt>;
  /** The receipt of the last erasure of a subject, however it was asked for. Refuses where there was none. */
  lastErasure(kind: SubjectKind, id: string): Promise<Receipt>;
  /** Asks for `id` to become part of `into`. */
  merge(kind: SubjectKind, id: string, into: string): Promise<void>;
}

/** Where an erasure stands, and of whom it is. */
interface Place {
  readonly partition: number;
  readonly offset: number;
  readonly hash: string;
}

const pending: Part = { state: "pending", found: null };
const unknown: Part = { state: "unknown", found: null };

export function createIdentity(ports: IdentityPorts, { topic, partitions }: IdentityOptions): Identity {
  const { log, codec, store, redis, kafkaWrites } = ports;
  const partitionOf = (kind: SubjectKind, id: string) =>
    log.partitionFor(Buffer.from(subjectKey(kind, id)), partitions);
  const archived = archivedParts(ports);

  const append = (partition: number, key: string, type: string, value: object) =>
    kafkaWrites(() =>
      log.append(topic, partition, [{ key: Buffer.from(key), value: codec.encode(type, value) }]),
    );

  const tombstoneOf = async ({ partition, hash }: Omit<Place, "offset">): Promise<Tombstone | null> => {
    const [bytes = null] = await store.subjects(partition, [tombstoneKeyOfHash(hash)]);
    return readTombstone(bytes);
  };

  const receiptOf = async (place: Place): Promise<Receipt> => {
    const [{ position }, tombstone] = await redis(() =>
      Promise.all([store.load(place.partition), tombstoneOf(place)]),
    );
    const isFolded = position > place.offset;
    // One that found everything erased already changed nothing.
    const isOwn = isFolded && tombstone?.offset === place.offset;
    const state: Part = isFolded
      ? { state: "removed", found: isOwn ? tombstone.subjects + tombstone.memberships + tombstone.orders : 0 }
      : pending;
    const { changes, ...rest } = await archived(place);
    const parts = {
      state,
      ...rest,
      changes:
        isFolded && !isOwn && changes.state === "pending" ? { state: "removed" as const, found: 0 } : changes,
    };
    return {
      id: `${place.partition}-${place.offset}-${place.hash}`,
      done: Object.values(parts).every((part) => part.state === "removed"),
      erasedAt: isFolded && tombstone !== null ? new Date(tombstone.erasedAt).toISOString() : null,
      parts,
    };
  };

  return {
    async erase(subjectKind, subject) {
      const partition = partitionOf(subjectKind, subject);
      const erasure: Erasure = { subject, subjectKind, erasedAt: null, source: null };
      const key = subjectKey(subjectKind, subject);
      const { baseOffset } = await append(partition, key, "tidemark.log.Erasure", erasure);
      return receiptOf({ partition, offset: baseOffset, hash: subjectHash(subjectKind, subject) });
    },
    async receipt(receiptId) {
      const place = placeOf(receiptId, partitions);
      if (place === null) return refuse("not-found", "There is no erasure of that id.");
      const ends = await kafkaWrites(() => log.endOffsets(topic));
      if (place.offset >= (ends[place.partition] ?? 0))
        return refuse("not-found", "There is no erasure of that id.");
      return receiptOf(place);
    },
    async lastErasure(kind, id) {
      const place = { partition: partitionOf(kind, id), hash: subjectHash(kind, id) };
      const tombstone = await redis(() => tombstoneOf(place));
      if (tombstone === null) return refuse("not-found", `No ${kind} of that id was erased.`);
      return receiptOf({ ...place, offset: tombstone.offset });
    },
    async merge(subjectKind, subject, into) {
      if (subject === into) return refuse("wrong-request", `A ${subjectKind} cannot be merged into itself.`);
      const request: MergeRequest = { subject, subjectKind, into, mergedAt: null, source: null };
      const key = subjectKey(subjectKind, subject);
      await append(0, key, "tidemark.log.MergeRequest", request);
    },
  };
}

function placeOf(receiptId: string, partitions: number): Place | null {
  const match = /^(\d{1,6})-(\d{1,15})-([0-9a-f]{32})$/.exec(receiptId);
  if (match === null) return null;
  const [, partition, offset, hash = ""] = match;
  return Number(partition) < partitions
    ? { partition: Number(partition), offset: Number(offset), hash }
    : null;
}

interface ReceiptRow {
  readonly part: string;
  readonly state: "found" | "removed";
  readonly found: number;
}

const receiptSql = `
SELECT part, if(countIf(state = 'removed') > 0, 'removed', 'found') AS state, max(erasures.found) AS found
FROM erasures
WHERE kafka_partition = {partition:UInt32} AND erasures.offset = {offset:Int64} AND subject_hash = {hash:String}
GROUP BY part`;

/** What the warehouse has written down; `unknown` where ClickHouse does not answer. */
function archivedParts({ openWarehouse, clickHouse }: IdentityPorts) {
  let opened: Promise<Warehouse> | undefined;
  const warehouse = (): Promise<Warehouse> => {
    opened ??= openWarehouse().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  return async (place: Place): Promise<Pick<Receipt["parts"], "events" | "changes" | "deadLetters">> => {
    try {
      const rows = await clickHouse(async () =>
        (await warehouse()).query<ReceiptRow>(receiptSql, { ...place }),
      );
      const partOf = (name: string): Part => {
        const row = rows.find(({ part }) => part === name);
        return row === undefined ? pending : { state: row.state, found: row.found };
      };
      return { events: partOf("events"), changes: partOf("changes"), deadLetters: partOf("dead-letters") };
    } catch (error) {
      if (error instanceof TypeError || error instanceof RangeError) throw error;
      return { events: unknown, changes: unknown, deadLetters: unknown };
    }
  };
}
