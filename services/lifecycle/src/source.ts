import { topicNames } from "@tidemark/contracts";
import type { Source } from "@tidemark/intake";
import type { Config } from "@tidemark/runtime";
import { dateReader } from "./date-formats.ts";
import { lifecycleNormaliser } from "./lifecycle.ts";
import type { settings } from "./settings.ts";

/** Lifecycle events, as the settings say. Throws `ConfigError` where a date format is unknown. */
export function lifecycleSource(config: Config<typeof settings>): Source {
  return {
    service: "lifecycle",
    topic: topicNames.lifecycle,
    sourceId: config.LIFECYCLE_SOURCE_ID,
    recordType: "tidemark.source.LifecycleEvent",
    normalise: lifecycleNormaliser(
      dateReader(listOf(config.LIFECYCLE_DATE_FORMATS), listOf(config.LIFECYCLE_DAY_ATTRIBUTES)),
    ),
  };
}

function listOf(text: string): readonly string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
