import { type Settings, stackSettings } from "@tidemark/runtime";

/** What every intake service needs to know. */
export const intakeSettings = {
  ...stackSettings,
  INTAKE_BATCH_RECORDS: {
    type: "integer",
    unit: "records",
    default: 2_000,
    min: 1,
    max: 50_000,
    about: "Records of one source partition taken in one step at most.",
  },
  INTAKE_COMMIT_MS: {
    type: "integer",
    unit: "ms",
    default: 200,
    min: 1,
    max: 60_000,
    about: "How often the positions reached are committed; what came after is sent again after a crash.",
  },
  INTAKE_AHEAD_RECORDS: {
    type: "integer",
    unit: "records",
    default: 50_000,
    min: 100,
    max: 100_000_000,
    about:
      "Records of customer-events that segments has not folded yet at most, over all partitions; beyond that sending waits.",
  },
  INTAKE_AHEAD_LOOK_MS: {
    type: "integer",
    unit: "ms",
    default: 200,
    min: 10,
    max: 10_000,
    about: "How often it is looked how far the fold is, while something is sent.",
  },
  INTAKE_STANDSTILL_MS: {
    type: "integer",
    unit: "ms",
    default: 60_000,
    min: 1_000,
    max: 600_000,
    about: "A partition of customer-events that nobody folds for so long is not waited for.",
  },
  MAPPING_FILE: {
    type: "text",
    default: "",
    about:
      "YAML file that says how records of other shapes become the topic's own (docs/mapping.md); empty for none.",
  },
  INTAKE_SESSION_TIMEOUT_MS: {
    type: "integer",
    unit: "ms",
    default: 6_000,
    min: 1_000,
    max: 300_000,
    about: "How long a silent instance keeps its partitions.",
  },
} as const satisfies Settings;

/** What services that convert amounts need besides. */
export const currencySettings = {
  WORKSPACE_CURRENCY: {
    type: "text",
    default: "EUR",
    about: "Currency of all amounts, three letters; amounts in another one are converted.",
  },
  EXCHANGE_RATES: {
    type: "text",
    default: "",
    about:
      'Worth of other currencies as JSON: {"USD":0.92}, or by the day from which it holds {"USD":{"2025-01-01":0.96}}.',
  },
} as const satisfies Settings;
