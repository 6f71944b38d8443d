import { topicNames } from "@tidemark/contracts";
import { createCurrencies, type Source, sourceShapes } from "@tidemark/intake";
import type { Config } from "@tidemark/runtime";
import { orderNormaliser } from "./order.ts";
import type { settings } from "./settings.ts";

/** Orders, as the settings say. Throws `ConfigError` where rates, zone or mapping are wrong. */
export function ordersSource(config: Config<typeof settings>): Source {
  const currencies = createCurrencies({
    workspace: config.WORKSPACE_CURRENCY,
    rates: config.EXCHANGE_RATES,
    zone: config.WORKSPACE_ZONE,
  });
  return {
    service: "orders",
    topic: topicNames.orders,
    sourceId: config.ORDERS_SOURCE_ID,
    recordType: "tidemark.source.OrderEvent",
    ...sourceShapes("orders", config, orderNormaliser(currencies)),
  };
}
