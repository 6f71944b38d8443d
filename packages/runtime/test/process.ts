/** Runs the service in processes/service.ts and sees how it ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const entry = fileURLToPath(new URL("processes/service.ts", import.meta.url));

export interface TestProcess {
  readonly child: ChildProcess;
  /** What it has written so far. */
  readonly stdout: () => string;
  /** Resolves once stdout holds the text; rejects where the process ends before. */
  says(text: string): Promise<void>;
  /** How it ended. */
  readonly end: Promise<{
    readonly code: number | null;
    readonly signal: string | null;
    readonly stderr: string;
  }>;
}

export function runProcess(
  environment: Readonly<Record<string, string>>,
  ...parameters: string[]
): TestProcess {
  const child = spawn("node", [entry, ...parameters], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const end = once(child, "close").then(([code, signal]) => ({ code, signal, stderr }));
  return {
    child,
    stdout: () => stdout,
    async says(text) {
      const ended = end.then(() => "ended" as const);
      while (!stdout.includes(text)) {
        const turn = await Promise.race([ended, once(child.stdout, "data")]);
        if (turn === "ended" && !stdout.includes(text))
          throw new Error(`ended without saying ${text}: ${stderr}`);
      }
    },
    end,
  };
}
