import { describe, expect, it } from "vitest";
import { watchdogExitCode } from "../src/index.ts";
import { runProcess } from "./process.ts";

describe("given a service whose event loop stands still", () => {
  it("in code that never ends, then the process ends with the watchdog's code and says in which function", async () => {
    const { code, stderr } = await runProcess({ TEST_WORK: "spins", WATCHDOG_MS: "1000" }).end;
    expect(code).toBe(watchdogExitCode);
    expect(stderr).toContain("example: the event loop stood still for ");
    expect(stderr).toContain("(at most 1000 ms): the watchdog ends the process");
    expect(stderr).toMatch(/at turnForEver \(file:.*processes\/service\.ts:\d+\)/);
  });

  it("in a call into native code, then it ends as well", async () => {
    const { code, signal, stderr } = await runProcess({
      TEST_WORK: "sleeps-in-native-code",
      WATCHDOG_MS: "1000",
    }).end;
    expect(stderr).toContain("the watchdog ends the process");
    expect([String(watchdogExitCode), "SIGKILL"]).toContain(String(code ?? signal));
  });
});

describe("given a process that was suspended as a whole for longer than the bound", () => {
  it("then it goes on, and stops when it is told to", async () => {
    const service = runProcess({ WATCHDOG_MS: "1000" });
    await service.says('"started"');
    service.child.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    service.child.kill("SIGCONT");
    await new Promise((resolve) => setTimeout(resolve, 500));
    service.child.kill("SIGTERM");
    expect(await service.end).toMatchObject({ code: 0, stderr: "" });
  });
});
