import { describe, expect, it } from "vitest";
import { runProcess } from "./process.ts";

const started = '"started"';

describe("given a service that runs as a process", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("and %s, then it stops and exits with 0", async (signal) => {
    const service = runProcess({});
    await service.says(started);
    service.child.kill(signal);
    expect(await service.end).toEqual({ code: 0, signal: null, stderr: "" });
    expect(service.stdout()).toContain(`"reason":"${signal}"`);
  });

  it("and a stop that does not end, then it exits with 3 at the bound and names what was under way", async () => {
    const service = runProcess({ TEST_WORK: "hangs", STOP_TIMEOUT_MS: "1000" });
    await service.says(started);
    service.child.kill("SIGTERM");
    expect(await service.end).toMatchObject({ code: 3 });
    expect(service.stdout()).toMatch(
      /"underWay":\["orders\/3: 7 records for \d+ s"\].*did not finish in time/,
    );
  });

  it("and a second signal, then it ends at once with the signal's code", async () => {
    const service = runProcess({ TEST_WORK: "hangs", STOP_TIMEOUT_MS: "300000" });
    await service.says(started);
    service.child.kill("SIGTERM");
    await service.says('"stopping"');
    service.child.kill("SIGINT");
    expect(await service.end).toMatchObject({ code: 130 });
  });

  it("that fails where nobody waits, then it exits with 1 and the reason is in the log", async () => {
    const service = runProcess({ TEST_WORK: "ends-by-itself" });
    expect(await service.end).toMatchObject({ code: 1 });
    expect(service.stdout()).toContain("all is lost");
  });

  it("with a configuration that is wrong, then it exits with 2 and names everything at once", async () => {
    const { code, stderr } = await runProcess({ STOP_TIMEOUT_MS: "soon", WATCHDOG_MS: "0" }).end;
    expect(code).toBe(2);
    expect(stderr).toContain('STOP_TIMEOUT_MS is "soon"; expected a whole number from 1000 to 300000');
    expect(stderr).toContain('WATCHDOG_MS is "0"; expected a whole number from 1000 to 600000');
  });

  it("with --help, then it lists every bound with default, range, unit and sentence", async () => {
    const service = runProcess({}, "--help");
    expect(await service.end).toMatchObject({ code: 0 });
    expect(service.stdout()).toContain(
      "  STOP_TIMEOUT_MS=10000 (1000 to 300000 ms)\n      How long a stop may take;",
    );
  });
});

describe("given its HTTP port", () => {
  it("then /live, /ready and /metrics answer, and /ready says no once it stops", async () => {
    const service = runProcess({ TEST_WORK: "hangs" });
    await service.says(started);
    const port = /"port":(\d+)/.exec(service.stdout())?.[1];
    const ask = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: answer.status, text: await answer.text() };
    };
    expect(await ask("/live")).toEqual({ status: 200, text: "ok\n" });
    expect(await ask("/ready")).toEqual({ status: 200, text: "ready\n" });
    const { text } = await ask("/metrics");
    expect(text).toContain('tidemark_lag_records{topic="orders",partition="3",service="example"} 7');
    expect(text).toContain('tidemark_ready{service="example"} 1');
    expect(await ask("/nothing")).toMatchObject({ status: 404 });
    service.child.kill("SIGTERM");
    await service.says('"stopping"');
    expect(await ask("/ready")).toEqual({ status: 503, text: "stopping\n" });
    service.child.kill("SIGKILL");
    await service.end;
  });
});
