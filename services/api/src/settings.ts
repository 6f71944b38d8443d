import { type Settings, stackSettings } from "@tidemark/runtime";

export const settings = {
  ...stackSettings,
  CLICKHOUSE_USER: {
    type: "text",
    default: "default",
    about: "User of ClickHouse that may read the tables: for receipts of erasures and for audits.",
  },
  CLICKHOUSE_PASSWORD: {
    type: "text",
    default: "",
    secret: true,
    about: "That user's password.",
  },
  API_BODY_BYTES: {
    type: "integer",
    unit: "bytes",
    default: 524_288,
    min: 1_024,
    max: 4_194_304,
    about: "Bytes of a request's body at most.",
  },
  API_DEFINITIONS: {
    type: "integer",
    unit: "definitions",
    default: 1_000,
    min: 1,
    max: 10_000,
    about: "Definitions that there may be.",
  },
  API_ANSWER_MS: {
    type: "integer",
    unit: "ms",
    default: 10_000,
    min: 100,
    max: 60_000,
    about: "How long a request waits for Kafka or Redis; then it answers 503.",
  },
  API_RECONCILE_MS: {
    type: "integer",
    unit: "ms",
    default: 10_000,
    min: 100,
    max: 600_000,
    about: "How often it is made sure that every definition got to every partition.",
  },
  API_AUDIT_MS: {
    type: "integer",
    unit: "ms",
    default: 86_400_000,
    min: 0,
    max: 2_000_000_000,
    about: "How often what is published is compared with SQL over the archive; 0 for never.",
  },
  API_AUDIT_WAIT_MS: {
    type: "integer",
    unit: "ms",
    default: 300_000,
    min: 1_000,
    max: 3_600_000,
    about: "How long such an audit waits for what is under way: the fold, timers that are due, the archive.",
  },
} as const satisfies Settings;
