/** Every service on a Redis Cluster whose servers die under a steady load: nothing is lost, and nothing comes twice. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createRedisStateStore } from "@tidemark/redis";
import { type StateStore, systemClock } from "@tidemark/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePortNumbers, type RedisCluster, startRedisCluster } from "../../infra/src/index.ts";
import { readSuperstore } from "../../packages/cli/src/demo/superstore.ts";
import { openLoads } from "../../packages/cli/src/drain/open-loads.ts";
import { readPipeline } from "../../packages/cli/src/drain/pipeline.ts";
import { waitUntilDrained } from "../../packages/cli/src/drain/wait.ts";
import { judge } from "../../packages/cli/src/judge/index.ts";
import { type ServiceProcess, startService } from "../bench/service.ts";
import { openSteadyLoad, type SteadyLoad } from "../chaos/load.ts";
import { createOracle, type Oracle } from "../chaos/oracle.ts";
import { openReceiver, type Receiver } from "../chaos/receiver.ts";
import { openTestProduct, type TestProduct } from "./product.ts";

const partitions = 8;
const seed = 20_265;
const eventsPerSecond = 40;
const services = ["orders", "interactions", "lifecycle", "segments", "warehouse", "automations"] as const;
const quiet = { say: () => {}, bars: () => {}, clear: () => {} };

describe("a Redis Cluster", () => {
  let product: TestProduct;
  let cluster: RedisCluster;
  let store: StateStore;
  let receiver: Receiver;
  let load: SteadyLoad;
  let oracle: Oracle;
  let running: readonly ServiceProcess[] = [];

  beforeAll(async () => {
    console.log(`seed ${seed}`);
    product = await openTestProduct(partitions);
    const dataDir = join(product.home.stack, "redis-cluster");
    cluster = await startRedisCluster({ dataDir, shards: 3, replicas: 1, nodeTimeoutMs: 3_000 });
    store = await createRedisStateStore({ url: cluster.url });
    receiver = await openReceiver();
    load = await openSteadyLoad(product, await readSuperstore(), seed, eventsPerSecond);
    oracle = createOracle({ ...product, receiver });
  }, 600_000);
  afterAll(async () => {
    await load?.pause();
    await Promise.all(running.map((instance) => instance.kill()));
    receiver?.close();
    await store?.close();
    await cluster?.stop();
    await product?.close();
  });

  /** One instance of every service; resolves once all of them have partitions. */
  async function startAll(): Promise<void> {
    const ports = await freePortNumbers(services.length);
    const instances = services.map((service, at) => {
      const plan = product.services("UTC").pipeline.find((one) => one.name === service);
      const secret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
      const env = {
        ...plan?.env,
        REDIS_URL: cluster.url,
        HTTP_PORT: String(ports[at]),
        AUTOMATIONS_WEBHOOKS: JSON.stringify({ demo: { url: receiver.url, secret } }),
      };
      return startService(service, env, product.home.logs, service);
    });
    running = instances;
    await Promise.all(instances.map((instance) => instance.ready()));
  }

  async function expectExact(): Promise<void> {
    await load.pause();
    const { log, warehouse } = product;
    const ports = { log, store, now: Date.now, openLoads: () => openLoads(warehouse) };
    const asOf = await waitUntilDrained(() => readPipeline(ports), systemClock, quiet);
    expect(await oracle.look(load.sent, asOf)).toMatchObject({ lost: 0, repeated: 0, details: [] });
    const verdict = await judge({ env: product.env, asOf, zone: "UTC" });
    expect(verdict).toMatchObject({ lost: 0, duplicates: 0, details: [] });
    expect(verdict.changes).toBeGreaterThan(100);
  }

  it("given a server of the cluster killed whose replica takes over, and one killed and started again, then nothing is lost and nothing came twice", async () => {
    await startAll();
    load.resume();
    await sleep(3_000);
    const killed = await cluster.holderOf("{0}");
    await killed.kill();
    await expect
      .poll(async () => (await cluster.holderOf("{0}").catch(() => killed)).port, { timeout: 60_000 })
      .not.toBe(killed.port);
    await sleep(3_000);
    await killed.start();
    const [other] = (await cluster.masters()).filter(({ port }) => port !== killed.port);
    await other?.kill();
    await other?.start();
    await sleep(3_000);
    await expectExact();
  }, 600_000);
});
