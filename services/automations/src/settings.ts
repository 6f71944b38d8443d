import { type Config, type Settings, stackSettings } from "@tidemark/runtime";

export const settings = {
  ...stackSettings,
  // A batch may wait for a slow endpoint for as long as it is tried again.
  STALLED_AFTER_MS: { ...stackSettings.STALLED_AFTER_MS, default: 300_000 },
  AUTOMATIONS_WEBHOOKS: {
    type: "text",
    default: "{}",
    secret: true,
    about:
      'Where webhooks go, as JSON: {"crm":{"url":"https://...","secret":"whsec_..."}}. Automations use the names.',
  },
  AUTOMATIONS_TIMEOUT_MS: {
    type: "integer",
    unit: "ms",
    default: 10_000,
    min: 100,
    max: 60_000,
    about: "How long one attempt may take.",
  },
  AUTOMATIONS_ATTEMPTS: {
    type: "integer",
    unit: "attempts",
    default: 10,
    min: 1,
    max: 100,
    about: "How often a webhook is tried at most.",
  },
  AUTOMATIONS_RETRY_MS: {
    type: "integer",
    unit: "ms",
    default: 120_000,
    min: 10_000,
    max: 3_600_000,
    about:
      "How long the webhooks of one batch are tried again; an endpoint that takes nothing for so long is silent.",
  },
  AUTOMATIONS_CONCURRENCY: {
    type: "integer",
    unit: "requests",
    default: 8,
    min: 1,
    max: 256,
    about: "Requests to one endpoint at a time.",
  },
  AUTOMATIONS_BATCH_RECORDS: {
    type: "integer",
    unit: "records",
    default: 500,
    min: 1,
    max: 10_000,
    about: "Changes of one partition acted on in one step at most.",
  },
  AUTOMATIONS_SESSION_TIMEOUT_MS: {
    type: "integer",
    unit: "ms",
    default: 10_000,
    min: 1_000,
    max: 300_000,
    about: "How long a silent instance keeps its partitions.",
  },
} as const satisfies Settings;

/** Bounds that have to fit each other. */
export function checkBounds(config: Config<typeof settings>): readonly string[] {
  const longestMs = config.AUTOMATIONS_RETRY_MS + config.AUTOMATIONS_TIMEOUT_MS;
  if (config.STALLED_AFTER_MS > longestMs) return [];
  return [
    `STALLED_AFTER_MS is ${config.STALLED_AFTER_MS}; expected more than AUTOMATIONS_RETRY_MS and AUTOMATIONS_TIMEOUT_MS together (${longestMs}): a batch may take as long`,
  ];
}
