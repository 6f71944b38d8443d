/** Settings are declared once, each with a default, a bound and a sentence, and read from the environment at start. */

interface SettingBase {
  /** One sentence for `--help`. */
  readonly about: string;
  /** Never printed: not in logs, not in errors. */
  readonly secret?: boolean;
}

export type Setting =
  | (SettingBase & { readonly type: "text"; readonly default: string; readonly oneOf?: readonly string[] })
  | (SettingBase & {
      readonly type: "integer";
      /** What is counted: `ms`, `bytes`, `records`; null for a plain number such as a port. */
      readonly unit: string | null;
      readonly default: number;
      readonly min: number;
      readonly max: number;
    });

export type Settings = Readonly<Record<string, Setting>>;

export type Config<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends { readonly type: "integer" } ? number : string;
};

/** Every fault of a configuration at once. */
export class ConfigError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`The configuration is wrong:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    this.name = "ConfigError";
    this.faults = faults;
  }
}

/**
 * Reads settings from an environment; an absent or empty variable takes its default.
 * Throws `ConfigError` naming every variable that is wrong, what was found and what was expected. `check` answers what
 * no variable shows alone; it is asked with those that are wrong at their defaults.
 */
export function readConfig<S extends Settings>(
  settings: S,
  environment: Readonly<Record<string, string | undefined>>,
  check: (config: Config<S>) => readonly string[] = () => [],
): Config<S> {
  const faults: string[] = [];
  const values: Record<string, string | number> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const given = environment[name];
    const found = setting.secret ? "a value" : `"${given}"`;
    if (given === undefined || given === "") {
      values[name] = setting.default;
    } else if (setting.type === "integer") {
      const value = Number(given);
      if (!Number.isInteger(value) || value < setting.min || value > setting.max) {
        faults.push(`${name} is ${found}; expected a whole number from ${setting.min} to ${setting.max}`);
        values[name] = setting.default;
      } else values[name] = value;
    } else {
      if (setting.oneOf && !setting.oneOf.includes(given)) {
        faults.push(`${name} is ${found}; expected one of ${setting.oneOf.join(", ")}`);
      }
      values[name] = given;
    }
  }
  faults.push(...check(values as Config<S>));
  if (faults.length > 0) throw new ConfigError(faults);
  return values as Config<S>;
}

/** The text that `--help` prints: name, default, bounds and sentence of every setting. */
export function describeSettings(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, setting]) => {
      const bounds =
        setting.type === "integer"
          ? ` (${setting.min} to ${setting.max}${setting.unit === null ? "" : ` ${setting.unit}`})`
          : setting.oneOf
            ? ` (${setting.oneOf.join(" | ")})`
            : "";
      return `  ${name}=${setting.default}${bounds}\n      ${setting.about}`;
    })
    .join("\n");
}

/** What every service needs to know: where the parts of the stack are. */
export const stackSettings = {
  KAFKA_BROKERS: {
    type: "text",
    default: "127.0.0.1:9092",
    about: "Kafka brokers, host:port, separated by commas.",
  },
  KAFKA_CLIENT: {
    type: "text",
    default: "platformatic",
    oneOf: ["platformatic", "kafkajs"],
    about: "Which Kafka client carries the log.",
  },
  KAFKA_LANE_BYTES: {
    type: "integer",
    unit: "bytes",
    default: 262_144,
    min: 1_024,
    max: 67_108_864,
    about:
      "Bytes of one partition that wait to be handed over; a partition that holds as many is fetched no further.",
  },
  KAFKA_FETCH_BYTES: {
    type: "integer",
    unit: "bytes",
    default: 1_048_576,
    min: 65_536,
    max: 67_108_864,
    about: "Bytes that a broker answers at a time, over all partitions.",
  },
  KAFKA_PARTITION_FETCH_BYTES: {
    type: "integer",
    unit: "bytes",
    default: 131_072,
    min: 4_096,
    max: 67_108_864,
    about: "Bytes of one partition in that; a single larger batch comes all the same.",
  },
  KAFKA_REQUEST_BYTES: {
    type: "integer",
    unit: "bytes",
    default: 1_048_576,
    min: 65_536,
    max: 67_108_864,
    about: "Bytes of records in one request to append; a single larger append goes all the same.",
  },
  KAFKA_REQUESTS: {
    type: "integer",
    unit: "requests",
    default: 4,
    min: 1,
    max: 64,
    about: "Requests to append to one topic that are under way at a time.",
  },
  KAFKA_APPEND_TIMEOUT_MS: {
    type: "integer",
    unit: "ms",
    default: 30_000,
    min: 1_000,
    max: 600_000,
    about:
      "How long an append waits for its acknowledgement; then nobody knows, and whoever asked for it finds out.",
  },
  KAFKA_CONNECT_TIMEOUT_MS: {
    type: "integer",
    unit: "ms",
    default: 5_000,
    min: 100,
    max: 60_000,
    about: "How long a broker may take to accept a connection.",
  },
  KAFKA_REQUEST_TIMEOUT_MS: {
    type: "integer",
    unit: "ms",
    default: 10_000,
    min: 1_000,
    max: 300_000,
    about: "How long a broker may take to answer.",
  },
  KAFKA_RETRY_FIRST_MS: {
    type: "integer",
    unit: "ms",
    default: 50,
    min: 1,
    max: 60_000,
    about:
      "How long reading from Kafka waits after a failure, twice as long each further time; and between tries to commit while a group divides its partitions.",
  },
  KAFKA_RETRY_MOST_MS: {
    type: "integer",
    unit: "ms",
    default: 2_000,
    min: 1,
    max: 600_000,
    about: "How long reading waits at most.",
  },
  KAFKA_APPEND_RETRY_MS: {
    type: "integer",
    unit: "ms",
    default: 100,
    min: 1,
    max: 60_000,
    about: "How long an append that failed waits before it is tried again.",
  },
  KAFKA_REJOIN_FIRST_MS: {
    type: "integer",
    unit: "ms",
    default: 100,
    min: 1,
    max: 60_000,
    about:
      "How long a member that lost its group waits before it joins anew; twice as long each further time it fails.",
  },
  KAFKA_REJOIN_MOST_MS: {
    type: "integer",
    unit: "ms",
    default: 5_000,
    min: 1,
    max: 600_000,
    about: "How long it waits at most.",
  },
  REDIS_URL: {
    type: "text",
    default: "redis://127.0.0.1:6379",
    secret: true,
    about:
      "Redis, where customers' state is kept: redis://host:port, or redis+cluster://host:port,host:port for some servers of a Redis Cluster; rediss for TLS, user:password@ before the hosts.",
  },
  REDIS_CONNECT_TIMEOUT_MS: {
    type: "integer",
    unit: "ms",
    default: 1_000,
    min: 100,
    max: 60_000,
    about: "How long a server of a Redis Cluster may take to accept a connection; then the others are asked.",
  },
  REDIS_ANSWER_TIMEOUT_MS: {
    type: "integer",
    unit: "ms",
    default: 10_000,
    min: 1_000,
    max: 300_000,
    about:
      "How long a server of a Redis Cluster may take to answer; then its partitions are taken over again. A single Redis is waited for.",
  },
  CLICKHOUSE_URL: {
    type: "text",
    default: "http://127.0.0.1:8123",
    secret: true,
    about: "ClickHouse's HTTP interface.",
  },
  CLICKHOUSE_DATABASE: {
    type: "text",
    default: "tidemark",
    about: "The ClickHouse database that holds the tables.",
  },
  CLICKHOUSE_TIMEOUT_MS: {
    type: "integer",
    unit: "ms",
    default: 60_000,
    min: 1_000,
    max: 3_600_000,
    about: "How long ClickHouse may take to answer; then whoever asked tries again or says so.",
  },
  SCHEMA_REGISTRY_URL: {
    type: "text",
    default: "http://127.0.0.1:8081/apis/ccompat/v7",
    secret: true,
    about: "A Confluent-compatible schema registry.",
  },
  SCHEMA_REGISTRY_TIMEOUT_MS: {
    type: "integer",
    unit: "ms",
    default: 10_000,
    min: 100,
    max: 300_000,
    about: "How long the schema registry may take to answer for a schema; then the record is tried again.",
  },
  RETRY_FIRST_MS: {
    type: "integer",
    unit: "ms",
    default: 100,
    min: 1,
    max: 60_000,
    about: "How long a step that failed waits before it is tried again; twice as long each further time.",
  },
  RETRY_MOST_MS: {
    type: "integer",
    unit: "ms",
    default: 5_000,
    min: 1,
    max: 600_000,
    about: "How long it waits at most.",
  },
  WORKSPACE_ZONE: {
    type: "text",
    default: "UTC",
    about: "IANA zone that decides days, weeks and months unless a definition names another.",
  },
  CUSTOMER_EVENTS_PARTITIONS: {
    type: "integer",
    unit: "partitions",
    default: 32,
    min: 1,
    max: 4096,
    about: "Partitions of customer-events and segment-changes; fixed once they exist.",
  },
  HTTP_HOST: {
    type: "text",
    default: "127.0.0.1",
    about: "Address that health, readiness and metrics listen on.",
  },
  HTTP_PORT: {
    type: "integer",
    unit: null,
    default: 0,
    min: 0,
    max: 65535,
    about: "Port of health, readiness and metrics; 0 takes a free one.",
  },
  LOG_LEVEL: {
    type: "text",
    default: "info",
    oneOf: ["trace", "debug", "info", "warn", "error", "fatal", "silent"],
    about: "How much is logged.",
  },
  STOP_TIMEOUT_MS: {
    type: "integer",
    unit: "ms",
    default: 10_000,
    min: 1_000,
    max: 300_000,
    about: "How long a stop may take; then the process exits with code 3 and names what was still under way.",
  },
  WATCHDOG_MS: {
    type: "integer",
    unit: "ms",
    default: 20_000,
    min: 1_000,
    max: 600_000,
    about:
      "How long the event loop may stand still; then the process is ended with code 70 and says where it stood.",
  },
  PROGRESS_CHECK_MS: {
    type: "integer",
    unit: "ms",
    default: 5_000,
    min: 100,
    max: 60_000,
    about: "How often the ends of topics and what the service rests on are asked for.",
  },
  STALLED_AFTER_MS: {
    type: "integer",
    unit: "ms",
    default: 60_000,
    min: 1_000,
    max: 3_600_000,
    about: "How long records of a partition may wait while none is done; then /ready says no.",
  },
  AWAY_AFTER_MS: {
    type: "integer",
    unit: "ms",
    default: 15_000,
    min: 1_000,
    max: 600_000,
    about: "How long a part of the stack may leave questions unanswered; then /ready says no.",
  },
  MEMORY_BYTES: {
    type: "integer",
    unit: "bytes",
    default: 536_870_912,
    min: 67_108_864,
    max: 68_719_476_736,
    about:
      "Resident memory that the process stays below: near it, what nobody needs any more is given back; where it is passed, batches are taken one behind the other.",
  },
  MEMORY_NEAR_PERCENT: {
    type: "integer",
    unit: "percent",
    default: 97,
    min: 50,
    max: 100,
    about:
      "Beyond this share of MEMORY_BYTES what nobody needs any more is given back, and collected sooner from then on, which costs processor time.",
  },
  MEMORY_PAUSE_MS: {
    type: "integer",
    unit: "ms",
    default: 1_000,
    min: 10,
    max: 60_000,
    about: "How long a batch waits for memory at most; then it is taken all the same.",
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    type: "text",
    default: "",
    about: "Where traces go, OTLP over HTTP, such as http://127.0.0.1:4318; empty for none.",
  },
  TRACES_PER_10000: {
    type: "integer",
    unit: "traces",
    default: 100,
    min: 0,
    max: 10_000,
    about:
      "How many of 10,000 records that carry no trace begin one; a record that carries one decides itself.",
  },
  TRACES_QUEUED: {
    type: "integer",
    unit: "spans",
    default: 2_048,
    min: 512,
    max: 65_536,
    about: "Spans that wait to be sent; further ones are dropped.",
  },
} as const satisfies Settings;

/** The settings of the stack; a service may have defaults of its own. */
export type StackSettings = {
  readonly [Name in keyof typeof stackSettings]: Extract<
    Setting,
    { readonly type: (typeof stackSettings)[Name]["type"] }
  >;
};
