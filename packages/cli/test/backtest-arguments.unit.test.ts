import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readBacktestOptions } from "../src/backtest/arguments.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "arguments-"));
  for (const name of ["d.yaml", "o.csv"]) writeFileSync(join(folder, name), "");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const given = { definitions: "d.yaml", orders: "o.csv", map: "customer=a,time=b", "as-of": "2026-01-01" };

function read(more: Readonly<Record<string, string | boolean | undefined>> = {}) {
  const answer = readBacktestOptions({ ...given, ...more }, folder);
  return "faults" in answer ? answer.faults : answer.options;
}

describe("what backtest is asked", () => {
  test.each([
    ["2026-07-01", "Europe/Berlin", "2026-06-30T22:00:00.000Z"],
    ["2026-07-01T12:00", "Europe/Berlin", "2026-07-01T10:00:00.000Z"],
    ["2026-07-01T12:00:00.25Z", "Europe/Berlin", "2026-07-01T12:00:00.250Z"],
    ["2026-07-01T12:00+02:00", "UTC", "2026-07-01T10:00:00.000Z"],
  ])("given --as-of %s in %s, when it is read, then it is %s", (asOf, zone, expected) => {
    const options = read({ "as-of": asOf, zone });
    expect("asOf" in options ? new Date(options.asOf).toISOString() : options).toBe(expected);
  });

  test("given nothing, when it is read, then all that is missing is told", () => {
    expect(readBacktestOptions({}, folder)).toEqual({
      faults: [
        "--as-of INSTANT is missing, such as 2026-01-01 or 2026-01-01T12:00:00Z",
        "--definitions PATH is missing",
        "--orders FILE is missing (or --events, --customers, --companies)",
      ],
    });
  });

  test("given much that is wrong, when it is read, then all is told at once", () => {
    expect(
      read({
        definitions: "none",
        orders: "none.csv",
        map: "customer",
        customers: "o.csv",
        "map-events": "customer=a",
        mapping: "none.yaml",
        "as-of": "yesterday",
        zone: "Berlin",
        delimiter: "::",
        members: "there/m.csv",
        metrics: "o.csv",
        history: ".",
      }),
    ).toEqual([
      '--zone is "Berlin"; expected an IANA zone such as Europe/Berlin',
      '--as-of: "yesterday" is no ISO 8601 date or time; expected 2026-01-01T12:00:00Z or a date',
      `--definitions: there is no file or folder ${join(folder, "none")}`,
      `--mapping: there is no file ${join(folder, "none.yaml")}`,
      `--orders: there is no file ${join(folder, "none.csv")}`,
      '--map: "customer" is no NAME=COLUMN',
      "--map-events says how to read a file, but --events FILE is missing",
      "--map-customers MAP is missing, and the mapping has no rules for lifecycle",
      `--members: there is no folder ${join(folder, "there")}`,
      `--history: ${folder} is no file`,
      `--metrics and --customers are the same file ${join(folder, "o.csv")}`,
      '--delimiter is "::"; expected one character, tab, or blank (for runs of blanks)',
    ]);
  });

  test.each([
    ["tab", "\t"],
    ["blank", " "],
    [";", ";"],
    [undefined, null],
  ])("given the delimiter %s, when it is read, then it is that mark", (delimiter, expected) => {
    expect(read({ delimiter })).toMatchObject({ delimiter: expected });
  });
});
