import { type Settings, stackSettings } from "@tidemark/runtime";

export const settings = {
  ...stackSettings,
  // Its young generation alone is up to 96 MiB: a fold leaves much behind that dies at once.
  MEMORY_BYTES: { ...stackSettings.MEMORY_BYTES, default: 1_073_741_824 },
  CLICKHOUSE_USER: {
    type: "text",
    default: "default",
    about: "User of ClickHouse that may read the archive; asked only for what Kafka holds no more.",
  },
  CLICKHOUSE_PASSWORD: {
    type: "text",
    default: "",
    secret: true,
    about: "That user's password.",
  },
  SEGMENTS_BATCH_RECORDS: {
    type: "integer",
    unit: "records",
    default: 500,
    min: 1,
    max: 50_000,
    about:
      "Records of one partition folded in one step at most: so long does the process look at nothing else.",
  },
  SEGMENTS_SESSION_TIMEOUT_MS: {
    type: "integer",
    unit: "ms",
    default: 6_000,
    min: 1_000,
    max: 300_000,
    about: "How long a silent instance keeps its partitions.",
  },
  SEGMENTS_VERIFY_MS: {
    type: "integer",
    unit: "ms",
    default: 2_000,
    min: 100,
    max: 60_000,
    about:
      "How often a partition in which nothing happens asks whether Redis still holds what was committed.",
  },
  SEGMENTS_TELL_MS: {
    type: "integer",
    unit: "ms",
    default: 200,
    min: 10,
    max: 60_000,
    about: "How often the consumer group is told how far the fold is: intake keeps its distance by it.",
  },
  SEGMENTS_CLOCK_TIMERS: {
    type: "integer",
    unit: "timers",
    default: 250,
    min: 1,
    max: 10_000,
    about: "Timers that one clock record fires at most: live events come in between.",
  },
  SEGMENTS_CLOCKS_OUTSTANDING: {
    type: "integer",
    unit: "records",
    default: 2,
    min: 1,
    max: 64,
    about: "Clock records on their way at a time, over all partitions of an instance, however busy it is.",
  },
  SEGMENTS_CLOCKS_MOST: {
    type: "integer",
    unit: "records",
    default: 16,
    min: 1,
    max: 256,
    about: "The same while the instance has time to spare.",
  },
  SEGMENTS_CLOCKS_BUSY_PERCENT: {
    type: "integer",
    unit: "percent",
    default: 70,
    min: 1,
    max: 100,
    about: "An instance that is busy for this share of its time or more has none to spare.",
  },
  SEGMENTS_CLOCK_SLOT_MS: {
    type: "integer",
    unit: "ms",
    default: 1_000,
    min: 100,
    max: 60_000,
    about:
      "After so long a clock record that was not read back, since its partition is behind, keeps back no other one.",
  },
  SEGMENTS_CLOCK_TIMEOUT_MS: {
    type: "integer",
    unit: "ms",
    default: 10_000,
    min: 1_000,
    max: 300_000,
    about: "How long a clock record is waited for; then the next one takes its place.",
  },
} as const satisfies Settings;
