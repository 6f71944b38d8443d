/** A service of ours as a process of its own, as in production. */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

const readyTimeoutMs = 180_000;

export interface ServiceProcess {
  readonly pid: number;
  /** Resolves once it says so itself; it needs an `HTTP_PORT`. Rejects when it ended or is not ready in three minutes. */
  ready(): Promise<void>;
  /** SIGTERM; resolves once it is gone. */
  stop(): Promise<void>;
  /** SIGKILL; resolves once it is gone. */
  kill(): Promise<void>;
}

/** Its log goes to `folder`, under a name of its own where there are several instances. `product` is the root of its sources. */
export function startService(
  name: string,
  env: Readonly<Record<string, string>>,
  folder: string,
  instance = name,
  product = root,
): ServiceProcess {
  const options = name === "segments" ? ["--max-semi-space-size=32"] : [];
  const main = join(product, "services", name, "src", "main.ts");
  const child: ChildProcess = spawn(process.execPath, [...options, main], {
    cwd: product,
    env: { ...process.env, LOG_LEVEL: "warn", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createWriteStream(join(folder, `${instance}.log`));
  child.stdout?.pipe(log);
  child.stderr?.pipe(log);
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = (): void => void child.kill("SIGKILL");
  // A measurement that fails leaves nothing behind.
  process.once("exit", kill);
  void ended.then(() => {
    hasEnded = true;
    process.off("exit", kill);
  });
  if (child.pid === undefined) throw new Error(`${name} did not start`);
  return {
    pid: child.pid,
    async ready() {
      for (const deadline = Date.now() + readyTimeoutMs; ; ) {
        const response = await fetch(`http://127.0.0.1:${env.HTTP_PORT}/ready`).catch(() => null);
        if (response?.ok) return;
        if (hasEnded || Date.now() > deadline)
          throw new Error(`${instance} ${hasEnded ? "ended" : "is not ready"}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
