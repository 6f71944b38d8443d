import { currencySettings, intakeSettings } from "@tidemark/intake";
import type { Settings } from "@tidemark/runtime";

export const settings = {
  ...intakeSettings,
  ...currencySettings,
  INTERACTIONS_SOURCE_ID: {
    type: "text",
    default: "interactions",
    about: "Name under which positions of the topic are counted; a new one where the topic is made anew.",
  },
} as const satisfies Settings;
