// Runs under whatever Node started it (20 or newer): installs the dependencies, Node 24 among them, where they are
// missing or out of date, then hands over to the TypeScript sources under that Node 24.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const programs = {
  start: "packages/cli/src/start.ts",
  stop: "packages/cli/src/stop.ts",
  cli: "packages/cli/src/main.ts",
  bench: "test/bench/main.ts",
  chaos: "test/chaos/main.ts",
  calendar: "packages/core/test/calendar-full-range.ts",
  laws: "scripts/laws.ts",
  equal: "scripts/equal.ts",
  mutation: "node_modules/@stryker-mutator/core/bin/stryker.js",
  simulate: "test/simulation/main.ts",
  test: "scripts/test.ts",
};

const [command = "", ...parameters] = process.argv.slice(2);
const program = Object.hasOwn(programs, command) ? programs[command] : undefined;
if (program === undefined) {
  console.error(`Usage: node scripts/bootstrap.mjs ${Object.keys(programs).join("|")} [...]`);
  process.exit(2);
}
ensureDependencies();
handOver(join(root, program), parameters);

function ensureDependencies() {
  const lockFile = join(root, "pnpm-lock.yaml");
  const installedMark = join(root, "node_modules", ".modules.yaml");
  const hashFile = join(root, "node_modules", ".tidemark-lock-hash");
  const hash = createHash("sha256").update(readFileSync(lockFile)).digest("hex");
  if (existsSync(installedMark)) {
    // Without a hash of ours, somebody ran the package manager by hand; it was then as new as its own mark.
    const isCurrent = existsSync(hashFile)
      ? readFileSync(hashFile, "utf8") === hash
      : statSync(installedMark).mtimeMs >= statSync(lockFile).mtimeMs;
    if (isCurrent) return;
  }
  console.error("Installing dependencies");
  const pnpm = `pnpm@${JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager.split("@")[1]}`;
  // npx brings the pinned version itself; without the flag pnpm 12 wants to record that pin in the lock file.
  const result = spawnSync("npx", ["-y", pnpm, "install", "--frozen-lockfile", "--pm-on-fail=ignore"], {
    cwd: root,
    // Standard output is the program's own: `--check` prints one line of JSON there.
    stdio: ["ignore", 2, 2],
    env: { ...process.env, CI: "true" },
  });
  if (result.status !== 0) {
    console.error(`Installing the dependencies failed${result.error ? `: ${result.error.message}` : ""}`);
    process.exit(result.status || 1);
  }
  writeFileSync(hashFile, hash);
}

function handOver(file, parameters) {
  const bin = join(root, "node_modules", ".bin");
  const child = spawn(join(bin, "node"), [file, ...parameters], {
    cwd: root,
    stdio: "inherit",
    env: {
      // Kept for whatever starts from here: of a service's start, a third is reading and compiling its sources.
      NODE_COMPILE_CACHE: join(root, ".tidemark", "compiled"),
      ...process.env,
      PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
    },
    // A group of its own, so that Ctrl-C arrives once: a terminal, npm and this process would each send it.
    detached: true,
  });
  let passedOnAt = Number.NEGATIVE_INFINITY;
  const passOn = (signal) => {
    if (child.pid === undefined || performance.now() - passedOnAt < 1000) return;
    passedOnAt = performance.now();
    process.kill(-child.pid, signal);
  };
  process.on("SIGINT", () => passOn("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => passOn("SIGTERM"));
  child.once("error", (error) => {
    console.error(`Cannot run Node 24 from node_modules: ${error.message}`);
    process.exit(1);
  });
  child.once("exit", (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
  });
}
