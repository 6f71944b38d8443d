// Every check of the repository, one after another; the last line sums them up.
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

const steps: readonly (() => Promise<Tally>)[] = [
  () => check("Format and lint", "biome", "ci", "."),
  () => check("Types", "tsc", "--noEmit"),
  () =>
    check(
      "Dependency rules",
      "depcruise",
      "--config",
      ".dependency-cruiser.cjs",
      "packages",
      "services",
      "infra",
    ),
  () => check("Unused code", "knip"),
  checkCompose,
  // On each processor, as Vitest would leave one of two idle.
  () => runTests("Unit tests", "unit", `--maxWorkers=${availableParallelism()}`),
  () => runTests("Integration tests on the real stack", "integration"),
  () => runTests("End-to-end tests on the real stack", "e2e"),
];
const tallies: Tally[] = [];
for (const step of steps) {
  tallies.push(await step());
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

async function check(heading: string, command: string, ...parameters: readonly string[]): Promise<Tally> {
  announce(heading);
  const isGood = await run(command, parameters);
  console.log(isGood ? "good" : `${heading}: FAILED`);
  return { passed: Number(isGood), failed: Number(!isGood), skipped: 0 };
}

async function checkCompose(): Promise<Tally> {
  if (spawnSync("docker", ["compose", "version"]).status === 0) {
    return check("Compose file", "docker", "compose", "config", "--quiet");
  }
  announce("Compose file");
  console.log("skipped: there is no docker compose here to read it");
  return { passed: 0, failed: 0, skipped: 1 };
}

async function runTests(heading: string, project: string, ...parameters: readonly string[]): Promise<Tally> {
  announce(heading);
  const report = join(reports, `${project}.json`);
  rmSync(report, { force: true });
  const isGood = await run("vitest", [
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

function announce(heading: string): void {
  console.log(`\n=== ${heading} ===`);
}

function run(command: string, parameters: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { cwd: root, stdio: ["ignore", "inherit", "inherit"], env });
    child.once("error", (error) => {
      console.log(error.message);
      resolve(false);
    });
    child.once("exit", (code) => resolve(code === 0));
  });
}
