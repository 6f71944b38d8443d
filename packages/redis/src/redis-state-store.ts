/**
 * The `StateStore` port on Redis. All keys of a partition share the hash tag `{p}`, so each commit is one script
 * in one slot. Subjects are fields of one hash; order images are keys of their own because they expire.
 */
import { createHash, randomUUID } from "node:crypto";
import type {
  CommitOutcome,
  Logger,
  Ownership,
  PartitionCommit,
  PartitionProgress,
  PartitionState,
  StateStore,
  Timer,
} from "@tidemark/runtime";
import { createClient, RESP_TYPES } from "redis";
import { commitScript, forgetScript, takeOverScript } from "./scripts.ts";

export interface RedisStateStoreOptions {
  /** `redis://` or `rediss://`, with credentials if any. */
  readonly url: string;
  readonly logger?: Logger;
  /** First part of every key; tests that share a server choose one each. */
  readonly prefix?: string;
}

/** An image outlives the 90 days of the order horizon by a day; the fold decides by log time, this only frees memory. */
const orderTimeToLiveMs = 91 * 86_400_000;

type Argument = string | Buffer;

/** Connects and answers the store. Rejects when Redis does not answer. */
export async function createRedisStateStore(options: RedisStateStoreOptions): Promise<StateStore> {
  const client = createClient({
    url: options.url,
    RESP: 2,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, 2_000) },
  }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  /** Raised at every loss of the connection: an ownership is valid only on the one that took it. */
  let connection = 0;
  client.on("error", (error) => {
    connection += 1;
    options.logger?.warn({ err: error }, "redis");
  });
  client.on("end", () => {
    connection += 1;
  });
  await client.connect();

  const prefix = options.prefix ?? "tm";
  const key = (partition: number, name: string): string => `${prefix}:{${partition}}:${name}`;
  const command = async (...argumentsOfCommand: readonly Argument[]): Promise<unknown> =>
    client.sendCommand(argumentsOfCommand as Argument[]);
  const evaluate = async (
    script: string,
    keys: readonly string[],
    values: readonly Argument[],
  ): Promise<unknown> => {
    const rest = [String(keys.length), ...keys, ...values];
    try {
      return await command("EVALSHA", shaOf(script), ...rest);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return command("EVAL", script, ...rest);
    }
  };
  const owners = new WeakMap<Ownership, number>();

  return {
    async takeOver(partition) {
      const takenOn = connection;
      const token = randomUUID();
      const epoch = Number(await evaluate(takeOverScript, [key(partition, "meta")], [token]));
      const ownership: Ownership = { partition, epoch, token };
      owners.set(ownership, takenOn);
      return ownership;
    },

    async load(partition): Promise<PartitionState> {
      const fields = ["position", "sequence", "changesOffset", "meta", "definitions"];
      const values = (await command("HMGET", key(partition, "meta"), ...fields)) as (Buffer | null)[];
      const [position, sequence, changesOffset, meta, definitions] = values;
      return {
        position: integerOf(position),
        sequence: integerOf(sequence),
        changesOffset: integerOf(changesOffset),
        meta: meta ?? null,
        definitions: definitions ?? null,
      };
    },

    async subjects(partition, subjects) {
      if (subjects.length === 0) return [];
      return (await command("HMGET", key(partition, "subjects"), ...subjects)) as (Buffer | null)[];
    },

    async orders(partition, keys) {
      if (keys.length === 0) return [];
      return (await command(
        "MGET",
        ...keys.map((name) => key(partition, `order:${name}`)),
      )) as (Buffer | null)[];
    },

    async orderKeys(partition, subject) {
      const keys = (await command("ZRANGE", key(partition, `orders:${subject}`), "0", "-1")) as Buffer[];
      return keys.sort(Buffer.compare).map(String);
    },

    async dueTimers(partition, set, upTo, limit): Promise<Timer[]> {
      const range = ["-inf", String(upTo), "WITHSCORES", "LIMIT", "0", String(limit)];
      const reply = (await command("ZRANGEBYSCORE", key(partition, `timers:${set}`), ...range)) as Buffer[];
      const timers: Timer[] = [];
      for (let at = 0; at + 1 < reply.length; at += 2) {
        timers.push({ subject: String(reply[at]), dueAt: Number(String(reply[at + 1])) });
      }
      return timers;
    },

    async countDue(partition, set, upTo) {
      return Number(await command("ZCOUNT", key(partition, `timers:${set}`), "-inf", String(upTo)));
    },

    async earliestTimer(partition, set) {
      const reply = (await command(
        "ZRANGE",
        key(partition, `timers:${set}`),
        "0",
        "0",
        "WITHSCORES",
      )) as Buffer[];
      return reply[1] === undefined ? null : Number(String(reply[1]));
    },

    async forget(partition) {
      const all = `${globText(key(partition, ""))}*`;
      await evaluate(forgetScript, [key(partition, "meta")], [randomUUID(), all]);
    },

    async check(ownership, expected) {
      const { partition, epoch, token } = ownership;
      const fields = ["epoch", "token", "position", "sequence"];
      const values = (await command("HMGET", key(partition, "meta"), ...fields)) as (Buffer | null)[];
      const [foundEpoch, foundToken, position, sequence] = values;
      // Asked behind the answer: up to here it was the connection on which everything was read.
      if (owners.get(ownership) !== connection) return "fenced";
      if (integerOf(foundEpoch) !== epoch || String(foundToken) !== token) return "fenced";
      const isThere = integerOf(position) === expected.position && integerOf(sequence) === expected.sequence;
      return isThere ? "owned" : "moved";
    },

    async commit(ownership, expected, commit) {
      if (owners.get(ownership) !== connection) return "fenced";
      const { partition } = ownership;
      const keys = ["meta", "subjects", "timers:live", "timers:held"].map((name) => key(partition, name));
      const values = commitArguments(ownership, expected, commit, key(partition, "order"));
      return String(await evaluate(commitScript, keys, values)) as CommitOutcome;
    },

    async close() {
      if (client.isOpen) await client.close();
    },
  };
}

const nothing = Buffer.alloc(0);

function commitArguments(
  ownership: Ownership,
  expected: PartitionProgress,
  commit: PartitionCommit,
  orderPrefix: string,
): Argument[] {
  const values: Argument[] = [
    String(ownership.epoch),
    ownership.token,
    String(expected.position),
    String(expected.sequence),
    String(commit.position),
    String(commit.sequence),
    String(commit.changesOffset),
    commit.meta,
    commit.definitions ? "1" : "0",
    commit.definitions ?? nothing,
    orderPrefix,
    String(orderTimeToLiveMs),
    String(commit.subjects.length),
  ];
  for (const { subject, state, timer } of commit.subjects) {
    values.push(subject, state ?? nothing, timer?.set ?? "", timer === null ? "" : String(timer.dueAt));
  }
  for (const { key, subject, image } of commit.orders) values.push(key, subject, image ?? nothing);
  return values;
}

/** As Redis matches it to the letter. */
const globText = (text: string): string => text.replaceAll(/[\\*?[\]]/g, "\\$&");

const shas = new Map<string, string>();

function shaOf(script: string): string {
  const known = shas.get(script);
  if (known !== undefined) return known;
  const sha = createHash("sha1").update(script).digest("hex");
  shas.set(script, sha);
  return sha;
}

function integerOf(value: Buffer | null | undefined): number {
  return value == null ? 0 : Number(String(value));
}
