import { type Config, type Settings, stackSettings } from "@tidemark/runtime";

export const settings = {
  ...stackSettings,
  MEMORY_NEAR_PERCENT: { ...stackSettings.MEMORY_NEAR_PERCENT, default: 87 },
  // Changes are small, and an endpoint takes them slower than they are read: what is fetched ahead only waits.
  KAFKA_LANE_BYTES: { ...stackSettings.KAFKA_LANE_BYTES, default: 65_536 },
  KAFKA_PARTITION_FETCH_BYTES: { ...stackSettings.KAFKA_PARTITION_FETCH_BYTES, default: 65_536 },
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
    about:
      "How often a webhook is tried at most while its endpoint takes others; one that takes none is waited for.",
  },
  AUTOMATIONS_RETRY_MS: {
    type: "integer",
    unit: "ms",
    default: 120_000,
    min: 10_000,
    max: 3_600_000,
    about:
      "How long a webhook is tried again while its endpoint takes others; an endpoint that takes nothing for so long is silent.",
  },
  AUTOMATIONS_KEEP_MS: {
    type: "integer",
    unit: "ms",
    default: 86_400_000,
    min: 60_000,
    max: 2_592_000_000,
    about: "How long after its change a webhook waits for a silent endpoint; then it goes to dead letters.",
  },
  AUTOMATIONS_PROBE_MS: {
    type: "integer",
    unit: "ms",
    default: 5_000,
    min: 100,
    max: 600_000,
    about: "How long after a failure one webhook is tried on a silent endpoint.",
  },
  AUTOMATIONS_FIRST_PAUSE_MS: {
    type: "integer",
    unit: "ms",
    default: 500,
    min: 10,
    max: 60_000,
    about: "Pause after the first attempt that failed; each further one is twice as long.",
  },
  AUTOMATIONS_LONGEST_PAUSE_MS: {
    type: "integer",
    unit: "ms",
    default: 30_000,
    min: 100,
    max: 3_600_000,
    about: "The longest pause between attempts.",
  },
  AUTOMATIONS_RETRY_AFTER_MS: {
    type: "integer",
    unit: "ms",
    default: 60_000,
    min: 0,
    max: 3_600_000,
    about: "The longest pause that an endpoint may ask for with Retry-After.",
  },
  AUTOMATIONS_WAIT_MS: {
    type: "integer",
    unit: "ms",
    default: 1_000,
    min: 10,
    max: 60_000,
    about:
      "How long the changes of a partition wait for an endpoint; one that takes longer goes on by itself, behind the others.",
  },
  AUTOMATIONS_BEHIND_MESSAGES: {
    type: "integer",
    unit: "messages",
    default: 200,
    min: 1,
    max: 10_000,
    about: "Messages of one partition in hand for an endpoint that is behind; the rest waits in Kafka.",
  },
  AUTOMATIONS_COMMIT_MS: {
    type: "integer",
    unit: "ms",
    default: 1_000,
    min: 10,
    max: 60_000,
    about:
      "How often the places of endpoints that are behind are committed; what came after is sent again after a crash.",
  },
  AUTOMATIONS_GRACE_MS: {
    type: "integer",
    unit: "ms",
    default: 3_000,
    min: 0,
    max: 60_000,
    about: "How long a stop waits for requests under way; then they are cut off, and sent again by the next.",
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
  const faults: string[] = [];
  if (config.STALLED_AFTER_MS <= config.AUTOMATIONS_WAIT_MS)
    faults.push(
      `STALLED_AFTER_MS is ${config.STALLED_AFTER_MS}; expected more than AUTOMATIONS_WAIT_MS (${config.AUTOMATIONS_WAIT_MS}): a batch may take as long`,
    );
  if (config.STOP_TIMEOUT_MS <= config.AUTOMATIONS_GRACE_MS)
    faults.push(
      `STOP_TIMEOUT_MS is ${config.STOP_TIMEOUT_MS}; expected more than AUTOMATIONS_GRACE_MS (${config.AUTOMATIONS_GRACE_MS}): a stop may take as long`,
    );
  return faults;
}
