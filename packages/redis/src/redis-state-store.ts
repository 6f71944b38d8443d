/**
 * The `StateStore` port on Redis. All keys of a partition share the hash tag `{p}`, so each commit is one script
 * in one slot, on one server or on a cluster. Subjects are fields of one hash; order images are keys of their own because they expire.
 */
import { createHash, randomUUID } from "node:crypto";
import {
  type CommitOutcome,
  type Config,
  ConfigError,
  type Logger,
  type Ownership,
  type PartitionCommit,
  type PartitionProgress,
  type PartitionState,
  type StackSettings,
  type StateStore,
  type Timer,
} from "@tidemark/runtime";
import { openCluster } from "./cluster.ts";
import { type Argument, openConnection } from "./connection.ts";
import { hashSlot } from "./hash-slot.ts";
import { type RedisAddress, readRedisAddress } from "./redis-address.ts";
import { commitScript, forgetScript, takeOverScript } from "./scripts.ts";
import { type Answer, type Link, LinkLost, oneServer, type Servers } from "./servers.ts";

export interface RedisStateStoreOptions {
  /** `redis://host:port`, or `redis+cluster://host:port,host:port`; see `readRedisAddress`. */
  readonly url: string;
  readonly logger?: Logger;
  /** First part of every key; tests that share a server choose one each. */
  readonly prefix?: string;
  /** How long a server of a cluster may take to accept a connection, 1,000 ms unless given. */
  readonly connectTimeoutMs?: number;
  /** How long a server of a cluster may take to answer, 10,000 ms unless given. */
  readonly answerTimeoutMs?: number;
}

/** What the settings say. */
export function redisOptions(config: Config<StackSettings>): Omit<RedisStateStoreOptions, "logger"> {
  return {
    url: config.REDIS_URL,
    connectTimeoutMs: config.REDIS_CONNECT_TIMEOUT_MS,
    answerTimeoutMs: config.REDIS_ANSWER_TIMEOUT_MS,
  };
}

/** An image outlives the 90 days of the order horizon by a day; the fold decides by log time, this only frees memory. */
const orderTimeToLiveMs = 91 * 86_400_000;

/** Connects and answers the store; waits for a Redis that does not answer. Rejects with `ConfigError` where the address is wrong. */
export async function createRedisStateStore(options: RedisStateStoreOptions): Promise<StateStore> {
  const servers = await openServers(options);
  const prefix = options.prefix ?? "tm";
  const key = (partition: number, name: string): string => `${prefix}:{${partition}}:${name}`;
  const ask = (partition: number, command: readonly Argument[]): Promise<Answer> =>
    servers.ask(slotOf(partition), command);
  const command = async (partition: number, ...words: readonly Argument[]): Promise<unknown> =>
    (await ask(partition, words)).reply;
  /** An ownership is valid only on the link on which it was taken. */
  const owners = new WeakMap<Ownership, Link>();
  const isOnItsLink = ({ partition }: Ownership, link: Link | undefined): link is Link =>
    link !== undefined && servers.isCurrent(slotOf(partition), link);

  /** Null where the ownership's link is void. */
  const onLink = async (ownership: Ownership, words: readonly Argument[]): Promise<unknown> => {
    const link = owners.get(ownership);
    if (!isOnItsLink(ownership, link)) return null;
    try {
      return await servers.askOn(slotOf(ownership.partition), link, words);
    } catch (error) {
      if (error instanceof LinkLost) return null;
      throw error;
    }
  };

  return {
    async takeOver(partition) {
      const token = randomUUID();
      const { reply, link } = await evaluate(takeOverScript, [key(partition, "meta")], [token], (words) =>
        ask(partition, words),
      );
      const ownership: Ownership = { partition, epoch: Number(reply), token };
      owners.set(ownership, link);
      return ownership;
    },

    async load(partition): Promise<PartitionState> {
      const fields = ["position", "sequence", "changesOffset", "meta", "definitions", "token"];
      const values = (await command(
        partition,
        "HMGET",
        key(partition, "meta"),
        ...fields,
      )) as (Buffer | null)[];
      const [position, sequence, changesOffset, meta, definitions, token] = values;
      return {
        position: integerOf(position),
        sequence: integerOf(sequence),
        changesOffset: integerOf(changesOffset),
        meta: meta ?? null,
        definitions: definitions ?? null,
        owner: token?.toString() ?? null,
      };
    },

    async subjects(partition, subjects) {
      if (subjects.length === 0) return [];
      return (await command(
        partition,
        "HMGET",
        key(partition, "subjects"),
        ...subjects,
      )) as (Buffer | null)[];
    },

    async orders(partition, keys) {
      if (keys.length === 0) return [];
      return (await command(
        partition,
        "MGET",
        ...keys.map((name) => key(partition, `order:${name}`)),
      )) as (Buffer | null)[];
    },

    async orderKeys(partition, subject) {
      const keys = (await command(
        partition,
        "ZRANGE",
        key(partition, `orders:${subject}`),
        "0",
        "-1",
      )) as Buffer[];
      return keys.sort(Buffer.compare).map(String);
    },

    async dueTimers(partition, set, upTo, limit): Promise<Timer[]> {
      const range = ["-inf", String(upTo), "WITHSCORES", "LIMIT", "0", String(limit)];
      const reply = (await command(
        partition,
        "ZRANGEBYSCORE",
        key(partition, `timers:${set}`),
        ...range,
      )) as Buffer[];
      const timers: Timer[] = [];
      for (let at = 0; at + 1 < reply.length; at += 2) {
        timers.push({ subject: String(reply[at]), dueAt: Number(String(reply[at + 1])) });
      }
      return timers;
    },

    async position(partition) {
      const answer = await command(partition, "HGET", key(partition, "meta"), "position");
      return integerOf(answer as Buffer | null);
    },

    async countDue(partition, set, upTo) {
      return Number(
        await command(partition, "ZCOUNT", key(partition, `timers:${set}`), "-inf", String(upTo)),
      );
    },

    async earliestTimer(partition, set) {
      const reply = (await command(
        partition,
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
      await evaluate(forgetScript, [key(partition, "meta")], [randomUUID(), all], (words) =>
        ask(partition, words),
      );
    },

    async check(ownership, expected) {
      const { partition, epoch, token } = ownership;
      const fields = ["epoch", "token", "position", "sequence"];
      const values = await onLink(ownership, ["HMGET", key(partition, "meta"), ...fields]);
      // Asked behind the answer: up to here it was the link on which everything was read.
      if (values === null || !isOnItsLink(ownership, owners.get(ownership))) return "fenced";
      const [foundEpoch, foundToken, position, sequence] = values as (Buffer | null)[];
      if (integerOf(foundEpoch) !== epoch || String(foundToken) !== token) return "fenced";
      const isThere = integerOf(position) === expected.position && integerOf(sequence) === expected.sequence;
      return isThere ? "owned" : "moved";
    },

    async commit(ownership, expected, commit) {
      const { partition } = ownership;
      const orders = commit.orders.flatMap(({ key: name, subject }) => [
        `order:${name}`,
        `orders:${subject}`,
      ]);
      // All that it writes is named: a cluster that is moving the slot refuses before anything is written, or not.
      const keys = ["meta", "subjects", "timers:live", "timers:held", ...orders];
      const outcome = await evaluate(
        commitScript,
        keys.map((name) => key(partition, name)),
        commitArguments(ownership, expected, commit),
        (words) => onLink(ownership, words),
      );
      return outcome === null ? "fenced" : (String(outcome) as CommitOutcome);
    },

    async close() {
      await servers.close();
    },
  };
}

async function openServers(options: RedisStateStoreOptions): Promise<Servers> {
  const { url, logger, connectTimeoutMs = 1_000, answerTimeoutMs = 10_000 } = options;
  const address = addressIn(url);
  if (address.kind === "cluster")
    return openCluster({ ...address, logger, connectTimeoutMs, answerTimeoutMs });
  const connection = openConnection({ client: { url: address.url }, logger });
  await connection.opened();
  // A server that is asked less may refuse the question.
  const told = String(await connection.send(["INFO", "cluster"]).catch(() => ""));
  if (!told.includes("cluster_enabled:1")) return oneServer(connection);
  await connection.close();
  throw new ConfigError([
    "REDIS_URL names a server of a cluster; then it has to begin with redis+cluster://",
  ]);
}

function addressIn(url: string): RedisAddress {
  try {
    return readRedisAddress(url);
  } catch (error) {
    throw new ConfigError([`REDIS_URL: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

const slots: number[] = [];

/** Of the hash tag `{p}`. */
function slotOf(partition: number): number {
  slots[partition] ??= hashSlot(String(partition));
  return slots[partition] ?? 0;
}

/** Scripts are sent by their hash, and whole to a server that does not know it yet. */
async function evaluate<Reply>(
  script: string,
  keys: readonly string[],
  values: readonly Argument[],
  run: (words: readonly Argument[]) => Promise<Reply>,
): Promise<Reply> {
  const rest = [String(keys.length), ...keys, ...values];
  try {
    return await run(["EVALSHA", shaOf(script), ...rest]);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
    return run(["EVAL", script, ...rest]);
  }
}

const nothing = Buffer.alloc(0);

function commitArguments(
  ownership: Ownership,
  expected: PartitionProgress,
  commit: PartitionCommit,
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
    String(orderTimeToLiveMs),
    String(commit.subjects.length),
  ];
  for (const { subject, state, timer } of commit.subjects) {
    values.push(subject, state ?? nothing, timer?.set ?? "", timer === null ? "" : String(timer.dueAt));
  }
  for (const { key, image } of commit.orders) values.push(key, image ?? nothing);
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
