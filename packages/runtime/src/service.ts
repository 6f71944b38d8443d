import { createServer, type Server } from "node:http";
import process from "node:process";
import { type Logger, pino } from "pino";
import { collectDefaultMetrics, Registry } from "prom-client";
import {
  type Config,
  ConfigError,
  describeSettings,
  readConfig,
  type Settings,
  type stackSettings,
} from "./config.ts";
import { type Clock, systemClock } from "./ports/clock.ts";

export type { Logger } from "pino";
export { Counter, Gauge, Histogram, Registry } from "prom-client";

/** What a service is handed when it starts. */
export interface ServiceContext<S extends Settings> {
  readonly config: Config<S>;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly clock: Clock;
}

/** A running service. */
export interface RunningService {
  /** Whether it takes work now; asked by `/ready`. The reason is shown when it does not. */
  ready(): { readonly ready: boolean; readonly reason?: string };
  /** Stops taking work, finishes what is in flight, frees everything. */
  stop(): Promise<void>;
  /** Rejects with what ended the service; never resolves before `stop`. */
  readonly ended: Promise<void>;
}

export interface ServiceDefinition<S extends Settings> {
  readonly name: string;
  /** Includes `stackSettings`. */
  readonly settings: S & typeof stackSettings;
  /** A service with an HTTP interface of its own answers health itself. */
  readonly ownHttp?: boolean;
  readonly start: (context: ServiceContext<S & typeof stackSettings>) => Promise<RunningService>;
}

/** A stop that has not finished by then ends the process all the same. */
const stopTimeoutMs = 10_000;

/**
 * Runs a service as a process: configuration from the environment, log on stdout, `/health`, `/ready` and
 * `/metrics`, graceful stop on SIGTERM and SIGINT. Exits 0 after a stop, 1 with the reason when the service
 * ends by itself, 2 when its configuration is wrong.
 */
export async function runService<S extends Settings>(definition: ServiceDefinition<S>): Promise<void> {
  if (process.argv.includes("--help")) {
    process.stdout.write(
      `${definition.name}\n\nSettings, from the environment:\n${describeSettings(definition.settings)}\n`,
    );
    return;
  }
  let config: Config<S & typeof stackSettings>;
  try {
    config = readConfig(definition.settings, process.env);
  } catch (error) {
    exitIfConfiguration(error);
    throw error;
  }
  const logger = pino({
    name: definition.name,
    level: String(config.LOG_LEVEL),
    base: { service: definition.name },
  });
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });

  let running: RunningService | undefined;
  let stopping = false;
  const stop = async (reason: string, exitCode: number): Promise<void> => {
    if (stopping) return;
    stopping = true;
    logger.info({ reason }, "stopping");
    const timer = setTimeout(() => {
      logger.error("the stop did not finish in time");
      process.exit(1);
    }, stopTimeoutMs);
    timer.unref();
    try {
      await running?.stop();
    } catch (error) {
      logger.error({ err: error }, "the stop failed");
    }
    process.exit(exitCode);
  };
  process.on("SIGTERM", () => void stop("SIGTERM", 0));
  process.on("SIGINT", () => void stop("SIGINT", 0));
  process.on("unhandledRejection", (error) => {
    logger.fatal({ err: error }, "a promise failed and nobody was waiting");
    void stop("unhandled rejection", 1);
  });

  if (!definition.ownHttp)
    await listen(Number(config.HTTP_PORT), String(config.HTTP_HOST), metrics, () => running, logger);
  try {
    running = await definition.start({ config, logger, metrics, clock: systemClock });
    logger.info("started");
    await running.ended;
  } catch (error) {
    if (stopping) return;
    exitIfConfiguration(error);
    logger.fatal({ err: error }, "the service ended");
    await stop("ended by itself", 1);
  }
}

/** A service may find faults in a setting that has a form of its own. */
function exitIfConfiguration(error: unknown): void {
  if (!(error instanceof ConfigError)) return;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}

function listen(
  port: number,
  host: string,
  metrics: Registry,
  running: () => RunningService | undefined,
  logger: Logger,
): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url?.split("?")[0];
    if (path === "/health") {
      response.end("ok\n");
    } else if (path === "/ready") {
      const state = running()?.ready() ?? { ready: false, reason: "starting" };
      response.statusCode = state.ready ? 200 : 503;
      response.end(`${state.ready ? "ready" : (state.reason ?? "not ready")}\n`);
    } else if (path === "/metrics") {
      metrics.metrics().then(
        (text) => response.setHeader("content-type", metrics.contentType).end(text),
        () => response.writeHead(500).end(),
      );
    } else {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const address = server.address();
      logger.info({ port: typeof address === "object" ? address?.port : port }, "listening");
      resolve(server);
    });
  });
}
