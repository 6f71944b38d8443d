import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Called with one sentence for each thing that takes a while. */
export type OnProgress = (message: string) => void;

interface Program {
  readonly command: string;
  readonly version: readonly string[];
  /** Debian's package. */
  readonly package: string;
  readonly oldestMajor: number;
}

const programs: readonly Program[] = [
  { command: "java", version: ["-version"], package: "default-jre-headless", oldestMajor: 17 },
  { command: "mvn", version: ["-version"], package: "maven", oldestMajor: 3 },
  { command: "redis-server", version: ["--version"], package: "redis-server", oldestMajor: 7 },
];

/**
 * Makes sure that `commands` can be run, installing packages by apt-get where that is possible.
 * Rejects with the packages' names otherwise.
 */
export async function ensurePrograms(commands: readonly string[], onProgress: OnProgress): Promise<void> {
  const missing = await findMissing(commands);
  if (missing.length === 0) return;
  const packages = missing.map((program) => program.package);
  const canInstall = process.getuid?.() === 0 && (await readVersion("apt-get", ["--version"])) !== undefined;
  if (!canInstall) {
    throw new Error(
      `The local stack needs ${missing.map((program) => program.command).join(", ")}. ` +
        `Please install ${packages.join(", ")} (Debian's names; Java 17, Maven 3 and Redis 7 or newer), or start a Docker engine.`,
    );
  }
  onProgress(`installing ${packages.join(", ")} by apt-get`);
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, maxBuffer: 1 << 26 };
  await run("apt-get", ["update", "-qq"], options);
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], options);
  // The package starts a Redis of the system's own, on the very port that ours is about to take.
  if (packages.includes("redis-server") && existsSync("/run/systemd/system")) {
    await run("systemctl", ["disable", "--now", "redis-server"]).catch(() => undefined);
  }
  const still = await findMissing(commands);
  if (still.length > 0)
    throw new Error(`apt-get did not bring ${still.map((one) => one.command).join(", ")}`);
}

async function findMissing(commands: readonly string[]): Promise<readonly Program[]> {
  const wanted = programs.filter((program) => commands.includes(program.command));
  const found = await Promise.all(wanted.map((program) => readVersion(program.command, program.version)));
  return wanted.filter((program, index) => (found[index] ?? 0) < program.oldestMajor);
}

/** The program's major version: NaN when it does not tell, undefined when it cannot be run. */
async function readVersion(command: string, parameters: readonly string[]): Promise<number | undefined> {
  return run(command, parameters).then(
    // Java answers on standard error.
    ({ stdout, stderr }) => Number(/(?:version|Maven|v=)\W*(\d+)/i.exec(stdout + stderr)?.[1]),
    () => undefined,
  );
}

export interface Installed {
  /** Class path of the Kafka broker. */
  readonly kafkaClassPath: string;
  readonly registryJar: string;
}

export const kafkaVersion = "4.1.0";
export const registryVersion = "3.0.9";
// The version that resolves the registry's archive without its parent, which is not published.
const mavenCopy = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy";
const mavenCopyAll = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

/**
 * Fetches whatever the native stack lacks into `cacheDir`; what is there already is not looked at again.
 * Rejects when a program is missing and cannot be installed, or a download fails.
 */
export async function installStack(
  cacheDir: string,
  kafkaPom: string,
  onProgress: OnProgress,
): Promise<Installed> {
  const kafka = join(cacheDir, `kafka-${kafkaVersion}`);
  const registry = join(cacheDir, `registry-${registryVersion}`);
  const complete = existsSync(kafka) && existsSync(registry);
  await ensurePrograms(complete ? ["java", "redis-server"] : ["java", "mvn", "redis-server"], onProgress);
  await Promise.all([
    fill(kafka, async (folder) => {
      onProgress(`fetching Kafka ${kafkaVersion}`);
      await maven(mavenCopyAll, "-f", kafkaPom, `-DoutputDirectory=${folder}`);
    }),
    fill(registry, async (folder) => {
      onProgress(`fetching the schema registry ${registryVersion}`);
      const artifact = `io.apicurio:apicurio-registry-app:${registryVersion}:tar.gz:all`;
      await maven(mavenCopy, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`);
      for (const archive of readdirSync(folder)) {
        await run("tar", ["-xzf", join(folder, archive), "-C", folder]);
        rmSync(join(folder, archive));
      }
    }),
  ]);
  return {
    kafkaClassPath: join(kafka, "*"),
    registryJar: join(registry, `apicurio-registry-app-${registryVersion}-runner.jar`),
  };
}

// Filled beside its place and renamed, so that an interrupted download is not taken for a complete one.
async function fill(folder: string, download: (folder: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  const partial = `${folder}.${process.pid}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  await download(partial);
  if (existsSync(folder)) rmSync(partial, { recursive: true, force: true });
  else renameSync(partial, folder);
}

async function maven(...parameters: readonly string[]): Promise<void> {
  try {
    await run("mvn", ["-B", "-q", ...parameters], { maxBuffer: 1 << 26, cwd: "/" });
  } catch (error) {
    const output = error instanceof Error && "stdout" in error ? String(error.stdout) : String(error);
    throw new Error(`Maven failed:\n${output.trim().split("\n").slice(0, 8).join("\n")}`);
  }
}
