import { type Settings, stackSettings } from "@tidemark/runtime";

export const settings = {
  ...stackSettings,
  SEGMENTS_BATCH_RECORDS: {
    type: "integer",
    unit: "records",
    default: 5_000,
    min: 1,
    max: 50_000,
    about: "Records of one partition folded in one step at most.",
  },
  SEGMENTS_SESSION_TIMEOUT_MS: {
    type: "integer",
    unit: "ms",
    default: 6_000,
    min: 1_000,
    max: 300_000,
    about: "How long a silent instance keeps its partitions.",
  },
} as const satisfies Settings;
