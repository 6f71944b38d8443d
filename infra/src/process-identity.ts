import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process id with when it began, so that a later process with the same id is not taken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since boot; empty where the system does not tell. */
  readonly started: string;
}

export function identify(pid: number): ProcessIdentity {
  return { pid, started: readStart(pid) };
}

/** Whether this very process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  return readStart(identity.pid) === identity.started && !hasEnded(identity.pid);
}

/** A zombie's sockets are closed once its last thread is gone, which may be later than its first. */
function hasEnded(pid: number): boolean {
  return readState(pid) === "Z" && countThreads(pid) <= 1;
}

function countThreads(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

const stopTimeoutMs = 20_000;

/** SIGTERM, and SIGKILL when that did not end it in time. Resolves once it is gone. */
export async function endProcess(identity: ProcessIdentity): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (isRunning(identity)) process.kill(identity.pid, signal);
    for (const deadline = Date.now() + stopTimeoutMs; Date.now() < deadline; await sleep(25)) {
      if (!isRunning(identity)) return;
    }
  }
  throw new Error(`Process ${identity.pid} does not end`);
}

/** SIGKILL, at once. Resolves once it is gone. */
export async function killProcess(identity: ProcessIdentity): Promise<void> {
  if (isRunning(identity)) process.kill(identity.pid, "SIGKILL");
  for (const deadline = Date.now() + stopTimeoutMs; isRunning(identity); await sleep(10)) {
    if (Date.now() > deadline) throw new Error(`Process ${identity.pid} does not end`);
  }
}

// proc(5): the command in parentheses may hold spaces, so fields are counted from its end.
function readFields(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

const readState = (pid: number): string => readFields(pid)[0] ?? "";
const readStart = (pid: number): string => readFields(pid)[19] ?? "";
