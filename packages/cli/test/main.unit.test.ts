import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const commands = ["prepare", "apply", "customer", "dead-letters", "receive-webhooks"];

describe("the command tidemark", () => {
  it("given --help, then it lists every command", async () => {
    const { stdout } = await run(process.execPath, [main, "--help"]);
    for (const command of commands) expect(stdout).toContain(command);
  });

  it.each(commands)("given %s --help, then it says how to call it", async (command) => {
    const { stdout } = await run(process.execPath, [main, command, "--help"]);
    expect(stdout).toContain(`npm run -s tidemark -- ${command}`);
  });

  it("given a command that is none, then it fails and lists those there are", async () => {
    const failure = await run(process.execPath, [main, "aply"]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 2, stderr: expect.stringContaining("apply") });
  });
});
