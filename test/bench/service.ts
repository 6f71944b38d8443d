/** A service of ours as a process of its own, as in production. */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface ServiceProcess {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Its log goes to `folder`. */
export function startService(
  name: string,
  env: Readonly<Record<string, string>>,
  folder: string,
): ServiceProcess {
  const options = name === "segments" ? ["--max-semi-space-size=128"] : [];
  const main = join(root, "services", name, "src", "main.ts");
  const child: ChildProcess = spawn(process.execPath, [...options, main], {
    cwd: root,
    env: { ...process.env, ...env, LOG_LEVEL: "warn" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createWriteStream(join(folder, `${name}.log`));
  child.stdout?.pipe(log);
  child.stderr?.pipe(log);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = (): void => void child.kill("SIGKILL");
  // A measurement that fails leaves nothing behind.
  process.once("exit", kill);
  void ended.then(() => process.off("exit", kill));
  if (child.pid === undefined) throw new Error(`${name} did not start`);
  return {
    pid: child.pid,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
