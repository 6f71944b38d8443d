import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "command-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function tidemark(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], {
    env: { ...process.env, INIT_CWD: folder },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

const backtest = (...more: readonly string[]) =>
  tidemark(
    "backtest",
    "--orders",
    "o.csv",
    "--map",
    "customer=id,time=day,total=sum",
    "--as-of",
    "2026-02-01",
    ...more,
  );

const segment = (id: string, when: string): string => `kind: segment\nid: ${id}\nwhen: ${when}\n`;

describe("tidemark backtest", () => {
  test("given a folder of definitions and orders with a broken row, when JSON is asked for, then standard output is that alone, and it is a success", () => {
    mkdirSync(join(folder, "d", "deeper"), { recursive: true });
    writeFileSync(join(folder, "d", "a.yaml"), segment("some", "{ count: order.placed, atLeast: 1 }"));
    writeFileSync(
      join(folder, "d", "deeper", "b.json"),
      JSON.stringify([{ kind: "segment", id: "two", when: { count: "order.placed", atLeast: 2 } }]),
    );
    writeFileSync(join(folder, "d", "example.json"), "{}");
    writeFileSync(join(folder, "d", "README.md"), "no: definition");
    writeFileSync(join(folder, "o.csv"), "id,day,sum\na,2026-01-01,1\nb,soon,1\nb,2026-01-01,1\n");
    const { status, stdout, stderr } = backtest("--definitions", "d", "--json");
    expect(JSON.parse(stdout)).toEqual({
      asOf: "2026-02-01T00:00:00.000Z",
      customers: 2,
      events: 2,
      segments: { some: 2, two: 0 },
      classifications: {},
    });
    expect(stdout.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain('  o.csv:3: time: "soon"');
    expect(stderr).toContain("example.json holds no definitions and is passed over");
    expect(status).toBe(0);
  });

  test("given definitions and a map with faults, when it is run, then all are told with file, line and nearest name, and it exits 2", () => {
    const definitions = `${segment("a", "{ metric: revenue, atLeast: 1 }")}---\n${segment("b", "\n  count: order.placed\n  atleast: 1")}---\nkind: metric\nid: revenues\ncount: order.placed\n`;
    writeFileSync(join(folder, "d.yaml"), definitions);
    writeFileSync(join(folder, "o.csv"), "id,days,sum\na,2026-01-01,1\n");
    const { status, stdout, stderr } = backtest("--definitions", "d.yaml");
    expect(stdout).toBe("");
    const told = stderr.trim().split("\n");
    expect(told).toHaveLength(3);
    expect(told[0]).toMatch(/d\.yaml:3: segment\/a: when\.metric: found .*; is revenues meant\?$/);
    expect(told[1]).toMatch(/d\.yaml:9: segment\/b: when\.atleast: .*; is atLeast meant\?$/);
    expect(told[2]).toBe('--map: time=day: o.csv has no column "day"; is "days" meant?');
    expect(status).toBe(2);
  });

  test("given a word that is no option, when it is run, then it exits 2; given no row that can be read, 1", () => {
    writeFileSync(join(folder, "d.yaml"), segment("some", "{ count: order.placed, atLeast: 1 }"));
    writeFileSync(join(folder, "o.csv"), "id,day,sum\na,soon,1\n");
    const wrong = backtest("--definitions", "d.yaml", "--metric", "m.csv");
    expect(wrong.stderr).toContain("--metric is no option; is --metrics meant?");
    expect([wrong.status, wrong.stdout]).toEqual([2, ""]);
    const nothing = backtest("--definitions", "d.yaml");
    expect(nothing.status).toBe(1);
    expect(nothing.stderr.trim().split("\n").at(-1)).toBe("No row can be read");
  });

  test("given --help, when it is run, then every option and what the numbers mean is there", () => {
    const { status, stdout } = tidemark("backtest", "--help");
    for (const word of [
      "--map-customers",
      "--mapping",
      "--history",
      "median",
      "Quantity*UnitPrice",
      "--delimiter",
    ])
      expect(stdout).toContain(word);
    expect(status).toBe(0);
  });
});
