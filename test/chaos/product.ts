/** The whole product on the real stack, with a link that can fail between each service and each part. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Codec, createCodec } from "@tidemark/contracts";
import { createLog } from "@tidemark/kafka";
import { createRedisStateStore } from "@tidemark/redis";
import { type Log, readConfig, type StateStore, systemClock, type Warehouse } from "@tidemark/runtime";
import { type NativeStack, type StackPorts, startStack } from "../../infra/src/index.ts";
import { applyFiles } from "../../packages/cli/src/commands/apply.ts";
import { prepare } from "../../packages/cli/src/commands/prepare.ts";
import { prepareSources } from "../../packages/cli/src/load/source-records.ts";
import { homeAt, root, webhookSecret } from "../../packages/cli/src/run/home.ts";
import { planServices } from "../../packages/cli/src/run/services.ts";
import { startSettings } from "../../packages/cli/src/run/settings.ts";
import { type ServicePlan, type Supervisor, supervise } from "../../packages/cli/src/run/supervisor.ts";
import { createClickHouseWarehouse } from "../../packages/clickhouse/src/index.ts";
import { silentLogger } from "../e2e/malformed/silent-logger.ts";
import { type Link, openLink } from "./link.ts";
import { stablePorts } from "./ports.ts";
import { openReceiver, type Receiver } from "./receiver.ts";

export const services = [
  "orders",
  "interactions",
  "lifecycle",
  "segments",
  "warehouse",
  "automations",
  "api",
] as const;
export type ServiceName = (typeof services)[number];

export const parts = ["kafka", "redis", "registry", "clickhouse"] as const;
type Part = (typeof parts)[number];

export const sessionTimeoutMs = 6_000;

/** MiB that the services may log. */
const logMiB = 64;

export interface ChaosProduct {
  /** Addresses of the parts themselves, with no link between. */
  readonly env: Readonly<Record<string, string>>;
  readonly client: string;
  readonly stack: NativeStack;
  readonly log: Log;
  readonly codec: Codec;
  readonly store: StateStore;
  readonly warehouse: Warehouse;
  readonly receiver: Receiver;
  readonly supervisor: Supervisor;
  readonly folders: { readonly redis: string; readonly logs: string };
  /** Whether the services' logs lie on a file system of their own, that can be filled. */
  readonly hasLogDisk: boolean;
  link(service: ServiceName, part: Part): Link;
  /** Of the service's first instance; undefined while it does not run. */
  pidOf(service: ServiceName): number | undefined;
  /** Starts a second instance; answers how to end it once it is ready. */
  second(service: ServiceName): Promise<() => Promise<void>>;
  /** The value of a metric of the service's first instance, over all its labels; 0 where it does not answer. */
  metric(service: ServiceName, name: string): Promise<number>;
  startPipeline(): Promise<void>;
  close(): Promise<void>;
}

export interface ChaosOptions {
  readonly client: string;
  readonly partitions: number;
  readonly definitions: readonly string[];
  readonly say: (message: string) => void;
}

/** Starts the stack and the interface and applies the definitions; the other services wait for `startPipeline`. */
export async function openChaosProduct(options: ChaosOptions): Promise<ChaosProduct> {
  const parent = join(root, ".tidemark", "test");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "chaos-"));
  const home = homeAt(folder);
  for (const one of Object.values(home)) mkdirSync(one, { recursive: true });
  const hasLogDisk = mountDisk(home.logs);
  const closers: (() => unknown)[] = [
    () => rmSync(folder, { recursive: true, force: true }),
    () => hasLogDisk && spawnSync("umount", ["-l", home.logs]),
  ];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return await open(options, home, hasLogDisk, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  { client, partitions, definitions, say }: ChaosOptions,
  home: ReturnType<typeof homeAt>,
  hasLogDisk: boolean,
  closers: (() => unknown)[],
  close: () => Promise<void>,
): Promise<ChaosProduct> {
  const portNames = Object.keys(startSettings).filter((name) => name.endsWith("_PORT"));
  const linkCount = services.length * parts.length;
  const free = await stablePorts(portNames.length + 2 * services.length + linkCount);
  const take = (): number => {
    const port = free[taken];
    taken += 1;
    if (port === undefined) throw new RangeError("too few ports were asked for");
    return port;
  };
  let taken = 0;
  const config = readConfig(startSettings, {
    ...Object.fromEntries(portNames.map((name) => [name, String(take())])),
    KAFKA_CLIENT: client,
    CUSTOMER_EVENTS_PARTITIONS: String(partitions),
  });
  const ports: StackPorts = {
    kafka: config.KAFKA_PORT,
    kafkaController: config.KAFKA_CONTROLLER_PORT,
    redis: config.REDIS_PORT,
    registry: config.REGISTRY_PORT,
    clickhouse: config.CLICKHOUSE_PORT,
  };
  const doors = services.map(() => ({ port: take(), advertisedPort: take() }));
  const stack = await startStack({ dataDir: home.stack, ports, kafkaDoors: doors, fresh: true });
  closers.push(() => stack.stop());

  const links = new Map<string, Link>();
  for (const [at, service] of services.entries()) {
    const door = doors[at];
    if (door === undefined) throw new RangeError("a service has no door");
    links.set(`${service}/kafka`, await openLink(door.advertisedPort, door.port));
    for (const part of ["redis", "registry", "clickhouse"] as const)
      links.set(`${service}/${part}`, await openLink(take(), ports[part]));
  }
  closers.push(() => Promise.all([...links.values()].map((link) => link.set("cut"))));

  const env = {
    ...stack.env,
    CLICKHOUSE_DATABASE: "tidemark",
    KAFKA_CLIENT: client,
    CUSTOMER_EVENTS_PARTITIONS: String(partitions),
  };
  const address = (name: string): string => stack.env[name] ?? "";
  const clickhouse = {
    url: address("CLICKHOUSE_URL"),
    database: "tidemark",
    username: "default",
    password: "",
  };
  const log = await createLog({
    client: client === "kafkajs" ? "kafkajs" : "platformatic",
    brokers: address("KAFKA_BROKERS").split(","),
    clientId: "tidemark-chaos",
    logger: silentLogger,
  });
  closers.push(() => log.close().catch(() => undefined));
  const registryUrl = address("SCHEMA_REGISTRY_URL");
  await prepare(log, { registryUrl, clickhouse, partitions, replicas: 1 });
  const codec = await createCodec({ url: registryUrl });
  await prepareSources(codec);
  const warehouse = await createClickHouseWarehouse(clickhouse);
  const store = await createRedisStateStore({ url: address("REDIS_URL") });
  closers.push(() => Promise.allSettled([store.close(), warehouse.close()]));
  const receiver = await openReceiver();
  closers.push(() => receiver.close());

  const watch = (): Supervisor =>
    supervise({
      clock: systemClock,
      say,
      runFolder: home.run,
      logFolder: home.logs,
      workingFolder: root,
    });
  const supervisor = watch();
  closers.push(() => supervisor.stop());

  const link = (service: ServiceName, part: Part): Link => {
    const found = links.get(`${service}/${part}`);
    if (found === undefined) throw new Error(`nothing stands between ${service} and ${part}`);
    return found;
  };
  const secret = webhookSecret(home);
  const planned = planServices(config, { stack: { ...env, WORKSPACE_ZONE: "UTC" }, webhookSecret: secret });
  const planOf = (service: ServiceName): ServicePlan => {
    const plan = [planned.api, ...planned.pipeline].find(({ name }) => name === service);
    if (plan === undefined) throw new Error(`there is no plan for ${service}`);
    return {
      ...plan,
      env: {
        ...plan.env,
        KAFKA_BROKERS: `127.0.0.1:${link(service, "kafka").port}`,
        REDIS_URL: `redis://127.0.0.1:${link(service, "redis").port}`,
        CLICKHOUSE_URL: `http://127.0.0.1:${link(service, "clickhouse").port}`,
        SCHEMA_REGISTRY_URL: `http://127.0.0.1:${link(service, "registry").port}/apis/ccompat/v7`,
        AUTOMATIONS_WEBHOOKS: JSON.stringify({ demo: { url: receiver.url, secret } }),
        ...Object.fromEntries(
          ["INTAKE", "SEGMENTS", "WAREHOUSE", "AUTOMATIONS"].map((name) => [
            `${name}_SESSION_TIMEOUT_MS`,
            String(sessionTimeoutMs),
          ]),
        ),
      },
    };
  };
  supervisor.start(planOf("api"));
  await supervisor.ready();
  await applyFiles(`http://127.0.0.1:${config.API_PORT}`, definitions);

  return {
    env,
    client,
    stack,
    log,
    codec,
    store,
    warehouse,
    receiver,
    supervisor,
    folders: { redis: join(home.stack, "redis"), logs: home.logs },
    hasLogDisk,
    link,
    pidOf(service) {
      const file = join(home.run, `${service}.pid`);
      return existsSync(file) ? Number(readFileSync(file, "utf8")) || undefined : undefined;
    },
    async second(service) {
      const own = watch();
      const [port = 0] = await stablePorts(1);
      own.start({ ...planOf(service), name: `${service}-2`, port });
      try {
        await own.ready();
      } catch (error) {
        await own.stop();
        throw error;
      }
      return () => own.stop();
    },
    async metric(service, name) {
      const response = await fetch(`http://127.0.0.1:${planOf(service).port}/metrics`).catch(() => null);
      const text = (await response?.text()) ?? "";
      const values = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"));
      return [...values].reduce((sum, [, value]) => sum + Number(value), 0);
    },
    async startPipeline() {
      for (const { name } of planned.pipeline) supervisor.start(planOf(name as ServiceName));
      await supervisor.ready();
    },
    close,
  };
}

/** A file system in memory, where the user may mount one. */
function mountDisk(folder: string): boolean {
  return spawnSync("mount", ["-t", "tmpfs", "-o", `size=${logMiB}m`, "tmpfs", folder]).status === 0;
}
