/** What intake can do wrong (rule 3). */
import type { Defect } from "./defect.ts";

const loop = "packages/intake/src/partition-loop.ts";

export const intakeDefects: readonly Defect[] = [
  {
    name: "intake-does-not-wait",
    sentence: "A send begins before the one before it is acknowledged.",
    file: loop,
    pieces: [
      { text: "if (!(await deliver(send.batches))) return false;", becomes: "void deliver(send.batches);" },
    ],
  },
  {
    name: "intake-goes-on-after-failure",
    sentence: "A batch that could not be appended is left out, and its position committed.",
    file: loop,
    pieces: [
      {
        text: "() => log.append(topic, target, records),",
        becomes: "() => log.append(topic, target, records).catch(() => ({ baseOffset: -1 })),",
      },
    ],
  },
  {
    name: "intake-position-ahead",
    sentence: "The position committed is one too far: whoever goes on from it leaves a record out.",
    file: "packages/intake/src/send.ts",
    pieces: [
      {
        text: "end: (prepared.at(-1)?.offset ?? -1) + 1,",
        becomes: "end: (prepared.at(-1)?.offset ?? -1) + 2,",
      },
    ],
  },
  {
    name: "intake-ordinal-lost",
    sentence: "All events of one source record carry the same ordinal.",
    file: "packages/intake/src/prepare.ts",
    pieces: [
      {
        text: "const position = { ...positionOf(context.source, record), ordinal, count: events.length };",
        becomes:
          "const position = { ...positionOf(context.source, record), ordinal: 0, count: events.length };",
      },
    ],
  },
  {
    name: "intake-loses-good-with-bad",
    sentence: "What cannot be read ends its batch, and the batch's position is committed all the same.",
    file: loop,
    pieces: [
      {
        text: "prepared.push(prepare(context, record, decoded, patience.clock.now()));",
        becomes: `prepared.push(prepare(context, record, decoded, patience.clock.now()));
      if (decoded.outcome === "unreadable") break;`,
      },
    ],
  },
];
