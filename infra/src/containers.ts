import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { defaultPorts } from "./ports.ts";
import { describeEnvironment, type Stack, type StackOptions } from "./stack.ts";

const run = promisify(execFile);
const composeFile = fileURLToPath(new URL("../../docker-compose.yml", import.meta.url));
const services = ["kafka", "redis", "registry", "clickhouse"];

/** Whether a Docker engine answers here. */
export async function hasContainerEngine(): Promise<boolean> {
  return run("docker", ["info", "--format", "{{.ServerVersion}}"], { timeout: 10_000 }).then(
    ({ stdout }) => /^\d/.test(stdout.trim()),
    () => false,
  );
}

/**
 * Starts the infrastructure of docker-compose.yml and resolves once its health checks pass. Data live in the
 * project's volumes, not in `dataDir`. Rejects with what `docker compose` printed.
 */
export async function startContainers(options: Omit<StackOptions, "dataDir">): Promise<Stack> {
  const ports = { ...defaultPorts, ...options.ports };
  const variables = {
    KAFKA_PORT: String(ports.kafka),
    REDIS_PORT: String(ports.redis),
    REGISTRY_PORT: String(ports.registry),
    CLICKHOUSE_PORT: String(ports.clickhouse),
  };
  if (options.fresh) await compose({}, "down", "--volumes", "--remove-orphans");
  options.onProgress?.("starting containers");
  await compose(variables, "up", "--detach", "--wait", ...services);
  const environment = describeEnvironment(ports);
  const urls: Readonly<Record<string, string | undefined>> = {
    kafka: environment.KAFKA_BROKERS,
    redis: environment.REDIS_URL,
    registry: environment.SCHEMA_REGISTRY_URL,
    clickhouse: environment.CLICKHOUSE_URL,
  };
  return {
    env: environment,
    parts: services.map((name) => ({ name, url: urls[name] ?? "", logFile: `docker compose logs ${name}` })),
    stop: stopContainers,
  };
}

/** Stops the infrastructure's containers, whoever started them; the data stay in the volumes. */
export async function stopContainers(): Promise<void> {
  await compose({}, "stop", ...services);
}

async function compose(
  variables: Readonly<Record<string, string>>,
  ...parameters: readonly string[]
): Promise<void> {
  await run("docker", ["compose", "-f", resolve(composeFile), ...parameters], {
    env: { ...process.env, ...variables },
    maxBuffer: 1 << 26,
  });
}
