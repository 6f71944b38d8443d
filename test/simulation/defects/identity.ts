/** What can go wrong with who is who: merges, erasures, what is left of somebody. */
import type { Defect } from "./defect.ts";

export const identityDefects: readonly Defect[] = [
  {
    name: "absorb-of-before-goes-on",
    sentence: "A merge dated before an erasure goes on to whom the one who began anew was merged into.",
    file: "services/segments/src/identity/absorb.ts",
    pieces: [
      {
        text: "tombstone !== null && tombstone.erasedAt >= mergedAt",
        becomes:
          "tombstone !== null && tombstone.erasedAt >= mergedAt && (stored === null || readRedirect(stored) === null)",
      },
    ],
  },
  {
    name: "erasure-short-of-what-went-on",
    sentence: "An erasure goes on to who took over dated as it came, though what went there is dated later.",
    file: "services/segments/src/identity/erase.ts",
    pieces: [{ text: "Math.max(erasedAt, redirect.through)", becomes: "erasedAt" }],
  },
  {
    name: "letters-of-erased-stay",
    sentence: "An erasure does not go through the dead letters that there are.",
    file: "services/warehouse/src/erasure/dead-letters.ts",
    pieces: [{ text: "if (hits.length > 0) await empty(ports, partition, record);", becomes: "" }],
  },
  {
    name: "late-letters-stay",
    sentence: "Dead letters that are written when the erasure has been through are not looked at.",
    file: "services/warehouse/src/erasure/watch-letters.ts",
    pieces: [{ text: "await late.look();", becomes: "" }],
  },
  {
    name: "letters-of-others-emptied",
    sentence: "Dead letters are emptied whoever they name, once anybody was erased.",
    file: "services/warehouse/src/erasure/watch-letters.ts",
    pieces: [
      {
        text: "if (!named.some((hash) => isOfBefore(at, erased.get(hash)))) continue;",
        becomes: "",
      },
    ],
  },
];
