import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endProcess, identify, isRunning, killProcess, type ProcessIdentity } from "./process-identity.ts";

/** How to run one part of the stack as a child process. */
export interface PartPlan {
  readonly name: string;
  readonly url: string;
  /** The part's own folder: data, log and process id. */
  readonly folder: string;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Resolves to whether the part answers now; a rejection counts as "not yet". */
  readonly isReady: (logFile: string) => Promise<boolean>;
}

export interface Part {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  readonly logFile: string;
  /** SIGTERM, and SIGKILL when that did not end it in time. Resolves once the process is gone. */
  stop(): Promise<void>;
  /** SIGKILL. Resolves once the process is gone. */
  kill(): Promise<void>;
}

const readyTimeoutMs = 120_000;

interface PartRecord extends ProcessIdentity {
  /** Who started it. */
  readonly owner: ProcessIdentity;
}

/** Starts a part and waits until it answers. Rejects with the end of its log when it does not. */
export async function startPart(plan: PartPlan): Promise<Part> {
  mkdirSync(plan.folder, { recursive: true });
  const logFile = join(plan.folder, `${plan.name}.log`);
  if (existsSync(logFile)) renameSync(logFile, `${logFile}.1`);
  const log = openSync(logFile, "w");
  // A group of its own: Ctrl-C in a terminal reaches every process of the foreground group at once,
  // while the stack must outlive the services that still commit to it.
  const child = spawn(plan.command, plan.arguments, {
    cwd: plan.folder,
    env: { ...process.env, ...plan.environment },
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  child.unref();
  let ended: string | undefined;
  child.once("error", (error) => {
    ended = error.message;
  });
  child.once("exit", (code, signal) => {
    ended = signal === null ? `exit code ${code}` : `signal ${signal}`;
  });
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity) {
    const record: PartRecord = { ...identity, owner: identify(process.pid) };
    writeFileSync(recordFile(plan.folder), JSON.stringify(record));
  }
  const end = async (how: (identity: ProcessIdentity) => Promise<void>) => {
    if (identity) await how(identity);
    rmSync(recordFile(plan.folder), { force: true });
  };
  const stop = () => end(endProcess);
  const deadline = Date.now() + readyTimeoutMs;
  while (!(await plan.isReady(logFile).catch(() => false)) || identity === undefined) {
    if (ended !== undefined || Date.now() > deadline) {
      await stop();
      const reason = ended === undefined ? `not ready after ${readyTimeoutMs} ms` : `ended (${ended})`;
      throw new Error(`${plan.name} ${reason}; the end of ${logFile}:\n${readTail(logFile)}`);
    }
    await sleep(50);
  }
  return {
    name: plan.name,
    url: plan.url,
    pid: identity.pid,
    logFile,
    stop,
    kill: () => end(killProcess),
  };
}

/**
 * Stops a part that an earlier start left running, found by its record in `folder`.
 * Rejects when whoever started it still runs and `evenIfOwned` is not set. Resolves to whether there was one.
 */
export async function stopLeftover(folder: string, evenIfOwned: boolean): Promise<boolean> {
  const file = recordFile(folder);
  if (!existsSync(file)) return false;
  const record = JSON.parse(readFileSync(file, "utf8")) as PartRecord;
  const running = isRunning(record);
  if (running && !evenIfOwned && record.owner.pid !== process.pid && isRunning(record.owner)) {
    throw new Error(
      `A stack already runs on ${folder}, started by process ${record.owner.pid}. Stop that one first.`,
    );
  }
  if (running) await endProcess(record);
  rmSync(file, { force: true });
  return running;
}

/** Whether a part was started in this folder and not stopped since. */
export const hasRecord = (folder: string): boolean => existsSync(recordFile(folder));

const recordFile = (folder: string): string => join(folder, "process.json");

function readTail(logFile: string): string {
  return readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-20).join("\n");
}
