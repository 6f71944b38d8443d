/**
 * The properties of core with many more runs than in the tests: 20 times as many, or as many times as FC_RUNS or the
 * first argument says, from one seed (FC_SEED replays it). The last line sums up the runs of all files.
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tests = "packages/core/test";
/** Those that tell their runs. */
const files = readdirSync(`${root}${tests}`)
  .map((name) => `${tests}/${name}`)
  .filter(
    (file) => file.endsWith(".unit.test.ts") && readFileSync(`${root}${file}`, "utf8").includes("tellRuns()"),
  );
const [first] = process.argv.slice(2);
const times = Number(first ?? process.env.FC_RUNS ?? 20);
const seed = Number(process.env.FC_SEED ?? Date.now() % 2 ** 31);
if (!(times > 0) || !Number.isSafeInteger(seed)) {
  console.error("Usage: npm run laws -- [TIMES]; FC_SEED: a whole number");
  process.exit(2);
}

const child = spawn("vitest", ["run", "--project=unit", ...files], {
  cwd: root,
  env: { ...process.env, FC_RUNS: `${times}`, FC_SEED: `${seed}`, NO_COLOR: "1" },
  stdio: ["ignore", "pipe", "inherit"],
});
let runs = 0;
child.stdout.setEncoding("utf8");
let rest = "";
child.stdout.on("data", (text: string) => {
  process.stdout.write(text);
  const lines = `${rest}${text}`.split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) runs += Number(/(\d+) property runs from seed/.exec(line)?.[1] ?? 0);
});
child.once("error", ({ message }) => {
  console.error(message);
  process.exitCode = 1;
});
child.once("close", (code, signal) => {
  console.log(`${runs} property runs, ${times} times as many as in the tests, from seed ${seed}`);
  if (code !== 0) console.log(signal === null ? "FAILED" : `FAILED: ended by ${signal}`);
  process.exitCode = code ?? 1;
});
