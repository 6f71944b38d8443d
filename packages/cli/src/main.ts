/** `npm run -s tidemark -- COMMAND`: what people ask of a running product. Each command loads what it needs itself. */
import { resolve } from "node:path";
import process from "node:process";
import {
  type Config,
  ConfigError,
  describeSettings,
  type Log,
  readConfig,
  systemClock,
} from "@tidemark/runtime";
import { backtestDetails, backtestOptions } from "./backtest/options.ts";
import { mainSettings } from "./command-line/main-settings.ts";
import { nearestName } from "./command-line/nearest.ts";
import { describeOptions, type Options, readOptions } from "./command-line/options.ts";
import { ApplyError, applyFiles } from "./commands/apply.ts";
import { describeCustomerPage, findCustomer } from "./commands/customer.ts";
import { previewOptions } from "./commands/preview-options.ts";
import type { Rebuilt } from "./commands/rebuild.ts";
import { report, reportOptions } from "./commands/report.ts";
import { sqlOptions } from "./commands/sql-options.ts";
import { homeAt, readAddresses } from "./run/home.ts";

type Settings = Config<typeof mainSettings>;

interface Command {
  /** How it is called, behind its name. */
  readonly synopsis: string;
  readonly about: string;
  readonly options?: Options;
  /** What else `--help` says, in place of the settings where it needs none. */
  readonly details?: string;
  /** How many words it takes. */
  readonly words: { readonly min: number; readonly max: number };
  run(settings: Settings, words: readonly string[], values: Readonly<Record<string, unknown>>): Promise<void>;
}

/** The command line is wrong; `message` says how. */
class UsageError extends Error {}

const none = { min: 0, max: 0 };

const commands: Readonly<Record<string, Command>> = {
  prepare: {
    synopsis: "",
    about: "Registers the schemas and creates the topics and the database; what is there stays.",
    words: none,
    async run(settings) {
      const { prepare } = await import("./commands/prepare.ts");
      await withLog(settings, async (log) => {
        await prepare(log, {
          registryUrl: settings.SCHEMA_REGISTRY_URL,
          clickhouse: {
            url: settings.CLICKHOUSE_URL,
            database: settings.CLICKHOUSE_DATABASE,
            username: settings.CLICKHOUSE_USER,
            password: settings.CLICKHOUSE_PASSWORD,
          },
          partitions: settings.CUSTOMER_EVENTS_PARTITIONS,
          replicas: settings.TOPIC_REPLICAS,
        });
        print("Schemas, topics and the database are there\n");
      });
    },
  },
  apply: {
    synopsis: "FILE...",
    about: "Writes definitions from YAML or JSON files, all of them or, where one is wrong, none.",
    words: { min: 1, max: Number.POSITIVE_INFINITY },
    async run(settings, files) {
      const folder = process.env.INIT_CWD ?? process.cwd();
      const applied = await applyFiles(
        settings.TIDEMARK_API,
        files.map((file) => resolve(folder, file)),
      );
      for (const { kind, id, change, status, note } of applied)
        print(`${kind}/${id}: ${change}${status === "active" ? "" : `, ${status}: ${note}`}\n`);
    },
  },
  definitions: {
    synopsis: "[--json]",
    about: "Shows the definitions: which are in force, and how far those are that are filled from history.",
    options: { json: { type: "flag", about: "as the HTTP interface answers" } },
    words: none,
    async run(settings, _, { json }) {
      const { describeDefinitions, listDefinitions } = await import("./commands/definitions.ts");
      const definitions = await listDefinitions(settings.TIDEMARK_API);
      print(json ? `${JSON.stringify(definitions, null, 2)}\n` : describeDefinitions(definitions));
    },
  },
  backtest: {
    synopsis: "--definitions PATH --orders FILE --map MAP --as-of INSTANT [...]",
    about: "Runs definitions on files of orders and other events, with no server.",
    options: backtestOptions,
    details: backtestDetails,
    words: none,
    async run(_, __, values) {
      const { backtest } = await import("./commands/backtest.ts");
      const answer = await backtest(values, process.env.INIT_CWD ?? process.cwd());
      if ("faults" in answer) throw new UsageError(answer.faults.join("\n"));
      print(answer.text);
    },
  },
  customer: {
    synopsis: "ID [--json]",
    about: "Shows a customer: attributes, metrics, memberships and when each of them would end.",
    options: { json: { type: "flag", about: "as the HTTP interface answers" } },
    words: { min: 1, max: 1 },
    async run(settings, [id = ""], { json }) {
      const page = await findCustomer(settings.TIDEMARK_API, id);
      print(json ? `${JSON.stringify(page, null, 2)}\n` : describeCustomerPage(page));
    },
  },
  "dead-letters": {
    synopsis: "list [--limit N]",
    about: "Shows the newest events that could not be taken in: where from, why, and what they said.",
    options: { limit: { type: "text", value: "N", about: "how many at most (20)" } },
    words: { min: 1, max: 1 },
    async run(settings, [word], { limit = "20" }) {
      if (word !== "list") throw new UsageError(`dead-letters knows "list", not "${word}"`);
      const count = Number(limit);
      if (!Number.isInteger(count) || count < 1 || count > 10_000)
        throw new UsageError(`--limit is "${limit}"; expected a whole number from 1 to 10000`);
      const { listDeadLetters } = await import("./commands/dead-letters.ts");
      await withLog(settings, async (log) => {
        const letters = await listDeadLetters(log, count);
        print(letters.length === 0 ? "There are no dead letters\n" : `${letters.join("\n")}\n`);
      });
    },
  },
  reconcile: {
    synopsis: "[--repair] [--json]",
    about:
      "Compares what is published of everybody with SQL over the archive; exits 1 where they differ. The last line is JSON.",
    options: {
      repair: { type: "flag", about: "folds the partitions of those who differ again, and compares again" },
      json: { type: "flag", about: "a line of JSON for each difference, with its evidence" },
    },
    words: none,
    async run(settings, _, { repair: isRepaired, json }) {
      const { describeReconcile, reconcile, repair } = await import("./commands/reconcile.ts");
      const look = () => reconcile(settings.TIDEMARK_API, (ms) => systemClock.sleep(ms));
      let audit = await look();
      if (isRepaired === true && audit.differences > 0) {
        const say = (message: string): void => console.error(message);
        for (const { kind, subject, definition } of audit.found) say(`${kind} ${subject}: ${definition}`);
        await withRebuild(settings, say, async (rebuild) => {
          audit = await repair(audit, look, async (partition) => {
            say(`Partition ${partition} is folded again`);
            await rebuild(partition);
          });
        });
      }
      print(describeReconcile(audit, json === true));
      if (audit.differences > 0) throw new Error(`${audit.differences} subjects differ`);
    },
  },
  rebuild: {
    synopsis: "[--partition N]",
    about:
      "Makes the customers' state in Redis anew, from Kafka and the archive; what is published is not published again.",
    options: { partition: { type: "text", value: "N", about: "only this partition (all)" } },
    words: none,
    async run(settings, _, { partition }) {
      const only = partition === undefined ? undefined : Number(partition);
      if (only !== undefined && (!Number.isInteger(only) || only < 0))
        throw new UsageError(`--partition is "${partition}"; expected a whole number from 0`);
      const say = (message: string): void => print(`${message}\n`);
      await withRebuild(settings, say, async (rebuild) => {
        const { partitions, records, changes } = await rebuild(only);
        say(`Rebuilt ${partitions} partitions from ${records} records; ${changes} changes stand`);
      });
    },
  },
  sql: {
    synopsis: "[DEFINITION...] [--as-of INSTANT] [--definitions PATH] [...]",
    about: "Prints definitions as SQL over the archive, to be pasted into any client of ClickHouse.",
    options: sqlOptions,
    words: { min: 0, max: Number.POSITIVE_INFINITY },
    async run(settings, names, values) {
      const { sqlOf } = await import("./commands/sql.ts");
      const answer = await sqlOf(names, values, {
        apiUrl: settings.TIDEMARK_API,
        folder: process.env.INIT_CWD ?? process.cwd(),
        workspaceZone: settings.WORKSPACE_ZONE,
        now: systemClock.now(),
      });
      if ("faults" in answer) throw new UsageError(answer.faults.join("\n"));
      print(answer.text);
    },
  },
  cuts: {
    synopsis: "[--compute] [--json]",
    about:
      "Shows the cut points of the population, how old they are, and which are missing; --compute works them out first.",
    options: {
      compute: { type: "flag", about: "work them out from the archive and put them in force" },
      json: { type: "flag", about: "as the HTTP interface answers" },
    },
    words: none,
    async run(settings, _, { compute, json }) {
      const { computeCuts, describeCuts, readCuts } = await import("./commands/cuts.ts");
      if (compute) print(`${await computeCuts(settings.TIDEMARK_API)}\n`);
      const cuts = await readCuts(settings.TIDEMARK_API);
      print(`${json ? JSON.stringify(cuts, null, 2) : describeCuts(cuts)}\n`);
    },
  },
  preview: {
    synopsis: "FILE|DEFINITION [--as-of INSTANT] [--exact] [--sample N] [--members N] [--json]",
    about:
      "Says how many a definition would have before it is written, who would enter and leave, and what it shares with others.",
    options: previewOptions,
    words: { min: 1, max: 1 },
    async run(settings, [word = ""], values) {
      const { describePreview, preview } = await import("./commands/preview.ts");
      const { TIDEMARK_API: apiUrl, WORKSPACE_ZONE: workspaceZone } = settings;
      const folder = process.env.INIT_CWD ?? process.cwd();
      const answer = await preview({ apiUrl, folder, workspaceZone }, word, values);
      print(values.json ? `${JSON.stringify(answer, null, 2)}\n` : `${describePreview(answer)}\n`);
    },
  },
  report: {
    synopsis: "[NAME] [--definition ID] [--from DAY] [--to DAY] [...] [--json|--csv|--svg]",
    about: "Shows a report with a chart; without a name, which there are and what each takes.",
    options: reportOptions,
    words: { min: 0, max: 1 },
    async run(settings, [name], values) {
      if ([values.json, values.csv, values.svg].filter(Boolean).length > 1)
        throw new UsageError("--json, --csv and --svg exclude each other");
      print(await report(settings.TIDEMARK_API, name, values));
    },
  },
  "receive-webhooks": {
    synopsis: "",
    about: "Receives webhooks on HTTP_HOST and HTTP_PORT, checks their signatures and shows them.",
    words: none,
    async run(settings) {
      if (settings.WEBHOOK_SECRET === "")
        throw new UsageError("WEBHOOK_SECRET is empty; expected what signs the webhooks");
      const { receiveWebhooks } = await import("./commands/receive-webhooks.ts");
      const server = await receiveWebhooks({
        host: settings.HTTP_HOST,
        port: settings.HTTP_PORT,
        secret: settings.WEBHOOK_SECRET,
        now: Date.now,
        onReceived: (id, body) => print(`${new Date().toISOString()} ${id} ${body}\n`),
      });
      print(`Webhooks are received at ${JSON.stringify(server.address())}\n`);
      await new Promise<void>((stopped) => {
        for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped());
      });
      server.closeAllConnections();
      server.close();
    },
  },
};

process.exitCode = await main(process.argv.slice(2));

/** Exits 0 when it was done, 1 when it could not be, 2 where the command line or a setting is wrong. */
async function main(given: readonly string[]): Promise<number> {
  const [name = "", ...rest] = given;
  if (name === "" || name === "--help") {
    print(usage());
    return name === "" ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    const nearest = nearestName(name, Object.keys(commands));
    fail(`"${name}" is no command${nearest === undefined ? "" : `; is ${nearest} meant?`}\n\n${usage()}`);
    return 2;
  }
  if (rest.includes("--help")) {
    print(usageOf(name, command));
    return 0;
  }
  try {
    const { values, positionals, faults } = readOptions(command.options ?? {}, rest);
    if (positionals.length < command.words.min || positionals.length > command.words.max)
      throw new UsageError([...faults, `expected: ${callOf(name, command)}`].join("\n"));
    if (faults.length > 0) throw new UsageError(faults.join("\n"));
    await command.run(settings(), positionals, values);
    return 0;
  } catch (error) {
    fail(messageOf(error));
    return error instanceof UsageError || error instanceof ConfigError ? 2 : 1;
  }
}

/** The environment first, then what `npm start` runs now, then the defaults. */
function settings(): Settings {
  const { TIDEMARK_HOME } = readConfig({ TIDEMARK_HOME: mainSettings.TIDEMARK_HOME }, process.env);
  return readConfig(mainSettings, { ...readAddresses(homeAt(TIDEMARK_HOME)), ...process.env });
}

async function withLog(settings: Settings, work: (log: Log) => Promise<void>): Promise<void> {
  const [{ createLog }, { pino }] = await Promise.all([import("@tidemark/kafka"), import("pino")]);
  const log = await createLog({
    client: settings.KAFKA_CLIENT === "kafkajs" ? "kafkajs" : "platformatic",
    brokers: settings.KAFKA_BROKERS.split(","),
    clientId: "tidemark-cli",
    // What goes wrong is thrown; people do not want the client's own account of it.
    logger: pino({ level: "silent" }),
  });
  try {
    await work(log);
  } finally {
    await log.close();
  }
}

/** Hands on what folds one partition again, or all. */
async function withRebuild(
  settings: Settings,
  say: (message: string) => void,
  work: (rebuild: (partition: number | undefined) => Promise<Rebuilt>) => Promise<void>,
): Promise<void> {
  const [{ rebuild }, { createRedisStateStore }, { createCodec }] = await Promise.all([
    import("./commands/rebuild.ts"),
    import("@tidemark/redis"),
    import("@tidemark/contracts"),
  ]);
  const store = await createRedisStateStore({ url: settings.REDIS_URL });
  try {
    await withLog(settings, async (log) => {
      const codec = await createCodec({ url: settings.SCHEMA_REGISTRY_URL });
      const ports = { log, store, codec, clock: systemClock, say };
      await work((partition) => rebuild(ports, partition));
    });
  } finally {
    await store.close();
  }
}

function usage(): string {
  const list = Object.entries(commands).map(
    ([name, command]) => `  ${callOf(name, command)}\n      ${command.about}\n`,
  );
  return `Usage: npm run -s tidemark -- COMMAND\n\n${list.join("")}\nEach takes --help.\n`;
}

function usageOf(name: string, command: Command): string {
  const options = command.options === undefined ? "" : `\n${describeOptions(command.options)}\n`;
  const details = command.details ?? `Settings, from the environment:\n${describeSettings(mainSettings)}`;
  return `Usage: npm run -s tidemark -- ${callOf(name, command)}\n\n${command.about}\n${options}\n${details}\n`;
}

function callOf(name: string, { synopsis }: Command): string {
  return `${name} ${synopsis}`.trim();
}

/** A connection that was refused hides its reason one level down. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ApplyError) return `Nothing was written:\n${error.message}`;
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function print(text: string): void {
  process.stdout.write(text);
}

function fail(text: string): void {
  process.stderr.write(`${text.trimEnd()}\n`);
}
