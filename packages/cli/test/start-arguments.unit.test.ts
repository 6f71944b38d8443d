import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readStartArguments, usage } from "../src/start/arguments.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));
const thisFile = "start-arguments.unit.test.ts";

describe("npm start", () => {
  test("given nothing, when it is read, then the demo runs on what is there", () => {
    expect(readStartArguments([], folder)).toEqual({
      options: { isCheck: false, isKept: false, isFresh: false, seed: null, zone: null, orders: null },
    });
  });

  test("given a file with its map, when it is read, then both are there", () => {
    const given = [
      "--check",
      "--zone",
      "Asia/Tokyo",
      `--orders=${thisFile}`,
      "--map",
      "customer=a,time=b,total=c",
    ];
    expect(readStartArguments(given, folder)).toMatchObject({
      options: {
        isCheck: true,
        zone: "Asia/Tokyo",
        orders: { file: `${folder}${thisFile}`, mapping: { customer: { column: "a" } }, hasHeader: true },
      },
    });
  });

  test("given many faults, when it is read, then all of them are named at once", () => {
    const given = [
      "--chek",
      "--seed",
      "x",
      "--zone=Mars/Base",
      "--orders",
      "missing.csv",
      "--map",
      "time=a",
      "more",
    ];
    expect(readStartArguments(given, folder)).toEqual({
      faults: [
        "--chek is no option; is --check meant?",
        '"more" is no option',
        '--seed is "x"; expected a whole number from 0 to 4294967295',
        '--zone is "Mars/Base"; expected an IANA zone such as Europe/Berlin',
        `--orders: there is no file ${folder}missing.csv`,
        "--map: customer=COLUMN is missing",
        "--map: total=COLUMN is missing (or quantity=COLUMN and price=COLUMN, both)",
      ],
    });
  });

  test("given options that need a value or a file, when they are missing, then that is said", () => {
    expect(readStartArguments(["--orders", "--check"], folder)).toMatchObject({
      faults: ["--orders needs a value: --orders FILE"],
    });
    expect(readStartArguments(["--map", "customer=a"], folder)).toMatchObject({
      faults: ["--map says how to read a file, but --orders FILE is missing"],
    });
  });

  test("given --help, when it is read, then nothing else counts and usage names every option", () => {
    expect(readStartArguments(["--help", "--nonsense"], folder)).toEqual({ help: true });
    for (const option of [
      "--check",
      "--keep",
      "--fresh",
      "--seed",
      "--zone",
      "--orders",
      "--map",
      "API_PORT",
    ])
      expect(usage).toContain(option);
  });
});
