// Every check of the repository; the last line sums them up.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { removeAbandonedStacks } from "../infra/src/index.ts";

interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Where a step writes: of several side by side one is seen at once, the others when all are over. */
interface Output {
  write(text: string): void;
  show(): void;
}

const shown: Output = { write: (text) => void process.stdout.write(text), show: () => {} };

function held(): Output {
  let texts = "";
  return {
    write(text) {
      texts += text;
    },
    show: () => void process.stdout.write(texts),
  };
}

const root = fileURLToPath(new URL("..", import.meta.url));
const reports = join(root, ".tidemark", "test");
mkdirSync(reports, { recursive: true });

// Brokers that live for a minute gain nothing from Java's second compiler, which takes as much of a core as they do.
const env = {
  ...process.env,
  JDK_JAVA_OPTIONS: `-XX:TieredStopAtLevel=1 ${process.env.JDK_JAVA_OPTIONS ?? ""}`,
};

// The signal reaches the whole group; this process only has to wait until what runs has cleaned up.
let isInterrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    isInterrupted = true;
  });
}

/** Steps of one row run side by side: one that waits for a stack leaves a processor to one that computes. */
const rows: readonly (readonly ((output: Output) => Promise<Tally>)[])[] = [
  [(output) => check(output, "Format and lint", "biome", "ci", ".")],
  [
    (output) => check(output, "Types", "tsc", "--noEmit"),
    (output) =>
      check(
        output,
        "Dependency rules",
        "depcruise",
        "--config",
        ".dependency-cruiser.cjs",
        "packages",
        "services",
        "infra",
      ),
    (output) => check(output, "Unused code", "knip"),
    checkCompose,
  ],
  [
    // On each processor, as Vitest would leave one of two idle.
    (output) => runTests(output, "Unit tests", "unit*", `--maxWorkers=${availableParallelism()}`),
    (output) => runTests(output, "Integration tests on the real stack", "integration"),
  ],
  [(output) => runTests(output, "End-to-end tests on the real stack", "e2e")],
];
const tallies: Tally[] = [];
for (const row of rows) {
  const outputs = row.map((_, place) => (place === 0 ? shown : held()));
  tallies.push(...(await Promise.all(row.map((step, place) => step(outputs[place] ?? shown)))));
  for (const output of outputs) output.show();
  if (!isInterrupted) continue;
  // Vitest, interrupted, does not wait until its stack is down.
  await removeAbandonedStacks(reports);
  process.exit(130);
}

const total = tallies.reduce((sum, one) => ({
  passed: sum.passed + one.passed,
  failed: sum.failed + one.failed,
  skipped: sum.skipped + one.skipped,
}));
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

async function check(
  output: Output,
  heading: string,
  command: string,
  ...parameters: readonly string[]
): Promise<Tally> {
  announce(output, heading);
  const isGood = await run(output, command, parameters);
  output.write(isGood ? "good\n" : `${heading}: FAILED\n`);
  return { passed: Number(isGood), failed: Number(!isGood), skipped: 0 };
}

async function checkCompose(output: Output): Promise<Tally> {
  if (spawnSync("docker", ["compose", "version"]).status === 0) {
    return check(output, "Compose file", "docker", "compose", "config", "--quiet");
  }
  announce(output, "Compose file");
  output.write("skipped: there is no docker compose here to read it\n");
  return { passed: 0, failed: 0, skipped: 1 };
}

async function runTests(
  output: Output,
  heading: string,
  project: string,
  ...parameters: readonly string[]
): Promise<Tally> {
  announce(output, heading);
  const report = join(reports, `${project.replace("*", "")}.json`);
  rmSync(report, { force: true });
  const isGood = await run(output, "vitest", [
    "run",
    `--project=${project}`,
    ...parameters,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ]);
  const tally = readReport(report);
  // A file that does not load, or a set-up that fails, has no test to count.
  return isGood || tally.failed > 0 ? tally : { ...tally, failed: 1 };
}

interface Report {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

function readReport(file: string): Tally {
  if (!existsSync(file)) return { passed: 0, failed: 0, skipped: 0 };
  const { testResults } = JSON.parse(readFileSync(file, "utf8")) as Report;
  const tests = testResults.flatMap((result) => result.assertionResults.map((test) => test.status));
  const broken = testResults.filter(
    (result) =>
      result.status === "failed" && !result.assertionResults.some((test) => test.status === "failed"),
  );
  const passed = tests.filter((status) => status === "passed").length;
  const failed = tests.filter((status) => status === "failed").length;
  return { passed, failed: failed + broken.length, skipped: tests.length - passed - failed };
}

function announce(output: Output, heading: string): void {
  output.write(`\n=== ${heading} ===\n`);
}

function run(output: Output, command: string, parameters: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const stdio = output === shown ? ("inherit" as const) : ("pipe" as const);
    const child = spawn(command, parameters, { cwd: root, stdio: ["ignore", stdio, stdio], env });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => output.write(text));
    child.once("error", (error) => {
      output.write(`${error.message}\n`);
      resolve(false);
    });
    child.once("close", (code) => resolve(code === 0));
  });
}
