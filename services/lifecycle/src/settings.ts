import { intakeSettings } from "@tidemark/intake";
import type { Settings } from "@tidemark/runtime";

export const settings = {
  ...intakeSettings,
  LIFECYCLE_SOURCE_ID: {
    type: "text",
    default: "lifecycle",
    about: "Name under which positions of the topic are counted; a new one where the topic is made anew.",
  },
  LIFECYCLE_DATE_FORMATS: {
    type: "text",
    default: "yyyy/M/d",
    about:
      "Formats of dates in attributes besides ISO 8601, separated by commas: yyyy/M/d, yyyyMMdd, M/d/yyyy, d/M/yyyy, d.M.yyyy.",
  },
  LIFECYCLE_DAY_ATTRIBUTES: {
    type: "text",
    default: "birthDate",
    about:
      "Attributes that are days without a time, separated by commas: midnight in them is read as the day alone.",
  },
} as const satisfies Settings;
