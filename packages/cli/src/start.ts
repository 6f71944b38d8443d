/** `npm start`: see `start/arguments.ts` for what it can be asked, `start/run-start.ts` for what it does. */
import process from "node:process";
import { ConfigError, readConfig, systemClock } from "@tidemark/runtime";
import { OrdersFileError } from "./orders-file/orders-file.ts";
import { showProgress } from "./progress/progress.ts";
import { openHome } from "./run/home.ts";
import { startSettings } from "./run/settings.ts";
import { listenForStop, StopRequested } from "./run/stop-request.ts";
import { readStartArguments, usage } from "./start/arguments.ts";
import { runStart } from "./start/run-start.ts";

process.exit(await main());

/** Exits 0 when all went well, 1 on a fault, 2 where the command line or a setting is wrong, 130 when interrupted. */
async function main(): Promise<number> {
  // npm runs scripts at the root; paths are meant from where the person is.
  const given = readStartArguments(process.argv.slice(2), process.env.INIT_CWD ?? process.cwd());
  if ("help" in given) {
    process.stdout.write(usage);
    return 0;
  }
  if ("faults" in given) {
    process.stderr.write(`${given.faults.join("\n")}\n\nnpm start -- --help says what there is.\n`);
    return 2;
  }
  const progress = showProgress(process.stderr, systemClock.now);
  try {
    const config = readConfig(startSettings, process.env);
    return await runStart(
      {
        config,
        home: openHome(config.TIDEMARK_HOME),
        clock: systemClock,
        progress,
        stop: listenForStop(),
        print: (text) => process.stdout.write(text),
        width: process.stdout.columns ?? 100,
      },
      given.options,
    );
  } catch (error) {
    if (error instanceof StopRequested) return 130;
    progress.say(error instanceof Error ? error.message : String(error));
    return error instanceof ConfigError || error instanceof OrdersFileError ? 2 : 1;
  }
}
