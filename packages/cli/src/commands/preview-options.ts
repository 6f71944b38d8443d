import type { Options } from "../command-line/options.ts";

export const previewOptions = {
  "as-of": { type: "text", value: "INSTANT", about: "what happened later is left out (now)" },
  exact: { type: "flag", about: "look at everybody, in place of an estimate" },
  sample: { type: "text", value: "N", about: "customers that an estimate looks at, at most" },
  members: { type: "text", value: "N", about: "ids in each list (10)" },
  json: { type: "flag", about: "as the HTTP interface answers" },
} as const satisfies Options;
