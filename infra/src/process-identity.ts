import { readFileSync } from "node:fs";

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
  return readStart(identity.pid) === identity.started && readState(identity.pid) !== "Z";
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
