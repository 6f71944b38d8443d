import { execFile } from "node:child_process";
import { describe, expect, test } from "vitest";
import { createLogOutput } from "../src/log-output.ts";

const failure = (code: string) => Object.assign(new Error(code), { code });

describe("the output of the log", () => {
  test("given a disk that is full for a while, then the lines of that time are dropped and counted, and nothing throws", () => {
    let isFull = false;
    let text = "";
    const output = createLogOutput(1, (_, bytes) => {
      if (isFull) throw failure("ENOSPC");
      text += Buffer.from(bytes).toString();
      return bytes.length;
    });
    output.write("one\n");
    isFull = true;
    output.write("two\n");
    output.write("three\n");
    isFull = false;
    output.write("four\n");
    expect(text).toBe("one\nfour\n");
    expect(output.dropped()).toBe(2);
  });

  test("given a line that found room in part, then the next one begins on a line of its own", () => {
    let room = 6;
    let text = "";
    const output = createLogOutput(1, (_, bytes) => {
      if (room === 0) throw failure("ENOSPC");
      const taken = Buffer.from(bytes).subarray(0, room);
      room -= taken.length;
      text += taken.toString();
      return taken.length;
    });
    output.write("one\n");
    output.write("two\n");
    room = 100;
    output.write("three\n");
    expect(text).toBe("one\ntw\nthree\n");
    expect(output.dropped()).toBe(1);
  });

  test("given a pipe that is busy, then the line is waited for", () => {
    let busy = 3;
    let text = "";
    const output = createLogOutput(1, (_, bytes) => {
      busy -= 1;
      if (busy >= 0) throw failure("EAGAIN");
      text += Buffer.from(bytes).toString();
      return bytes.length;
    });
    output.write("one\n");
    expect(text).toBe("one\n");
    expect(output.dropped()).toBe(0);
  });

  test("given a service whose log goes to a full device, then it works and ends as it would", async () => {
    const program = `
      import { runService, stackSettings } from "./packages/runtime/src/index.ts";
      const work = Promise.withResolvers();
      await runService({
        name: "full",
        settings: stackSettings,
        start: async ({ logger }) => {
          for (let line = 0; line < 1000; line += 1) logger.info("no room for this");
          setTimeout(() => { process.stderr.write("worked"); process.kill(process.pid, "SIGTERM"); }, 50);
          return { ready: () => ({ ready: true }), stop: async () => {}, ended: work.promise };
        },
      });`;
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      const shell = `exec "$0" --input-type=module -e "$1" > /dev/full`;
      execFile("sh", ["-c", shell, process.execPath, program], (error, _, text) =>
        resolve({ code: error === null ? 0 : error.code, stderr: text }),
      );
    });
    expect(stderr).toBe("worked");
    expect(code).toBe(0);
  });
});
