/** The faults. Each is over, and everything up again, when its `strike` resolves; what follows is recovery. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Random } from "../../packages/cli/src/demo/random.ts";
import { root } from "../../packages/cli/src/run/home.ts";
import type { LinkMode } from "./link.ts";
import { type ChaosProduct, type ServiceName, services, sessionTimeoutMs } from "./product.ts";
import { sleep } from "./settled.ts";

export interface Fault {
  readonly name: string;
  /** A sentence for `--list`. */
  readonly about: string;
  /** Of those with the same, one a round is drawn, unless they are asked for by name. */
  readonly oneOf?: string;
  strike(product: ChaosProduct, random: Random): Promise<void>;
}

/** Services that are members of a group, so that their partitions move to another instance. */
const members = ["orders", "interactions", "lifecycle", "segments", "warehouse", "automations"] as const;

/** What each service talks to. */
const talksTo: Readonly<Record<ServiceName, readonly ("kafka" | "redis" | "registry" | "clickhouse")[]>> = {
  orders: ["kafka", "registry"],
  interactions: ["kafka", "registry"],
  lifecycle: ["kafka", "registry"],
  segments: ["kafka", "redis", "registry"],
  warehouse: ["kafka", "clickhouse", "registry"],
  automations: ["kafka", "registry"],
  api: ["kafka", "redis", "clickhouse", "registry"],
};

const modes: Readonly<Record<Exclude<LinkMode, "open">, string>> = {
  cut: "connections break and none is taken",
  hang: "nothing passes and nobody is told; then it all arrives",
  mute: "what is asked is done, the answers are lost",
};

export const faults: readonly Fault[] = [
  ...services.map(
    (service): Fault => ({
      name: `kill/${service}`,
      about: `kill -9 of ${service}`,
      strike: (product) => killService(product, service),
    }),
  ),
  ...members.map(
    (service): Fault => ({
      name: `freeze/${service}`,
      about: `SIGSTOP of one of two instances of ${service} for longer than its session, then SIGCONT`,
      strike: (product, random) => freeze(product, service, random),
    }),
  ),
  {
    name: "stop/kafka",
    about: "the broker is stopped and started",
    strike: (product, random) => outage(product, "kafka", "stop", random.between(3_000, 6_000)),
  },
  {
    name: "kill/kafka",
    about: "kill -9 of the broker, started again",
    strike: (product, random) => outage(product, "kafka", "kill", random.between(500, 4_000)),
  },
  {
    name: "kill/redis",
    about: "kill -9 of Redis, started again with its append-only file",
    strike: (product, random) => outage(product, "redis", "kill", random.between(0, 3_000)),
  },
  {
    name: "younger/redis",
    about: "Redis comes back without its last second",
    strike: comeBackYounger,
  },
  {
    name: "flush/redis",
    about: "Redis loses everything, and `tidemark rebuild` makes it anew",
    async strike(product, random) {
      await flushRedis(product);
      await sleep(random.between(0, 3_000));
      await runCommand(product, "rebuild");
    },
  },
  {
    name: "kill/clickhouse",
    about: "kill -9 of ClickHouse, started again",
    strike: (product, random) => outage(product, "clickhouse", "kill", random.between(500, 4_000)),
  },
  {
    name: "kill/registry",
    about: "the registry is down, and every service that needs it is killed meanwhile",
    strike: startWithoutRegistry,
  },
  {
    name: "full/logs",
    about: "the disk for the services' logs is full while much goes wrong",
    strike: fillLogs,
  },
  ...services.flatMap((service) =>
    talksTo[service].flatMap((part) =>
      (Object.keys(modes) as (keyof typeof modes)[]).map(
        (mode): Fault => ({
          name: `${mode}/${service}-${part}`,
          about: `between ${service} and ${part}: ${modes[mode]}`,
          oneOf: `${service}-${part}`,
          async strike(product, random) {
            const link = product.link(service, part);
            await link.set(mode);
            await sleep(random.between(2_000, sessionTimeoutMs + 3_000));
            await link.set("open");
          },
        }),
      ),
    ),
  ),
];

/** The faults of a round: of alternatives the one drawn. */
export function drawFaults(from: readonly Fault[], random: Random): readonly Fault[] {
  const alternatives = Map.groupBy(from, ({ name, oneOf }) => oneOf ?? name);
  return [...alternatives.values()].map((some) => random.pick(some));
}

async function killService(product: ChaosProduct, service: ServiceName): Promise<void> {
  const pid = await runningPid(product, service);
  process.kill(pid, "SIGKILL");
  while (product.pidOf(service) === pid) await sleep(20);
}

async function runningPid(product: ChaosProduct, service: ServiceName): Promise<number> {
  for (;;) {
    const pid = product.pidOf(service);
    if (pid !== undefined) return pid;
    await sleep(20);
  }
}

async function freeze(product: ChaosProduct, service: ServiceName, random: Random): Promise<void> {
  const endSecond = await product.second(service);
  try {
    await sleep(random.between(1_000, 2_000));
    const pid = await runningPid(product, service);
    process.kill(pid, "SIGSTOP");
    try {
      await sleep(sessionTimeoutMs + random.between(1_500, 4_000));
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await sleep(random.between(500, 1_500));
  } finally {
    await endSecond();
  }
}

async function outage(
  { stack }: ChaosProduct,
  part: "kafka" | "redis" | "clickhouse",
  how: "stop" | "kill",
  downMs: number,
): Promise<void> {
  const control = stack.part(part);
  await control[how]();
  await sleep(downMs);
  await control.start();
}

/** What Redis had in its file a second before it died, as after a loss of power with `appendfsync everysec`. */
async function comeBackYounger({ stack, folders }: ChaosProduct): Promise<void> {
  const folder = join(folders.redis, "data", "appendonlydir");
  const file = readdirSync(folder).find((name) => name.endsWith(".incr.aof"));
  if (file === undefined) throw new Error(`there is no append-only file in ${folder}`);
  const path = join(folder, file);
  const size = statSync(path).size;
  await sleep(1_000);
  const redis = stack.part("redis");
  await redis.kill();
  truncateSync(path, size);
  await redis.start();
}

async function startWithoutRegistry(product: ChaosProduct, random: Random): Promise<void> {
  const registry = product.stack.part("registry");
  await registry.kill();
  await sleep(random.between(500, 1_500));
  for (const service of services) await killService(product, service);
  await sleep(random.between(2_000, 4_000));
  await registry.start();
}

async function fillLogs(product: ChaosProduct, random: Random): Promise<void> {
  if (!product.hasLogDisk) throw new Error("no file system can be mounted here for the services' logs");
  const filler = join(product.folders.logs, "filler");
  const free = "x".repeat(1_048_576);
  writeFileSync(filler, "");
  try {
    for (let size = free.length; size >= 1; size = Math.floor(size / 2)) {
      try {
        for (;;) appendFileSync(filler, free.slice(0, size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      }
    }
    // What is logged now finds no room: failures that each service warns of, and a start.
    await setLinks(product, "cut");
    for (const deadline = Date.now() + 30_000; ; await sleep(250)) {
      const dropped = await Promise.all(
        members.map((service) => product.metric(service, "tidemark_log_lines_dropped")),
      );
      if (dropped.some((lines) => lines > 0)) break;
      if (Date.now() > deadline)
        throw new Error("no service dropped a line of its log: the disk was not full");
    }
    await setLinks(product, "open");
    await killService(product, random.pick(members));
    await sleep(random.between(1_500, 3_000));
  } finally {
    await setLinks(product, "open");
    rmSync(filler, { force: true });
  }
}

async function setLinks(product: ChaosProduct, mode: LinkMode): Promise<void> {
  for (const service of members)
    for (const part of talksTo[service]) await product.link(service, part).set(mode);
}

async function flushRedis({ env }: ChaosProduct): Promise<void> {
  const { port } = new URL(env.REDIS_URL ?? "");
  const socket = connect(Number(port), "127.0.0.1");
  socket.write("FLUSHALL\r\n");
  const [answer] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  if (!answer.toString().startsWith("+OK")) throw new Error(`Redis answered ${answer}`);
}

/** Rejects with what the command said where it failed. */
async function runCommand(product: ChaosProduct, ...words: readonly string[]): Promise<void> {
  await promisify(execFile)(process.execPath, ["packages/cli/src/main.ts", ...words], {
    cwd: root,
    env: { ...process.env, ...product.env },
  });
}
