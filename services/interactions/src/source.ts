import { topicNames } from "@tidemark/contracts";
import { createCurrencies, type Source, sourceShapes } from "@tidemark/intake";
import type { Config } from "@tidemark/runtime";
import { interactionNormaliser } from "./interaction.ts";
import type { settings } from "./settings.ts";

/** Interactions, as the settings say. Throws `ConfigError` where rates, zone or mapping are wrong. */
export function interactionsSource(config: Config<typeof settings>): Source {
  const currencies = createCurrencies({
    workspace: config.WORKSPACE_CURRENCY,
    rates: config.EXCHANGE_RATES,
    zone: config.WORKSPACE_ZONE,
  });
  return {
    service: "interactions",
    topic: topicNames.interactions,
    sourceId: config.INTERACTIONS_SOURCE_ID,
    recordType: "tidemark.source.InteractionEvent",
    ...sourceShapes("interactions", config, interactionNormaliser(currencies)),
  };
}
