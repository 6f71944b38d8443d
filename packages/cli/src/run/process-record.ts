/** Which process runs under a name: `NAME.pid` holds its number for people and tests, `NAME.json` what proves it. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { endProcess, identify, isRunning, type ProcessIdentity } from "../../../../infra/src/index.ts";

export function recordProcess(folder: string, name: string, pid: number): ProcessIdentity {
  const identity = identify(pid);
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(identity));
  writeFileSync(join(folder, `${name}.pid`), `${pid}\n`);
  return identity;
}

export function forgetProcess(folder: string, name: string): void {
  for (const ending of ["json", "pid"]) rmSync(join(folder, `${name}.${ending}`), { force: true });
}

/** Those of the processes on record that still run, by name. */
export function runningProcesses(folder: string): ReadonlyMap<string, ProcessIdentity> {
  const running = new Map<string, ProcessIdentity>();
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    if (!file.endsWith(".json")) continue;
    const identity = readIdentity(join(folder, file));
    if (identity !== undefined && isRunning(identity)) running.set(file.slice(0, -".json".length), identity);
  }
  return running;
}

/** A record that a crash cut off says nothing. */
function readIdentity(file: string): ProcessIdentity | undefined {
  try {
    const { pid, started } = JSON.parse(readFileSync(file, "utf8")) as Partial<ProcessIdentity>;
    return typeof pid === "number" && typeof started === "string" ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}

/** Ends it (gracefully, then for certain) and forgets it. */
export async function endRecorded(folder: string, name: string, identity: ProcessIdentity): Promise<void> {
  await endProcess(identity);
  forgetProcess(folder, name);
}
