/**
 * Half of what a Java process costs until it answers is reading classes. An archive of those that it used once, made
 * the first time and kept, takes that away (JEP 350, dynamic application class data sharing).
 */
import { execFile, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { PartPlan } from "./part.ts";

const timeoutMs = 120_000;

/**
 * The archive for what `plan` runs, made by a run of its own in a scratch folder when it is not in `cacheDir` yet.
 * `name` says the program's version; the Java version is added. Undefined where none can be had: a part without one
 * only starts more slowly, so that is no error.
 */
export async function classArchive(
  cacheDir: string,
  name: string,
  plan: (scratch: string) => Promise<PartPlan>,
): Promise<string | undefined> {
  try {
    const file = join(cacheDir, `${name}-java-${await javaVersion()}.jsa`);
    if (existsSync(file)) return file;
    const scratch = join(cacheDir, `${name}-classes.${process.pid}.partial`);
    rmSync(scratch, { recursive: true, force: true });
    mkdirSync(scratch, { recursive: true });
    try {
      const partial = join(scratch, "classes.jsa");
      await runOnce(await plan(join(scratch, "part")), partial);
      if (!existsSync(partial)) return undefined;
      renameSync(partial, file);
      return file;
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  } catch {
    return undefined;
  }
}

/** The plan with the archive, whose warnings (another Java since, say) nobody needs. */
export function sharingClasses(plan: PartPlan, archive: string | undefined): PartPlan {
  if (archive === undefined) return plan;
  const sharing = [`-XX:SharedArchiveFile=${archive}`, "-Xshare:auto", "-Xlog:disable", "-Xlog:all=error"];
  return { ...plan, arguments: [...sharing, ...plan.arguments] };
}

/** Runs the part until it is ready, then ends it; Java writes the archive on its way out. */
async function runOnce(plan: PartPlan, archive: string): Promise<void> {
  mkdirSync(plan.folder, { recursive: true });
  const logFile = join(plan.folder, "log");
  const log = openSync(logFile, "w");
  const child = spawn(plan.command, [`-XX:ArchiveClassesAtExit=${archive}`, ...plan.arguments], {
    cwd: plan.folder,
    env: { ...process.env, ...plan.environment },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  const end = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  let isRunning = true;
  void ended.then(() => {
    isRunning = false;
  });
  while (isRunning && !(await plan.isReady(logFile).catch(() => false))) await sleep(100);
  child.kill("SIGTERM");
  await ended;
  clearTimeout(end);
  // Killed in the middle of writing, it left something that Java would refuse at every start.
  if (child.signalCode === "SIGKILL") rmSync(archive, { force: true });
}

async function javaVersion(): Promise<string> {
  const { stderr } = await promisify(execFile)("java", ["-version"]);
  const version = /version "([\w.+-]+)"/.exec(stderr)?.[1];
  if (version === undefined) throw new Error("java does not tell its version");
  return version;
}
