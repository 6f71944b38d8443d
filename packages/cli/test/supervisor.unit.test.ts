import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "@tidemark/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freePortNumbers } from "../../../infra/src/index.ts";
import { runningProcesses } from "../src/run/process-record.ts";
import { type Supervisor, supervise } from "../src/run/supervisor.ts";

let folder: string;
let said: string[];
let supervisor: Supervisor;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "supervisor-"));
  said = [];
  supervisor = supervise({
    clock: systemClock,
    say: (message) => said.push(message),
    runFolder: folder,
    logFolder: folder,
    workingFolder: folder,
  });
});

afterEach(async () => {
  await supervisor.stop();
  rmSync(folder, { recursive: true, force: true });
});

const service = `
  console.log("hello from " + process.pid);
  require("node:http").createServer((_, response) => response.end("ready")).listen(process.env.HTTP_PORT, "127.0.0.1");
  process.on("SIGTERM", () => { console.log("bye"); process.exit(0); });
`;

const plan = async (program: string) => {
  writeFileSync(join(folder, "program.cjs"), program);
  const [port = 0] = await freePortNumbers(1);
  return { name: "example", command: [join(folder, "program.cjs")], port, env: {} };
};
const pidOf = (name: string): number => Number(readFileSync(join(folder, `${name}.pid`), "utf8"));
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("the supervisor", () => {
  test("given a service, when it is killed, then that is reported with the end of its log, and it comes back under a new pid", async () => {
    supervisor.start(await plan(service));
    await supervisor.ready();
    const before = pidOf("example");
    process.kill(before, "SIGKILL");
    while (!existsSync(join(folder, "example.pid")) || pidOf("example") === before) await sleep(20);
    await supervisor.ready();
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(new RegExp(`example died \\(SIGKILL\\)[\\s\\S]*hello from ${before}`));
    expect([...runningProcesses(folder).keys()]).toEqual(["example"]);
  });

  test("given a service, when all is stopped, then it ended by itself, and neither a process nor a record is left", async () => {
    supervisor.start(await plan(service));
    await supervisor.ready();
    const pid = pidOf("example");
    await supervisor.stop();
    // Until this process has reaped it, the system still knows its number.
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(readFileSync(join(folder, "example.log"), "utf8")).toContain("bye");
    expect(existsSync(join(folder, "example.pid"))).toBe(false);
    expect(said).toEqual([]);
  });

  test("given a service that cannot run, when it has died too often, then it is given up, with the reason in its log", async () => {
    const impatient = supervise({
      clock: { ...systemClock, after: (_, callback) => systemClock.after(1, callback) },
      say: (message) => said.push(message),
      runFolder: folder,
      logFolder: folder,
      workingFolder: folder,
    });
    impatient.start(await plan('console.error("no such broker"); process.exit(3);'));
    await expect(impatient.failed).rejects.toThrow(
      /example died 9 times \(exit code 3\)[\s\S]*no such broker/,
    );
    await expect(impatient.ready()).rejects.toThrow(/example died 9 times/);
    expect(said).toHaveLength(8);
    await impatient.stop();
  });

  test("given a service, when the supervisor lets go, then it runs on, and whoever comes next finds it on record", async () => {
    supervisor.start(await plan(service));
    await supervisor.ready();
    supervisor.letGo();
    const pid = pidOf("example");
    expect(runningProcesses(folder).get("example")?.pid).toBe(pid);
    process.kill(pid, "SIGKILL");
    await sleep(400);
    expect(isAlive(pid)).toBe(false);
    expect(said).toEqual([]);
  });
});
