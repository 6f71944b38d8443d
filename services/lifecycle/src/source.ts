import { topicNames } from "@tidemark/contracts";
import { type Source, sourceShapes } from "@tidemark/intake";
import type { Config } from "@tidemark/runtime";
import { dateReader } from "./date-formats.ts";
import { lifecycleNormaliser } from "./lifecycle.ts";
import type { settings } from "./settings.ts";

/** Lifecycle events, as the settings say. Throws `ConfigError` where a date format is unknown or the mapping is wrong. */
export function lifecycleSource(config: Config<typeof settings>): Source {
  const readDate = dateReader(listOf(config.LIFECYCLE_DATE_FORMATS), listOf(config.LIFECYCLE_DAY_ATTRIBUTES));
  return {
    service: "lifecycle",
    topic: topicNames.lifecycle,
    sourceId: config.LIFECYCLE_SOURCE_ID,
    recordType: "tidemark.source.LifecycleEvent",
    ...sourceShapes("lifecycle", config, lifecycleNormaliser(readDate)),
  };
}

function listOf(text: string): readonly string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
