/** Our processes: which there are, how each is run and where it listens. */
import type { Config } from "@tidemark/runtime";
import type { startSettings } from "./settings.ts";
import type { ServicePlan } from "./supervisor.ts";

/** Name of the webhook that the demo's automations call. */
const demoWebhook = "demo";

export interface Services {
  readonly api: ServicePlan;
  /** Receives what the demo's automations send; answers what came. */
  readonly webhooks: ServicePlan;
  /** All others. */
  readonly pipeline: readonly ServicePlan[];
}

export interface ServiceEnvironment {
  /** Addresses of the stack, zone, partitions. */
  readonly stack: Readonly<Record<string, string>>;
  readonly webhookSecret: string;
}

/** See services/segments/README.md: fewer collections of what a fold leaves behind. */
const nodeOptions: Readonly<Record<string, readonly string[]>> = {
  segments: ["--max-semi-space-size=32"],
};

export function planServices(
  config: Config<typeof startSettings>,
  { stack, webhookSecret }: ServiceEnvironment,
): Services {
  const service = (name: string, port: number, env: Readonly<Record<string, string>> = {}): ServicePlan => ({
    name,
    command: [...(nodeOptions[name] ?? []), `services/${name}/src/main.ts`],
    port,
    env: { ...stack, ...env },
  });
  const webhookUrl = `http://127.0.0.1:${config.WEBHOOKS_PORT}/`;
  return {
    api: service("api", config.API_PORT),
    webhooks: {
      name: "webhooks",
      command: ["packages/cli/src/main.ts", "receive-webhooks"],
      port: config.WEBHOOKS_PORT,
      env: { WEBHOOK_SECRET: webhookSecret },
    },
    pipeline: [
      service("orders", config.ORDERS_PORT),
      service("interactions", config.INTERACTIONS_PORT),
      service("lifecycle", config.LIFECYCLE_PORT),
      service("segments", config.SEGMENTS_PORT),
      service("warehouse", config.WAREHOUSE_PORT),
      service("automations", config.AUTOMATIONS_PORT, {
        AUTOMATIONS_WEBHOOKS: JSON.stringify({ [demoWebhook]: { url: webhookUrl, secret: webhookSecret } }),
      }),
    ],
  };
}
