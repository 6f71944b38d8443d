/** Processes that have a defect in them. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Defect } from "./defect.ts";

const plantUrl = new URL("./plant.ts", import.meta.url).href;

/** `file` is beside this one. Its standard output is ours. */
export function forkPlanted(defect: Defect, file: string, parameters: readonly string[] = []): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), parameters, {
    execArgv: ["--import", plantUrl],
    env: { ...process.env, SIMULATE_DEFECT: JSON.stringify(defect) },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

/** Answers the exit code. */
export function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (code === null) reject(new Error(`the process was ended by ${signal}`));
      else resolve(code);
    });
  });
}
