import { type Settings, stackSettings } from "@tidemark/runtime";

export const settings = {
  ...stackSettings,
  CLICKHOUSE_USER: {
    type: "text",
    default: "default",
    about: "User of ClickHouse that creates the tables and writes them.",
  },
  CLICKHOUSE_PASSWORD: {
    type: "text",
    default: "",
    secret: true,
    about: "That user's password.",
  },
  WAREHOUSE_FLUSH_MS: {
    type: "integer",
    unit: "ms",
    default: 500,
    min: 10,
    max: 60_000,
    about: "How long a record waits for others before its block is cut.",
  },
  WAREHOUSE_BLOCK_RECORDS: {
    type: "integer",
    unit: "records",
    default: 10_000,
    min: 1,
    max: 500_000,
    about: "Records in a block at most.",
  },
  WAREHOUSE_BUFFER_BYTES: {
    type: "integer",
    unit: "bytes",
    default: 67_108_864,
    min: 1_048_576,
    max: 1_073_741_824,
    about: "Bytes of records that wait for their insert, over all partitions; beyond that reading waits.",
  },
  WAREHOUSE_SWEEP_AHEAD_RECORDS: {
    type: "integer",
    unit: "records",
    default: 500,
    min: 1,
    max: 10_000,
    about: "Records of a sweep that a partition has not folded yet at most; live events wait behind them.",
  },
  WAREHOUSE_SESSION_TIMEOUT_MS: {
    type: "integer",
    unit: "ms",
    default: 10_000,
    min: 1_000,
    max: 300_000,
    about: "How long a silent instance keeps its partitions.",
  },
} as const satisfies Settings;
