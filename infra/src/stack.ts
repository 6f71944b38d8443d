import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { classArchive, sharingClasses } from "./class-archive.ts";
import { planClickhouse } from "./clickhouse.ts";
import { type Installed, installStack, kafkaVersion, type OnProgress, registryVersion } from "./install.ts";
import { type KafkaDoor, planKafka } from "./kafka.ts";
import { hasRecord, type PartPlan, startPart, stopLeftover } from "./part.ts";
import { type ControlledPart, controlled, type PartControl } from "./part-control.ts";
import { defaultPorts, freePorts, requireFreePorts, type StackPorts } from "./ports.ts";
import { planRedis } from "./redis.ts";
import { planRegistry } from "./registry.ts";

export interface StackOptions {
  /** Where the parts keep their data and logs; kept between starts. */
  readonly dataDir: string;
  /** Those not given are the parts' usual ports. */
  readonly ports?: Partial<StackPorts>;
  /** Begin with empty data. */
  readonly fresh?: boolean;
  /** One sentence for each step. */
  readonly onProgress?: OnProgress;
  /** Further listeners of the broker; none unless given. */
  readonly kafkaDoors?: readonly KafkaDoor[];
}

export interface StackPart {
  readonly name: string;
  readonly url: string;
  /** Absent for a container. */
  readonly pid?: number;
  readonly logFile: string;
}

export interface Stack {
  /** KAFKA_BROKERS, REDIS_URL, CLICKHOUSE_URL and SCHEMA_REGISTRY_URL, as the services read them. */
  readonly env: Readonly<Record<string, string>>;
  readonly parts: readonly StackPart[];
  /** Stops every part; their data stay. */
  stop(): Promise<void>;
}

/** A stack of processes, whose parts can be taken down and up again one by one. */
export interface NativeStack extends Stack {
  part(name: PartName): PartControl;
}

const partNames = ["kafka", "redis", "registry", "clickhouse"] as const;

export type PartName = (typeof partNames)[number];

const infra = fileURLToPath(new URL("..", import.meta.url));

/**
 * Starts Kafka, Redis, the schema registry and ClickHouse as child processes on 127.0.0.1 and resolves once all
 * answer. Rejects, with nothing left running, when a port is taken, something cannot be installed, or a part fails.
 * Parts that an ended process left running on the same folder are stopped first.
 */
export async function startStack(options: StackOptions): Promise<NativeStack> {
  const dataDir = resolve(options.dataDir);
  const ports = { ...defaultPorts, ...options.ports };
  const onProgress = options.onProgress ?? (() => {});
  await Promise.all(partNames.map((name) => stopLeftover(join(dataDir, name), false)));
  await requireFreePorts({ ...ports });
  if (options.fresh)
    for (const name of partNames) rmSync(join(dataDir, name), { recursive: true, force: true });
  const cacheDir = process.env.TIDEMARK_CACHE || join(infra, "..", ".tidemark", "cache");
  const installed = await installStack(resolve(cacheDir), join(infra, "kafka", "pom.xml"), onProgress);
  const plans = javaPlans(installed);
  const archives = await archiveClasses(resolve(cacheDir), plans, onProgress);

  const started = await Promise.allSettled([
    plans
      .kafka(join(dataDir, "kafka"), ports, options.kafkaDoors ?? [])
      .then((plan) => announce(sharingClasses(plan, archives.kafka))),
    announce(planRedis(join(dataDir, "redis"), ports.redis)),
    announce(sharingClasses(plans.registry(join(dataDir, "registry"), ports), archives.registry)),
    announce(planClickhouse(join(dataDir, "clickhouse"), ports.clickhouse)),
  ]);
  const parts = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const stop = async () => {
    await Promise.all(parts.map((part) => part.stop()));
  };
  const faults = started.flatMap((result) =>
    result.status === "rejected" ? [messageOf(result.reason)] : [],
  );
  if (faults.length > 0) {
    await stop();
    throw new Error(faults.join("\n"));
  }
  return {
    env: describeEnvironment(ports),
    parts: parts.map(describePart),
    part: (name) => requirePart(parts, name),
    stop,
  };

  async function announce(plan: PartPlan): Promise<ControlledPart> {
    const part = controlled(plan, await startPart(plan));
    onProgress(`${part.name} answers at ${part.url}`);
    return part;
  }
}

function javaPlans({ kafkaClassPath, registryJar }: Installed) {
  return {
    kafka: (folder: string, ports: StackPorts, doors: readonly KafkaDoor[]) =>
      planKafka({
        folder,
        classPath: kafkaClassPath,
        logConfiguration: join(infra, "kafka", "log4j2.properties"),
        port: ports.kafka,
        controllerPort: ports.kafkaController,
        doors,
      }),
    registry: (folder: string, ports: StackPorts) => planRegistry(folder, registryJar, ports.registry),
  };
}

async function archiveClasses(
  cacheDir: string,
  plans: ReturnType<typeof javaPlans>,
  onProgress: OnProgress,
): Promise<{ readonly kafka: string | undefined; readonly registry: string | undefined }> {
  const ports = await freePorts();
  const [kafka, registry] = await Promise.all([
    classArchive(cacheDir, `kafka-${kafkaVersion}`, (folder) => {
      onProgress("keeping Kafka's classes for quicker starts");
      return plans.kafka(folder, ports, []);
    }),
    classArchive(cacheDir, `registry-${registryVersion}`, async (folder) => {
      onProgress("keeping the registry's classes for quicker starts");
      return plans.registry(folder, ports);
    }),
  ]);
  return { kafka, registry };
}

function requirePart(parts: readonly ControlledPart[], name: PartName): PartControl {
  const part = parts.find((candidate) => candidate.name === name);
  if (part === undefined) throw new Error(`the stack has no part ${name}`);
  return part;
}

/**
 * Stops whatever parts run on `dataDir`, whoever started them.
 * Resolves to the names of those that were running.
 */
export async function stopStack(dataDir: string): Promise<readonly string[]> {
  const stopped = await Promise.all(
    partNames.map((name) => stopLeftover(join(resolve(dataDir), name), true)),
  );
  return partNames.filter((_, index) => stopped[index]);
}

/**
 * Stops and removes every stack in a folder of stacks whose starter is gone, for instance a test run that was killed.
 * Those whose starter still runs are left alone.
 */
export async function removeAbandonedStacks(parent: string): Promise<void> {
  if (!existsSync(parent)) return;
  for (const entry of readdirSync(parent, { withFileTypes: true })) {
    const dataDir = join(parent, entry.name);
    const parts = partNames.map((name) => join(dataDir, name));
    if (!entry.isDirectory() || !parts.some(hasRecord)) continue;
    const stopped = await Promise.allSettled(parts.map((part) => stopLeftover(part, false)));
    if (stopped.every(({ status }) => status === "fulfilled"))
      rmSync(dataDir, { recursive: true, force: true });
  }
}

/** What the services need to find a stack on these ports of 127.0.0.1. */
export function describeEnvironment(ports: StackPorts): Readonly<Record<string, string>> {
  return {
    KAFKA_BROKERS: `127.0.0.1:${ports.kafka}`,
    REDIS_URL: `redis://127.0.0.1:${ports.redis}`,
    CLICKHOUSE_URL: `http://127.0.0.1:${ports.clickhouse}`,
    SCHEMA_REGISTRY_URL: `http://127.0.0.1:${ports.registry}/apis/ccompat/v7`,
  };
}

const describePart = ({ name, url, pid, logFile }: ControlledPart): StackPart => ({
  name,
  url,
  pid: pid(),
  logFile,
});
const messageOf = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason));
