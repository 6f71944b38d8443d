import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
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

  test("given a taken port, when the stack starts, then it names the port and leaves nothing running", async () => {
    const ports = await freePorts();
    const squatter = createServer().listen(ports.redis, "127.0.0.1");
    await expect(startStack({ dataDir, ports })).rejects.toThrow(`port ${ports.redis} (redis`);
    squatter.close();
    expect(await stopStack(dataDir)).toEqual([]);
  });
});
