import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { ensurePrograms, type OnProgress } from "./install.ts";
import { startPart } from "./part.ts";
import { type ControlledPart, controlled, type PartControl } from "./part-control.ts";
import { freePortNumbers } from "./ports.ts";
import { planRedis } from "./redis.ts";

const run = promisify(execFile);

export interface RedisClusterOptions {
  /** Where the servers keep their data and logs; emptied at the start. */
  readonly dataDir: string;
  readonly shards: number;
  /** Of each shard. */
  readonly replicas: number;
  /** A server that is silent so long is taken for dead, in ms. */
  readonly nodeTimeoutMs: number;
  readonly onProgress?: OnProgress;
}

export interface RedisClusterNode extends PartControl {
  readonly port: number;
}

export interface RedisCluster {
  /** As `REDIS_URL`. */
  readonly url: string;
  /** One a shard and its replicas. */
  readonly nodes: readonly RedisClusterNode[];
  /** Those that hold slots now, as the servers that run see it. */
  masters(): Promise<readonly RedisClusterNode[]>;
  /** Replicas of a master that are up and follow it. */
  replicasOf(master: RedisClusterNode): Promise<readonly RedisClusterNode[]>;
  /** The server that holds the slot of a key now. */
  holderOf(key: string): Promise<RedisClusterNode>;
  /** Resolves once all slots are served. */
  healthy(): Promise<void>;
  /** Runs a command on one server, by redis-cli. */
  ask(node: RedisClusterNode, ...command: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

const healthyTimeoutMs = 30_000;

/**
 * Starts the servers of a Redis Cluster on free ports of 127.0.0.1, with empty data, and resolves once they serve all
 * slots. Rejects, with nothing left running, when one does not come up.
 */
export async function startRedisCluster(options: RedisClusterOptions): Promise<RedisCluster> {
  const { shards, replicas, nodeTimeoutMs } = options;
  await ensurePrograms(["redis-server"], options.onProgress ?? (() => {}));
  const dataDir = resolve(options.dataDir);
  rmSync(dataDir, { recursive: true, force: true });
  const count = shards * (1 + replicas);
  const ports = await freePortNumbers(2 * count);
  const started = await Promise.allSettled(
    Array.from({ length: count }, async (_, at) => {
      const port = ports[at] ?? 0;
      const busPort = ports[count + at] ?? 0;
      const plan = planRedis(join(dataDir, `redis-${at}`), port, { busPort, nodeTimeoutMs });
      return { busPort, port, part: controlled(plan, await startPart(plan)) };
    }),
  );
  const servers = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map(({ part }) => part.stop()));
  };
  const nodes = servers.map(({ part, port }) => nodeOf(part, port));
  const cluster = clusterOf(nodes, stop);
  try {
    if (servers.length < count)
      throw new Error(
        started.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : [])).join("\n"),
      );
    const places = servers.map(({ port, busPort }) => `127.0.0.1:${port}@${busPort}`);
    const create = [
      "--cluster",
      "create",
      ...places,
      "--cluster-replicas",
      String(replicas),
      "--cluster-yes",
    ];
    await run("redis-cli", create);
    await cluster.healthy();
    options.onProgress?.(`a Redis Cluster of ${shards} shards answers at ${cluster.url}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return cluster;
}

function nodeOf(part: ControlledPart, port: number): RedisClusterNode {
  return { port, pid: part.pid, stop: part.stop, kill: part.kill, start: part.start };
}

function clusterOf(nodes: readonly RedisClusterNode[], stop: () => Promise<void>): RedisCluster {
  const ask = async (node: RedisClusterNode, ...command: readonly string[]): Promise<string> =>
    (await run("redis-cli", ["-p", String(node.port), ...command])).stdout.trim();
  /** Of the first server that answers. */
  const askAny = async (...command: readonly string[]): Promise<string> => {
    for (const node of nodes) {
      const answer = await ask(node, ...command).catch(() => null);
      if (answer !== null) return answer;
    }
    throw new Error("no server of the cluster answers");
  };
  const described = async () =>
    (await askAny("CLUSTER", "NODES")).split("\n").map((line) => {
      const [id = "", address = "", flags = "", master = "", , , , link, ...slots] = line.split(" ");
      const port = Number(/:(\d+)/.exec(address)?.[1]);
      return { id, port, flags: flags.split(","), master, isLinked: link === "connected", slots };
    });
  const withPorts = (ports: readonly number[]): readonly RedisClusterNode[] =>
    nodes.filter(({ port }) => ports.includes(port));
  const isServing = async (node: RedisClusterNode): Promise<boolean> =>
    /cluster_state:ok/.test(await ask(node, "CLUSTER", "INFO").catch(() => "cluster_state:ok"));
  const masters = async (): Promise<readonly RedisClusterNode[]> => {
    const found = await described();
    return withPorts(
      found
        .filter(({ flags, slots }) => flags.includes("master") && !flags.includes("fail") && slots.length > 0)
        .map(({ port }) => port),
    );
  };
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`,
    nodes,
    masters,
    async replicasOf(master) {
      const found = await described();
      const id = found.find(({ port }) => port === master.port)?.id;
      const own = found.filter(({ master: of, flags }) => of === id && !flags.includes("fail"));
      return withPorts(own.map(({ port }) => port));
    },
    async holderOf(key) {
      const slot = Number(await askAny("CLUSTER", "KEYSLOT", key));
      const holder = (await described()).find(
        ({ flags, slots }) =>
          flags.includes("master") &&
          !flags.includes("fail") &&
          slots.some((range) => {
            const [first = "", last = first] = range.split("-");
            return Number(first) <= slot && slot <= Number(last);
          }),
      );
      const [node] = withPorts(holder ? [holder.port] : []);
      if (node === undefined) throw new Error(`no server holds slot ${slot}`);
      return node;
    },
    async healthy() {
      for (const deadline = Date.now() + healthyTimeoutMs; ; await sleep(50)) {
        const serving = await Promise.all(nodes.map(isServing));
        if (serving.every(Boolean)) return;
        if (Date.now() > deadline)
          throw new Error(`the cluster does not serve: ${await askAny("CLUSTER", "INFO")}`);
      }
    },
    ask,
    stop,
  };
}
