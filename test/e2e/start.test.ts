/** `npm start -- --check` as a person runs it, with a file of their own. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { portSettings, root } from "./product.ts";

const dayMs = 86_400_000;

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe("npm start -- --check --orders", () => {
  let folder: string;
  let env: Readonly<Record<string, string | undefined>>;

  beforeAll(async () => {
    const parent = join(root, ".tidemark", "test");
    mkdirSync(parent, { recursive: true });
    folder = mkdtempSync(join(parent, "start-"));
    env = {
      ...process.env,
      ...(await portSettings()),
      TIDEMARK_HOME: folder,
      CUSTOMER_EVENTS_PARTITIONS: "4",
      INIT_CWD: folder,
    };
    writeFileSync(join(folder, "orders.csv"), orderLines(Date.now()));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("given order lines, some without a customer and one that cannot be read, then it counts them, judges and leaves nothing running", async () => {
    const map = "customer=Customer,time=Date,order=Order,quantity=Quantity,price=Price,category=Category";
    const first = await start("--check", "--orders", "orders.csv", "--map", map);
    expect(first.stderr).toContain("line 8");
    expect(first).toMatchObject({ code: 0 });
    const line = JSON.parse(first.stdout) as Record<string, unknown>;
    // Orders a-1 (two lines), a-2, b-1 and c-1 have a customer; the lines of g-1 and g-2 have none.
    expect(line).toMatchObject({ events: 4, lost: 0, duplicates: 0, unattributed: 2 });
    // Ann bought 10 days ago, Bob 100 days ago, Cem 59 days ago.
    expect(line.segments).toMatchObject({ "bought-60": 2, "silent-180": 0, "lapsed-big-spender": 1 });
    expect(runningProcesses()).toEqual([]);
  });

  it("given that it ran before, when it starts again, then the data are there and nothing is loaded twice", async () => {
    const again = await start("--check");
    expect(again).toMatchObject({ code: 0 });
    expect(JSON.parse(again.stdout)).toMatchObject({ events: 4, lost: 0, duplicates: 0, unattributed: 2 });
    expect(runningProcesses()).toEqual([]);
  });

  it("given a column that is not there, then it says so before it starts anything", async () => {
    const run = await start(
      "--fresh",
      "--orders",
      "orders.csv",
      "--map",
      "customer=Custmer,time=Date,total=Price",
    );
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("Customer");
    expect(run.stdout).toBe("");
    expect(runningProcesses()).toEqual([]);
  });

  function start(...options: readonly string[]): Promise<Run> {
    return new Promise((resolve) => {
      const file = join(root, "packages", "cli", "src", "start.ts");
      execFile(
        process.execPath,
        [file, ...options],
        { cwd: root, env, maxBuffer: 1 << 26 },
        (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
        },
      );
    });
  }

  /** What is on record as running in this folder. */
  function runningProcesses(): string[] {
    return readdirSync(join(folder, "run")).filter((file) => file.endsWith(".pid"));
  }
});

function orderLines(now: number): string {
  const date = (daysAgo: number): string => new Date(now - daysAgo * dayMs).toISOString();
  return [
    "Order,Customer,Date,Quantity,Price,Category",
    `a-1,Ann,${date(200)},2,30.00,books`,
    `a-1,Ann,${date(200)},1,15.50,garden`,
    `b-1,Bob,${date(100)},1,1200.00,garden`,
    `c-1,Cem,${date(59)},3,10.00,toys`,
    `g-1,,${date(30)},1,5.00,toys`,
    `g-2,,${date(20)},1,5.00,books`,
    "x-1,Xen,not a date,1,5.00,books",
    `a-2,Ann,${date(10)},1,9.99,books`,
    "",
  ].join("\n");
}
