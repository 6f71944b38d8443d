import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freePorts, requireFreePorts, type Stack, startStack, stopStack } from "../src/index.ts";

const parent = fileURLToPath(new URL("../../.tidemark/test", import.meta.url));
let dataDir: string;
let stack: Stack | undefined;

beforeEach(() => {
  mkdirSync(parent, { recursive: true });
  dataDir = mkdtempSync(join(parent, "own-"));
});

afterEach(async () => {
  await stack?.stop();
  stack = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A child that ended but was not yet waited for still has its number.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};
const pidsOf = (of: Stack): number[] => of.parts.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
const sql = async (of: Stack, statement: string): Promise<string> =>
  (await fetch(of.env.CLICKHOUSE_URL!, { method: "POST", body: statement })).text();

function redis(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`${command}\r\n`));
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data.toString().trimEnd());
    });
    socket.once("error", reject);
  });
}

describe("the native stack", () => {
  test("given a stack, when it stops and starts again, then nothing was left running and its data are kept until a fresh start", async () => {
    const ports = await freePorts();
    stack = await startStack({ dataDir, ports });
    expect(stack.parts.map(({ name }) => name).sort()).toEqual(["clickhouse", "kafka", "redis", "registry"]);
    expect(pidsOf(stack).filter(isAlive)).toHaveLength(4);
    await sql(stack, "CREATE TABLE kept (id UInt8) ENGINE = MergeTree ORDER BY id");
    await sql(stack, "INSERT INTO kept VALUES (7)");
    await stack.stop();
    expect(pidsOf(stack).filter(isAlive)).toEqual([]);
    // Every port is free again.
    await requireFreePorts({ ...ports });

    stack = await startStack({ dataDir, ports });
    expect(await sql(stack, "SELECT id FROM kept")).toBe("7\n");
    await stack.stop();

    stack = await startStack({ dataDir, ports, fresh: true });
    expect(await sql(stack, "EXISTS kept")).toBe("0\n");

    // Somebody else stops it, knowing only the folder.
    expect([...(await stopStack(dataDir))].sort()).toEqual(["clickhouse", "kafka", "redis", "registry"]);
    expect(pidsOf(stack).filter(isAlive)).toEqual([]);
    expect(await stopStack(dataDir)).toEqual([]);
  });

  test("given one part after another killed and started again, then each answers on its port as another process, with its data", async () => {
    const ports = await freePorts();
    const own = await startStack({ dataDir, ports });
    stack = own;
    await sql(own, "CREATE TABLE kept (id UInt8) ENGINE = MergeTree ORDER BY id");
    await sql(own, "INSERT INTO kept VALUES (7)");
    expect(await redis(ports.redis, "SET kept 7")).toBe("+OK");
    for (const name of ["kafka", "redis", "registry", "clickhouse"] as const) {
      const part = own.part(name);
      const before = part.pid();
      await expect(part.start()).rejects.toThrow(`${name} runs already`);
      await part.kill();
      expect(isAlive(before)).toBe(false);
      await requireFreePorts({ [name]: ports[name] });
      await part.start();
      expect(part.pid()).not.toBe(before);
      expect(isAlive(part.pid())).toBe(true);
    }
    expect(await sql(own, "SELECT id FROM kept")).toBe("7\n");
    expect(await redis(ports.redis, "GET kept")).toBe("$1\r\n7");
    // Stopping the whole ends what was started last.
    const pids = (["kafka", "redis", "registry", "clickhouse"] as const).map((name) => own.part(name).pid());
    await own.stop();
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test("given a taken port, when the stack starts, then it names the port and leaves nothing running", async () => {
    const ports = await freePorts();
    const squatter = createServer().listen(ports.redis, "127.0.0.1");
    await expect(startStack({ dataDir, ports })).rejects.toThrow(`port ${ports.redis} (redis`);
    squatter.close();
    expect(await stopStack(dataDir)).toEqual([]);
  });
});
