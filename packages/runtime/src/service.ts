/** A service as a process. */
import process from "node:process";
import { type Logger, pino } from "pino";
import type { Registry } from "prom-client";
import {
  type Config,
  ConfigError,
  describeSettings,
  readConfig,
  type Settings,
  type StackSettings,
} from "./config.ts";
import { createDependencies, type Dependencies } from "./dependencies.ts";
import { createLogOutput } from "./log-output.ts";
import { createMemoryGate } from "./memory-gate.ts";
import { listenForOperations } from "./operations-server.ts";
import { type Clock, systemClock } from "./ports/clock.ts";
import { processMemory } from "./process-memory.ts";
import { createProgress, type Progress } from "./progress.ts";
import { firstRefusal, type Readiness } from "./readiness.ts";
import { logMetrics, memoryMetrics, newRegistry, progressMetrics } from "./service-metrics.ts";
import { createStop, exitCodes } from "./stop.ts";
import { noTracing, type Tracing } from "./tracing.ts";
import { startWatchdog } from "./watchdog.ts";

export type { Logger } from "pino";
export { Counter, Gauge, Histogram, Registry } from "prom-client";

/** What a service is handed when it starts. */
export interface ServiceContext<S extends Settings> {
  readonly config: Config<S>;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly clock: Clock;
  /** Follows the log that the service consumes. */
  readonly progress: Progress;
  readonly dependencies: Dependencies;
  readonly tracing: Tracing;
  /** Everything that keeps the service from being ready, what the service itself says among it. */
  readonly ready: () => Readiness;
}

/** A running service. */
export interface RunningService {
  /** Whether it takes work now; asked by `/ready`. The reason is shown when it does not. */
  ready(): Readiness;
  /** Stops taking work, finishes what is in flight, frees everything. */
  stop(): Promise<void>;
  /** Rejects with what ended the service; never resolves before `stop`. */
  readonly ended: Promise<void>;
}

export interface ServiceDefinition<S extends Settings> {
  readonly name: string;
  /** Includes `stackSettings`. */
  readonly settings: S & StackSettings;
  /** A service with an HTTP interface of its own answers health itself. */
  readonly ownHttp?: boolean;
  /** Faults of the configuration that no setting shows alone. */
  readonly check?: (config: Config<S & StackSettings>) => readonly string[];
  readonly start: (context: ServiceContext<S & StackSettings>) => Promise<RunningService>;
}

const memoryLookMs = 250;

/** Its file descriptor. `process.stdout` is left alone: it would throw what the log forgives. */
const standardOutput = 1;

/**
 * Runs a service as a process: configuration from the environment, log on stdout, `/live`, `/ready` and `/metrics`,
 * a watchdog, graceful stop on SIGTERM and SIGINT. Exits with one of `exitCodes`, or `watchdogExitCode`.
 */
export async function runService<S extends Settings>(definition: ServiceDefinition<S>): Promise<void> {
  if (process.argv.includes("--help")) {
    process.stdout.write(
      `${definition.name}\n\nSettings, from the environment:\n${describeSettings(definition.settings)}\n`,
    );
    return;
  }
  const config = readConfigOrExit(definition);
  const { name } = definition;
  const output = createLogOutput(standardOutput);
  const logger = pino({ name, level: String(config.LOG_LEVEL), base: { service: name } }, output);
  const clock = systemClock;
  const metrics = newRegistry(name);
  const checkMs = Number(config.PROGRESS_CHECK_MS);
  const followed = createProgress(clock, { checkMs, stalledAfterMs: Number(config.STALLED_AFTER_MS) });
  const memory = {
    residentBytes: Number(config.MEMORY_BYTES),
    nearPercent: Number(config.MEMORY_NEAR_PERCENT),
    pauseMs: Number(config.MEMORY_PAUSE_MS),
  };
  const gate = createMemoryGate(clock, memory, processMemory());
  setInterval(gate.look, memoryLookMs).unref();
  const progress: Progress = {
    ...followed,
    follow: (log, options) => gate.guard(followed.follow(log, options)),
  };
  const dependencies = createDependencies(clock, { checkMs, awayAfterMs: Number(config.AWAY_AFTER_MS) });
  const tracing = await openTracing(name, config);
  let running: RunningService | undefined;

  const ready = (): Readiness => {
    if (stop.isStopping()) return { ready: false, reason: "stopping" };
    const own = running?.ready() ?? { ready: false, reason: "starting" };
    return firstRefusal([own, dependencies.ready(), progress.ready()]);
  };
  const stop = createStop({
    timeoutMs: Number(config.STOP_TIMEOUT_MS),
    stopService: async () => {
      progress.stop();
      dependencies.stop();
      await running?.stop();
      await tracing.close();
    },
    inHand: progress.inHand,
    exit: (code) => process.exit(code),
    logger,
  });
  process.on("SIGTERM", () => stop.onSignal("SIGTERM"));
  process.on("SIGINT", () => stop.onSignal("SIGINT"));
  process.on("unhandledRejection", (error) => {
    logger.fatal({ err: error }, "a promise failed and nobody was waiting");
    void stop("unhandled rejection", exitCodes.failed);
  });
  startWatchdog({
    service: name,
    limitMs: Number(config.WATCHDOG_MS),
    onLost: (error) => logger.error({ err: error }, "there is no watchdog any more"),
  });
  progressMetrics(metrics, progress, ready);
  logMetrics(metrics, output);
  memoryMetrics(metrics, memory.residentBytes);

  try {
    if (!definition.ownHttp) {
      const server = await listenForOperations(
        { metrics, ready },
        Number(config.HTTP_PORT),
        String(config.HTTP_HOST),
      );
      const address = server.address();
      logger.info({ port: typeof address === "object" ? address?.port : config.HTTP_PORT }, "listening");
    }
    running = await definition.start({
      config,
      logger,
      metrics,
      clock,
      progress,
      dependencies,
      tracing,
      ready,
    });
    logger.info("started");
    await running.ended;
  } catch (error) {
    if (stop.isStopping()) return;
    exitIfConfiguration(error);
    logger.fatal({ err: error }, "the service ended");
    await stop("ended by itself", exitCodes.failed);
  }
}

function readConfigOrExit<S extends Settings>(definition: ServiceDefinition<S>): Config<S & StackSettings> {
  try {
    return readConfig(definition.settings, process.env, (config) => [
      ...endpointFaults(String(config.OTEL_EXPORTER_OTLP_ENDPOINT)),
      ...(definition.check?.(config) ?? []),
    ]);
  } catch (error) {
    exitIfConfiguration(error);
    throw error;
  }
}

function endpointFaults(endpoint: string): readonly string[] {
  if (endpoint === "" || /^https?:$/.test(URL.parse(endpoint)?.protocol ?? "")) return [];
  return [
    `OTEL_EXPORTER_OTLP_ENDPOINT is "${endpoint}"; expected an address that begins with http:// or https://`,
  ];
}

/** OpenTelemetry is loaded only where traces go somewhere. */
async function openTracing(service: string, config: Config<StackSettings>): Promise<Tracing> {
  const endpoint = String(config.OTEL_EXPORTER_OTLP_ENDPOINT);
  if (endpoint === "") return noTracing;
  const { otlpTracing } = await import("./otlp-tracing.ts");
  return otlpTracing({
    service,
    endpoint,
    tracesPer10000: Number(config.TRACES_PER_10000),
    maxQueued: Number(config.TRACES_QUEUED),
    random: Math.random,
  });
}

/** A service may find faults in a setting that has a form of its own. */
function exitIfConfiguration(error: unknown): void {
  if (!(error instanceof ConfigError)) return;
  process.stderr.write(`${error.message}\n`);
  process.exit(exitCodes.configuration);
}
