import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GenericContainer, type StartedTestContainer, Wait } from "testcontainers";
import { freePorts, hasContainerEngine, removeAbandonedStacks, startStack } from "../infra/src/index.ts";

export interface TestStack {
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const names = ["KAFKA_BROKERS", "REDIS_URL", "CLICKHOUSE_URL", "SCHEMA_REGISTRY_URL"] as const;

/**
 * The stack that the environment names, if it names all of it; else containers where a Docker engine answers;
 * else processes of this machine, on free ports and empty data that are removed at the end.
 */
export async function openTestStack(): Promise<TestStack> {
  const given = Object.fromEntries(names.map((name) => [name, process.env[name] ?? ""]));
  if (Object.values(given).every((value) => value !== "")) return { env: given, close: async () => {} };
  return (await hasContainerEngine()) ? openContainers() : openProcesses();
}

async function openProcesses(): Promise<TestStack> {
  const parent = fileURLToPath(new URL("../.tidemark/test", import.meta.url));
  mkdirSync(parent, { recursive: true });
  await removeAbandonedStacks(parent);
  const dataDir = mkdtempSync(join(parent, "stack-"));
  const stack = await startStack({ dataDir, ports: await freePorts() });
  return {
    env: stack.env,
    close: async () => {
      await stack.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function openContainers(): Promise<TestStack> {
  const ports = await freePorts();
  const containers = await Promise.all([
    // Clients connect to the address that the broker advertises, so its port is the same inside and outside.
    new GenericContainer("apache/kafka:4.1.0")
      .withExposedPorts({ container: ports.kafka, host: ports.kafka })
      .withEnvironment({
        KAFKA_NODE_ID: "1",
        KAFKA_PROCESS_ROLES: "broker,controller",
        KAFKA_CONTROLLER_QUORUM_VOTERS: "1@localhost:9093",
        KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
        KAFKA_LISTENERS: `PLAINTEXT://:${ports.kafka},CONTROLLER://:9093`,
        KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${ports.kafka}`,
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false",
        KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
        KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: "8",
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1",
        KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: "1",
      })
      .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
      .start(),
    new GenericContainer("redis:7-alpine")
      .withExposedPorts(6379)
      .withCommand(["redis-server", "--appendonly", "yes", "--maxmemory-policy", "noeviction"])
      .start(),
    new GenericContainer("clickhouse/clickhouse-server:25.8")
      .withExposedPorts(8123)
      .withEnvironment({ CLICKHOUSE_SKIP_USER_SETUP: "1" })
      .withWaitStrategy(Wait.forHttp("/ping", 8123))
      .start(),
    new GenericContainer("apicurio/apicurio-registry:3.0.9")
      .withExposedPorts(8080)
      .withWaitStrategy(Wait.forHttp("/health/ready", 8080))
      .start(),
  ]);
  const [, redis, clickhouse, registry] = containers;
  const address = (container: StartedTestContainer, port: number) =>
    `${container.getHost()}:${container.getMappedPort(port)}`;
  return {
    env: {
      KAFKA_BROKERS: `127.0.0.1:${ports.kafka}`,
      REDIS_URL: `redis://${address(redis, 6379)}`,
      CLICKHOUSE_URL: `http://${address(clickhouse, 8123)}`,
      SCHEMA_REGISTRY_URL: `http://${address(registry, 8080)}/apis/ccompat/v7`,
    },
    close: async () => {
      await Promise.all(containers.map((container) => container.stop()));
    },
  };
}
