/** The whole product on this machine: the stack, the services, and the way back to nothing. */
import { join } from "node:path";
import { createClickHouseWarehouse } from "@tidemark/clickhouse";
import { type Codec, createCodec } from "@tidemark/contracts";
import { createLog } from "@tidemark/kafka";
import { createRedisStateStore } from "@tidemark/redis";
import type { Clock, Config, Log, StateStore, Warehouse } from "@tidemark/runtime";
import { pino } from "pino";
import { requireFreePorts } from "../../../../infra/src/index.ts";
import { prepare } from "../commands/prepare.ts";
import { prepareSources } from "../load/source-records.ts";
import type { Progress } from "../progress/progress.ts";
import { type Home, root, webhookSecret, writeAddresses } from "../run/home.ts";
import { starterName, stopServices } from "../run/leftovers.ts";
import { forgetProcess, recordProcess, runningProcesses } from "../run/process-record.ts";
import { planServices, type Services } from "../run/services.ts";
import type { startSettings } from "../run/settings.ts";
import { openStack } from "../run/stack.ts";
import { type Supervisor, supervise } from "../run/supervisor.ts";
import type { Place } from "../screen/report.ts";

export const database = "tidemark";

export interface ProductPorts {
  readonly config: Config<typeof startSettings>;
  readonly home: Home;
  readonly clock: Clock;
  readonly progress: Progress;
}

export interface Product {
  /** Addresses and settings, as the services read them. */
  readonly env: Readonly<Record<string, string>>;
  /** The stack, the interface and the receiver of webhooks. */
  readonly places: readonly Place[];
  readonly log: Log;
  readonly codec: Codec;
  readonly store: StateStore;
  readonly warehouse: Warehouse;
  readonly apiUrl: string;
  readonly supervisor: Supervisor;
  /** `zone` is the workspace's. */
  services(zone: string): Services;
  /** Frees what this process holds; the stack and the services go on. */
  letGo(): Promise<void>;
  /** Services first, then the stack; resolves once all are gone. */
  stop(): Promise<void>;
}

/**
 * Starts the stack on this home and makes it ready for the services; none of those runs yet. Rejects, with nothing
 * left running, when one runs here already, a port is taken or a part of the stack fails.
 */
export async function openProduct(ports: ProductPorts, isFresh: boolean): Promise<Product> {
  const { config, home, progress } = ports;
  await claim(ports);
  try {
    const { kind, stack } = await openStack(config, home, isFresh, progress.say);
    try {
      return await connect(ports, kind, stack);
    } catch (error) {
      await stack.stop();
      throw error;
    }
  } catch (error) {
    forgetProcess(home.run, starterName);
    throw error;
  }
}

/** One start at a time on a home; what an earlier one left running is stopped first. */
async function claim({ config, home, progress }: ProductPorts): Promise<void> {
  const other = runningProcesses(home.run).get(starterName);
  if (other !== undefined)
    throw new Error(`Tidemark runs here already, started by process ${other.pid}. Stop it first: npm stop`);
  const stopped = await stopServices(home.run);
  if (stopped.length > 0)
    progress.say(`Stopped what an earlier start had left running: ${stopped.join(", ")}`);
  const { api, webhooks, pipeline } = planServices(config, { stack: {}, webhookSecret: "" });
  await requireFreePorts(
    Object.fromEntries([api, webhooks, ...pipeline].map(({ name, port }) => [name, port])),
  );
  recordProcess(home.run, starterName, process.pid);
}

async function connect(
  { config, home, clock, progress }: ProductPorts,
  kind: string,
  stack: Awaited<ReturnType<typeof openStack>>["stack"],
): Promise<Product> {
  const env = {
    ...stack.env,
    CLICKHOUSE_DATABASE: database,
    KAFKA_CLIENT: config.KAFKA_CLIENT,
    CUSTOMER_EVENTS_PARTITIONS: String(config.CUSTOMER_EVENTS_PARTITIONS),
  };
  const address = (name: string): string => stack.env[name] ?? "";
  const apiUrl = `http://127.0.0.1:${config.API_PORT}`;
  writeAddresses(home, { ...env, TIDEMARK_API: apiUrl, TIDEMARK_STACK: kind });
  const clickhouse = { url: address("CLICKHOUSE_URL"), database, username: "default", password: "" };
  const log = await createLog({
    client: config.KAFKA_CLIENT === "kafkajs" ? "kafkajs" : "platformatic",
    brokers: address("KAFKA_BROKERS").split(","),
    clientId: "tidemark-start",
    logger: pino(pino.destination(join(home.logs, "start.log"))),
  });
  await prepare(log, {
    registryUrl: address("SCHEMA_REGISTRY_URL"),
    clickhouse,
    partitions: config.CUSTOMER_EVENTS_PARTITIONS,
    replicas: 1,
  });
  const codec = await createCodec({ url: address("SCHEMA_REGISTRY_URL") });
  await prepareSources(codec);
  const warehouse = await createClickHouseWarehouse(clickhouse);
  const store = await createRedisStateStore({ url: address("REDIS_URL") });
  const supervisor = supervise({
    clock,
    say: progress.say,
    runFolder: home.run,
    logFolder: home.logs,
    workingFolder: root,
  });
  const services = (zone: string): Services =>
    planServices(config, { stack: { ...env, WORKSPACE_ZONE: zone }, webhookSecret: webhookSecret(home) });
  const disconnect = async (): Promise<void> => {
    await Promise.allSettled([log.close(), store.close(), warehouse.close()]);
  };
  return {
    env,
    places: [
      ...stack.parts,
      { name: "api", url: apiUrl },
      { name: "webhooks", url: `http://127.0.0.1:${config.WEBHOOKS_PORT}` },
    ],
    log,
    codec,
    store,
    warehouse,
    apiUrl,
    supervisor,
    services,
    async letGo() {
      supervisor.letGo();
      await disconnect();
      forgetProcess(home.run, starterName);
    },
    async stop() {
      await supervisor.stop();
      await disconnect();
      await stack.stop();
      forgetProcess(home.run, starterName);
    },
  };
}
