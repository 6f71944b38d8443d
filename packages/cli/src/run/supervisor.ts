/**
 * Services as processes of their own, which outlive their supervisor's terminal. One that dies is reported with the
 * end of its log and started again, after a pause that doubles, until it has died too often.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "@tidemark/runtime";
import { endRecorded, forgetProcess, recordProcess } from "./process-record.ts";

export interface ServicePlan {
  readonly name: string;
  /** Program and arguments for Node. */
  readonly command: readonly string[];
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
}

export interface SupervisorPorts {
  readonly clock: Clock;
  /** One sentence or a few lines for people. */
  readonly say: (message: string) => void;
  readonly runFolder: string;
  readonly logFolder: string;
  readonly workingFolder: string;
}

export interface Supervisor {
  start(plan: ServicePlan): void;
  /** Resolves once all that were started answer `/ready`. Rejects when one was given up. */
  ready(): Promise<void>;
  /** Names of those that are being started again at this moment. */
  restarting(): readonly string[];
  /** Rejects when a service was given up; never resolves. */
  readonly failed: Promise<never>;
  /** Ends all of them, gracefully; resolves once they are gone. */
  stop(): Promise<void>;
  /** Stops watching: the processes go on. */
  letGo(): void;
}

const pauseMs = { first: 250, most: 10_000 };
/** A service that ran this long is healthy: its deaths before that are forgotten. */
const healthyAfterMs = 60_000;
const maxDeaths = 8;
const readyTimeoutMs = 120_000;
const pollMs = 100;
const tailLines = 15;

interface Service {
  readonly plan: ServicePlan;
  child: ChildProcess | undefined;
  deaths: number;
  startedAt: number;
}

export function supervise(ports: SupervisorPorts): Supervisor {
  const services = new Map<string, Service>();
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => {});
  let isWatching = true;
  let hasFailed: Error | undefined;

  const launch = (service: Service): void => {
    const { plan } = service;
    service.startedAt = ports.clock.elapsedMs();
    const child = spawnService(plan, ports);
    service.child = child;
    child.once("error", (error) => onDeath(service, error.message));
    child.once("exit", (code, signal) => onDeath(service, signal ?? `exit code ${code}`));
    if (child.pid !== undefined) recordProcess(ports.runFolder, plan.name, child.pid);
  };

  const onDeath = (service: Service, reason: string): void => {
    if (!isWatching || service.child === undefined) return;
    service.child = undefined;
    forgetProcess(ports.runFolder, service.plan.name);
    const ranMs = ports.clock.elapsedMs() - service.startedAt;
    service.deaths = ranMs > healthyAfterMs ? 1 : service.deaths + 1;
    const file = logFile(ports, service.plan.name);
    const tail = `the end of ${file}:\n${readTail(file)}`;
    if (service.deaths > maxDeaths) {
      hasFailed = new Error(`${service.plan.name} died ${service.deaths} times (${reason}); ${tail}`);
      fail(hasFailed);
      return;
    }
    const delayMs = Math.min(pauseMs.first * 2 ** (service.deaths - 1), pauseMs.most);
    ports.say(`${service.plan.name} died (${reason}) and is started again in ${delayMs} ms; ${tail}`);
    ports.clock.after(delayMs, () => {
      if (isWatching) launch(service);
    });
  };

  return {
    failed,
    start(plan) {
      const service = { plan, child: undefined, deaths: 0, startedAt: 0 };
      services.set(plan.name, service);
      const file = logFile(ports, plan.name);
      if (existsSync(file)) renameSync(file, `${file}.1`);
      launch(service);
    },
    restarting: () => [...services.values()].flatMap(({ plan, child }) => (child ? [] : [plan.name])),
    async ready() {
      const deadline = ports.clock.elapsedMs() + readyTimeoutMs;
      for (const { plan } of services.values()) {
        let answer = await askReady(plan.port);
        while (answer !== "ready" && hasFailed === undefined && isWatching) {
          if (ports.clock.elapsedMs() > deadline) {
            const file = logFile(ports, plan.name);
            throw new Error(`${plan.name} is not ready (${answer}); the end of ${file}:\n${readTail(file)}`);
          }
          await ports.clock.sleep(pollMs);
          answer = await askReady(plan.port);
        }
        if (hasFailed) throw hasFailed;
      }
    },
    async stop() {
      isWatching = false;
      await Promise.all([...services.values()].map((service) => endService(service, ports.runFolder)));
    },
    letGo() {
      isWatching = false;
      for (const { child } of services.values()) child?.unref();
    },
  };
}

/** A group of its own, so that Ctrl-C in the terminal reaches only the supervisor. */
function spawnService(plan: ServicePlan, ports: SupervisorPorts): ChildProcess {
  const log = openSync(logFile(ports, plan.name), "a");
  try {
    return spawn(process.execPath, plan.command, {
      cwd: ports.workingFolder,
      env: { ...process.env, ...plan.env, HTTP_HOST: "127.0.0.1", HTTP_PORT: String(plan.port) },
      stdio: ["ignore", log, log],
      detached: true,
    });
  } finally {
    closeSync(log);
  }
}

async function endService({ plan, child }: Service, runFolder: string): Promise<void> {
  if (child?.pid === undefined) return;
  await endRecorded(runFolder, plan.name, recordProcess(runFolder, plan.name, child.pid));
}

async function askReady(port: number): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(2_000) });
    const text = (await response.text()).trim();
    return response.ok ? "ready" : text || `status ${response.status}`;
  } catch {
    return "does not answer";
  }
}

const logFile = (ports: SupervisorPorts, name: string): string => join(ports.logFolder, `${name}.log`);

/** The last lines, from the last 16 KiB. */
function readTail(file: string): string {
  try {
    const text = readFileSync(file).subarray(-16_384).toString().trimEnd();
    return text === "" ? "(empty)" : text.split("\n").slice(-tailLines).join("\n");
  } catch {
    return "(no log)";
  }
}
