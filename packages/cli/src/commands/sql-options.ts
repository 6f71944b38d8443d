import type { Options } from "../command-line/options.ts";

export const sqlOptions = {
  definitions: {
    type: "text",
    value: "PATH",
    about: "a file of definitions, or a folder of such (those in force)",
  },
  "as-of": { type: "text", value: "INSTANT", about: "what happened later is left out (now)" },
  zone: { type: "text", value: "ZONE", about: "the workspace's IANA zone (WORKSPACE_ZONE)" },
  "customer-zones": {
    type: "text",
    value: "ZONES",
    about:
      "zones that customers have, with commas, for definitions in the customer's own (none: the workspace's)",
  },
  json: { type: "flag", about: "print sql, parameters and columns in place of the text" },
} as const satisfies Options;
