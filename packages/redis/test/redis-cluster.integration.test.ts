/** The store on a Redis Cluster of this test's own: three shards, each with a replica. */
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Ownership, PartitionCommit, StateStore } from "@tidemark/runtime";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type RedisCluster, type RedisClusterNode, startRedisCluster } from "../../../infra/src/index.ts";
import { createRedisStateStore } from "../src/redis-state-store.ts";
import { stateStoreContract } from "./state-store-contract.ts";

const parent = fileURLToPath(new URL("../../../.tidemark/test", import.meta.url));
const patience = { timeout: 30_000, interval: 50 };
const text = (value: string) => Buffer.from(value);

let folder: string;
let cluster: RedisCluster;
const stores: StateStore[] = [];

beforeAll(async () => {
  mkdirSync(parent, { recursive: true });
  folder = mkdtempSync(join(parent, "cluster-"));
  cluster = await startRedisCluster({ dataDir: folder, shards: 3, replicas: 1, nodeTimeoutMs: 1_500 });
}, 120_000);
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function openStore(prefix: string): Promise<StateStore> {
  const store = await createRedisStateStore({ url: cluster.url, prefix });
  stores.push(store);
  return store;
}

function commitTo(position: number, more: Partial<PartitionCommit> = {}): PartitionCommit {
  return {
    position,
    sequence: position,
    changesOffset: position,
    meta: text("meta"),
    subjects: [{ subject: "customer:1", state: text(`as of ${position}`), timer: { set: "live", dueAt: 5 } }],
    orders: [{ key: "customer:1|o-1", subject: "customer:1", image: text(`image ${position}`) }],
    ...more,
  };
}
const progress = (position: number) => ({ position, sequence: position, changesOffset: position });

/** Commits as an owner does whose connection may break: takes over again, and goes on from what is stored. */
async function commitPatiently(store: StateStore, partition: number, position: number): Promise<Ownership> {
  for (const deadline = Date.now() + 30_000; ; await sleep(50)) {
    try {
      const owner = await store.takeOver(partition);
      const stored = await store.load(partition);
      if ((await store.commit(owner, stored, commitTo(position))) === "committed") return owner;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}

const tag = (partition: number) => `{${partition}}`;

async function masterAndReplica(partition: number): Promise<readonly [RedisClusterNode, RedisClusterNode]> {
  const master = await cluster.holderOf(tag(partition));
  await expect.poll(async () => (await cluster.replicasOf(master)).length, patience).toBe(1);
  const [replica] = await cluster.replicasOf(master);
  if (replica === undefined) throw new Error("the shard has no replica");
  await expect
    .poll(() => cluster.ask(replica, "INFO", "replication"), patience)
    .toContain("master_link_status:up");
  return [master, replica];
}

stateStoreContract("Redis Cluster", async () => {
  const store = await openStore(`test-${randomUUID()}`);
  return {
    store,
    async reconnect() {
      for (const node of cluster.nodes) await cluster.ask(node, "CLIENT", "KILL", "TYPE", "normal");
      await expect.poll(() => store.load(1).catch(() => null), patience).not.toBeNull();
      await expect.poll(() => store.load(4).catch(() => null), patience).not.toBeNull();
    },
  };
});

describe("a store on a cluster", () => {
  it("given partitions on all shards, then each one's keys are on one server, and none is on two", async () => {
    const prefix = `spread-${randomUUID()}`;
    const store = await openStore(prefix);
    for (let partition = 0; partition < 12; partition += 1) await commitPatiently(store, partition, 1);
    const found = new Map<string, Set<number>>();
    for (const master of await cluster.masters()) {
      const keys = await cluster.ask(master, "KEYS", `${prefix}:*`);
      for (const key of keys.split("\n").filter(Boolean)) {
        const partition = /\{(\d+)\}/.exec(key)?.[1] ?? "";
        found.set(partition, (found.get(partition) ?? new Set()).add(master.port));
      }
    }
    expect([...found.values()].map((ports) => ports.size)).toEqual(new Array(12).fill(1));
    expect(new Set([...found.values()].flatMap((ports) => [...ports])).size).toBe(3);
  });

  it("given seeds of which all but one are gone, then it finds the others", async () => {
    const [node] = cluster.nodes;
    const store = await createRedisStateStore({
      url: `redis+cluster://127.0.0.1:1,127.0.0.1:${node?.port}`,
      prefix: `seeds-${randomUUID()}`,
    });
    stores.push(store);
    for (let partition = 0; partition < 6; partition += 1)
      expect((await store.takeOver(partition)).epoch).toBe(1);
  });

  it("given an address that says one server, or servers that are no cluster, then it is refused with a sentence", async () => {
    const port = cluster.nodes[0]?.port;
    await expect(createRedisStateStore({ url: `redis://127.0.0.1:${port}` })).rejects.toThrow(
      "has to begin with redis+cluster://",
    );
    const single = new URL(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
    await expect(createRedisStateStore({ url: `redis+cluster://${single.host}` })).rejects.toThrow(
      "cluster support disabled",
    );
  });

  it("given a slot that goes to another server, then its owner is fenced, and the next one finds everything there", async () => {
    const prefix = `moved-${randomUUID()}`;
    const store = await openStore(prefix);
    const other = await openStore(prefix);
    const partition = 5;
    const before = await commitPatiently(store, partition, 10);
    await other.load(partition);
    await moveSlot(partition);

    expect(await store.check(before, progress(10))).toBe("fenced");
    expect(await store.commit(before, progress(10), commitTo(11))).toBe("fenced");
    // One that never asked the old server in between is sent on.
    expect(await other.load(partition)).toMatchObject({ position: 10, sequence: 10 });
    const owner = await store.takeOver(partition);
    expect(owner.epoch).toBe(before.epoch + 1);
    expect(await store.subjects(partition, ["customer:1"])).toEqual([text("as of 10")]);
    expect(await store.orders(partition, ["customer:1|o-1"])).toEqual([text("image 10")]);
    expect(await store.commit(owner, progress(10), commitTo(11))).toBe("committed");
    // Away and back: what was taken before is void all the same.
    await moveSlot(partition);
    expect(await store.commit(owner, progress(11), commitTo(12))).toBe("fenced");
    await commitPatiently(store, partition, 12);
  });

  it("given a slot in the middle of its move, then a commit writes all or nothing, and an owner on the way is one", async () => {
    const prefix = `ask-${randomUUID()}`;
    const store = await openStore(prefix);
    const partition = 8;
    const owner = await commitPatiently(store, partition, 10);
    const move = await beginMove(partition);
    await move.keys((key) => key.endsWith(":subjects"));

    // Some of its keys are there and some are here.
    await expect(store.commit(owner, progress(10), commitTo(11))).rejects.toThrow("TRYAGAIN");
    expect(await store.load(partition)).toMatchObject({ position: 10 });
    expect(await store.subjects(partition, ["customer:1"])).toEqual([text("as of 10")]);

    await move.keys(() => true);
    expect(await store.commit(owner, progress(10), commitTo(11))).toBe("fenced");
    const next = await store.takeOver(partition);
    expect(next.epoch).toBe(owner.epoch + 1);
    expect(await store.check(next, progress(10))).toBe("owned");
    expect(await store.load(partition)).toMatchObject({ position: 10 });

    await move.end();
    await commitPatiently(store, partition, 11);
    expect(await store.orders(partition, ["customer:1|o-1"])).toEqual([text("image 11")]);
  });

  it("given a server killed whose replica takes over, then owners are fenced and what was committed is there", async () => {
    const store = await openStore(`kill-${randomUUID()}`);
    const partition = 3;
    const owner = await commitPatiently(store, partition, 10);
    const [master, replica] = await masterAndReplica(partition);
    // Acknowledged by the replica, so that it cannot be missing.
    await waitForReplica(master, replica);
    await master.kill();

    await expect.poll(() => store.takeOver(partition).catch(() => null), patience).not.toBeNull();
    expect((await cluster.holderOf(tag(partition))).port).toBe(replica.port);
    expect(await store.load(partition)).toMatchObject({ position: 10, sequence: 10 });
    expect(await store.commit(owner, progress(10), commitTo(11))).toBe("fenced");
    await commitPatiently(store, partition, 11);
    await master.start();
    await masterAndReplica(partition);
  });

  it("given a replica that takes over without the last owner, then the one before it stays fenced though its token stands there", async () => {
    const prefix = `younger-${randomUUID()}`;
    const [first, second] = [await openStore(prefix), await openStore(prefix)];
    const partition = 4;
    const before = await commitPatiently(first, partition, 10);
    const [master, replica] = await masterAndReplica(partition);
    await waitForReplica(master, replica);
    // From here on nothing reaches the replica.
    process.kill(replica.pid(), "SIGSTOP");
    await cluster.ask(master, "CLIENT", "KILL", "TYPE", "replica");
    const after = await second.takeOver(partition);
    expect(await second.commit(after, progress(10), commitTo(11))).toBe("committed");
    await master.kill();
    process.kill(replica.pid(), "SIGCONT");

    await expect.poll(() => second.load(partition).catch(() => null), patience).not.toBeNull();
    expect((await cluster.holderOf(tag(partition))).port).toBe(replica.port);
    // The premise: it came back younger, and the token of the owner before is the one that stands there.
    expect(await second.load(partition)).toMatchObject({ position: 10 });
    await expect.poll(() => first.load(partition).catch(() => null), patience).not.toBeNull();
    expect(await first.check(before, progress(10))).toBe("fenced");
    expect(await first.commit(before, progress(10), commitTo(99))).toBe("fenced");
    expect(await second.commit(after, progress(11), commitTo(12))).toBe("fenced");
    expect(await second.load(partition)).toMatchObject({ position: 10 });
    await commitPatiently(second, partition, 11);
    await master.start();
    await masterAndReplica(partition);
  });

  it("given a server that comes back from its file without its last second, then its owner is fenced and goes on from what is there", async () => {
    const store = await openStore(`file-${randomUUID()}`);
    const partition = 9;
    await commitPatiently(store, partition, 10);
    const [master, replica] = await masterAndReplica(partition);
    await cluster.ask(replica, "CONFIG", "SET", "cluster-replica-no-failover", "yes");
    const size = await waitForFile(master);
    const owner = await commitPatiently(store, partition, 20);
    await master.kill();
    truncateSync(fileOf(master), size);
    await master.start();

    await expect.poll(() => store.load(partition).catch(() => null), patience).not.toBeNull();
    expect(await store.load(partition)).toMatchObject({ position: 10 });
    expect(await store.commit(owner, progress(20), commitTo(21))).toBe("fenced");
    await commitPatiently(store, partition, 20);
    await cluster.ask(replica, "CONFIG", "SET", "cluster-replica-no-failover", "no");
    await masterAndReplica(partition);
  });

  it("given a server that stands still, then its replica takes over, and it is not waited for", async () => {
    const store = await openStore(`still-${randomUUID()}`);
    const partition = 7;
    const owner = await commitPatiently(store, partition, 10);
    const [master, replica] = await masterAndReplica(partition);
    await waitForReplica(master, replica);
    process.kill(master.pid(), "SIGSTOP");
    try {
      await expect(store.check(owner, progress(10)).catch(() => "refused")).resolves.not.toBe("owned");
      await commitPatiently(store, partition, 11);
      expect(await store.load(partition)).toMatchObject({ position: 11 });
    } finally {
      process.kill(master.pid(), "SIGCONT");
    }
    await masterAndReplica(partition);
    await commitPatiently(store, partition, 12);
  });
});

async function waitForReplica(master: RedisClusterNode, replica: RedisClusterNode): Promise<void> {
  const offset = async (node: RedisClusterNode, name: string) =>
    Number(new RegExp(`${name}:(\\d+)`).exec(await cluster.ask(node, "INFO", "replication"))?.[1]);
  await expect
    .poll(
      async () =>
        (await offset(master, "master_repl_offset")) <= (await offset(replica, "slave_repl_offset")),
      patience,
    )
    .toBe(true);
}

function fileOf(node: RedisClusterNode): string {
  const data = join(folder, `redis-${cluster.nodes.indexOf(node)}`, "data", "appendonlydir");
  const file = readdirSync(data).find((name) => name.endsWith(".incr.aof"));
  if (file === undefined) throw new Error(`there is no append-only file in ${data}`);
  return join(data, file);
}

/** Everything up to now is in the file. Answers its size. */
async function waitForFile(node: RedisClusterNode): Promise<number> {
  await cluster.ask(node, "BGREWRITEAOF");
  await expect
    .poll(() => cluster.ask(node, "INFO", "persistence"), patience)
    .toMatch(/aof_rewrite_in_progress:0[\s\S]*aof_rewrite_scheduled:0/);
  await sleep(1_100);
  return statSync(fileOf(node)).size;
}

async function beginMove(partition: number) {
  const from = await cluster.holderOf(tag(partition));
  const to = (await cluster.masters()).find(({ port }) => port !== from.port);
  if (to === undefined) throw new Error("there is no other shard");
  const slot = await cluster.ask(from, "CLUSTER", "KEYSLOT", tag(partition));
  const id = (node: RedisClusterNode) => cluster.ask(node, "CLUSTER", "MYID");
  const [fromId, toId] = [await id(from), await id(to)];
  await cluster.ask(to, "CLUSTER", "SETSLOT", slot, "IMPORTING", fromId);
  await cluster.ask(from, "CLUSTER", "SETSLOT", slot, "MIGRATING", toId);
  return {
    async keys(isMoved: (key: string) => boolean) {
      const keys = (await cluster.ask(from, "CLUSTER", "GETKEYSINSLOT", slot, "1000")).split("\n");
      for (const key of keys.filter((name) => name !== "" && isMoved(name)))
        await cluster.ask(from, "MIGRATE", "127.0.0.1", String(to.port), key, "0", "5000");
    },
    async end() {
      await cluster.ask(to, "CLUSTER", "SETSLOT", slot, "NODE", toId);
      for (const master of await cluster.masters())
        await cluster.ask(master, "CLUSTER", "SETSLOT", slot, "NODE", toId);
    },
  };
}

async function moveSlot(partition: number): Promise<void> {
  const move = await beginMove(partition);
  await move.keys(() => true);
  await move.end();
}
