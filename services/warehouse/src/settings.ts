import { type Settings, stackSettings } from "@tidemark/runtime";

export const settings = {
  ...stackSettings,
  MEMORY_BYTES: { ...stackSettings.MEMORY_BYTES, default: 805_306_368 },
  // A long backlog takes it near the bound and not beyond: collecting sooner there costs a third more processor time.
  MEMORY_NEAR_PERCENT: { ...stackSettings.MEMORY_NEAR_PERCENT, default: 99 },
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
    default: 40_000,
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
    about:
      "Memory of records that wait for their insert, over all partitions, 512 bytes each beside their own; beyond that partitions take turns, as many at a time as there are inserts, each until its block is full, beyond this bound.",
  },
  WAREHOUSE_SWEEP_AHEAD_RECORDS: {
    type: "integer",
    unit: "records",
    // Two records: one is folded while the other is on its way.
    default: 400,
    min: 1,
    max: 10_000,
    about:
      "Subjects of a sweep that a partition has not folded yet at most (or near a cut, of whom there are 50 at most); live events of the partition wait behind them.",
  },
  WAREHOUSE_SWEEP_LAG_MS: {
    type: "integer",
    unit: "ms",
    default: 100,
    min: 1,
    max: 60_000,
    about:
      "How much longer subjects of a sweep may take until they are folded than the fastest did, and live events behind them; where it is more fewer are sent at a time, over all partitions, but two records at least.",
  },
  WAREHOUSE_SWEEP_POLL_MS: {
    type: "integer",
    unit: "ms",
    default: 15,
    min: 1,
    max: 10_000,
    about:
      "How often it is seen how far partitions are while something waits for them to fold what was sent.",
  },
  WAREHOUSE_SWEEP_BUSY_MS: {
    type: "integer",
    unit: "ms",
    default: 150,
    min: 1,
    max: 60_000,
    about: "How often it is seen what is to be swept, while anything is or definitions were written lately.",
  },
  WAREHOUSE_SWEEP_IDLE_MS: {
    type: "integer",
    unit: "ms",
    default: 5_000,
    min: 10,
    max: 600_000,
    about: "How often else; a definition that is written is seen at once.",
  },
  WAREHOUSE_LETTERS_MS: {
    type: "integer",
    unit: "ms",
    default: 600_000,
    min: 100,
    max: 86_400_000,
    about:
      "How often dead letters of who was erased are looked for, and whether the broker has removed them, in ms.",
  },
  WAREHOUSE_SESSION_TIMEOUT_MS: {
    type: "integer",
    unit: "ms",
    default: 10_000,
    min: 1_000,
    max: 300_000,
    about: "How long a silent instance keeps its partitions.",
  },
  WAREHOUSE_BLOCK_BYTES: {
    type: "integer",
    unit: "bytes",
    default: 16_777_216,
    min: 1_048_576,
    max: 268_435_456,
    about: "Bytes of records in a block at most; far below what ClickHouse takes as one.",
  },
  WAREHOUSE_INSERTS: {
    type: "integer",
    unit: "inserts",
    default: 2,
    min: 1,
    max: 32,
    about: "Inserts at a time.",
  },
  WAREHOUSE_BATCH_RECORDS: {
    type: "integer",
    unit: "records",
    default: 2_000,
    min: 1,
    max: 50_000,
    about: "Records of one partition taken in one step at most.",
  },
} as const satisfies Settings;
