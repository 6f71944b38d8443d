/** What those who read `segment-changes` can do wrong, and the archive (rules 2 and 6). */
import type { Defect } from "./defect.ts";

const changeOrder = "packages/contracts/src/change-order.ts";
const archiver = "services/warehouse/src/archiver.ts";
const partition = "services/automations/src/partition.ts";
const way = "services/automations/src/way.ts";

export const consumerDefects: readonly Defect[] = [
  {
    name: "repeats-kept",
    sentence: "Consumers take a number that comes again for a new change.",
    file: changeOrder,
    pieces: [
      {
        text: 'if (change.sequence <= cursor.sequence) return { verdict: "repeat", cursor };',
        becomes: 'if (change.sequence < cursor.sequence) return { verdict: "repeat", cursor };',
      },
    ],
  },
  {
    name: "void-kept",
    sentence: "Consumers keep the changes of an owner that a fence shut out.",
    file: changeOrder,
    pieces: [{ text: 'if (change.epoch < cursor.epoch) return { verdict: "void", cursor };', becomes: "" }],
  },
  {
    name: "gap-unrepaired",
    sentence: "Automations see that numbers are missing, and go on without them.",
    file: "services/automations/src/planner.ts",
    pieces: [
      {
        text: "if (seen.gaps.length === 0) return { seen, whole: seen };",
        becomes: "if (seen.gaps.length >= 0) return { seen, whole: seen };",
      },
    ],
  },
  {
    name: "archive-gap-unrepaired",
    sentence: "The archive sees that numbers are missing, and goes on without them.",
    file: archiver,
    pieces: [
      {
        text: "const rows = seen.gaps.length === 0 ? seen : await repair(block, seen);",
        becomes: "const rows = seen;",
      },
    ],
  },
  {
    name: "archive-commits-end",
    sentence: "The archive commits the end of a block before the block is inserted.",
    file: archiver,
    pieces: [{ text: "...place(block, block.start),", becomes: "...place(block, block.end)," }],
  },
  {
    name: "archive-inserts-uncommitted",
    sentence: "The archive inserts a block though the commit that names it failed.",
    file: archiver,
    pieces: [
      {
        text: "    ]);\n    for (const shelf of settling) shelf.settled = true;",
        becomes: "    ]).catch(() => undefined);\n    for (const shelf of settling) shelf.settled = true;",
      },
    ],
  },
  {
    name: "commit-unknown-goes-on",
    sentence:
      "A member goes on after a commit that may still be done: the group goes back behind later ones.",
    // The world's client keeps the laws of packages/kafka, which the simulator does not run.
    file: "test/simulation/world/consumption.ts",
    pieces: [
      { text: 'error.kind === "ambiguous") joinAnew();', becomes: 'error.kind === "ambiguous") void 0;' },
    ],
  },
  {
    name: "archive-token-new",
    sentence: "Who takes a block over inserts it under a token of its own.",
    file: archiver,
    pieces: [
      {
        text: "const block: Block = { ...partition, start: committed.offset, end, token, cursor };",
        becomes:
          // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
          "const block: Block = { ...partition, start: committed.offset, end, token: `${token}-again`, cursor };",
      },
    ],
  },
  {
    name: "archive-insert-unanswered",
    sentence: "An insert that was not answered is taken for done.",
    file: archiver,
    pieces: [
      {
        text: "await warehouse.insert(table, tableRows, block.token);",
        becomes: "await warehouse.insert(table, tableRows, block.token).catch(() => undefined);",
      },
    ],
  },
  {
    name: "archive-loses-records-behind",
    sentence: "Records that came while a block was inserted go with it.",
    file: "services/warehouse/src/shelf.ts",
    pieces: [
      {
        text: "shelf.records = shelf.records.filter(({ offset }) => offset >= end);",
        becomes: "shelf.records = [];",
      },
    ],
  },
  {
    name: "automations-commit-first",
    sentence: "Automations commit their position before the webhooks are delivered.",
    file: partition,
    pieces: [
      {
        text: "const all = Promise.all(direct.map(([, way]) => way.idle()));",
        becomes: "await commit();\n        const all = Promise.all(direct.map(([, way]) => way.idle()));",
      },
      // Else what is in hand is part of the place, and nothing is wrong.
      { text: "behind.has(name) || way.inHand() > 0)", becomes: "behind.has(name))" },
    ],
  },
  {
    name: "automations-slow-passed-over",
    sentence: "An endpoint that takes longer than the partition waits is not noted as behind.",
    file: partition,
    pieces: [
      {
        text: "if (way.inHand() > 0) void fallBehind(endpoint, way).catch(onFailure);",
        becomes: "if (way.inHand() > 1_000) void fallBehind(endpoint, way).catch(onFailure);",
      },
    ],
  },
  {
    name: "automations-behind-forgotten",
    sentence: "Who takes a partition over goes on behind what endpoints that are behind have not got yet.",
    file: "services/automations/src/position.ts",
    pieces: [
      {
        text: "return { main: place(main), behind: new Map(places) };",
        becomes: "return { main: place(main), behind: new Map(places.slice(1)) };",
      },
    ],
  },
  {
    name: "automations-skip-abandoned",
    sentence: "A message that was given up half-way counts as settled.",
    file: way,
    pieces: [{ text: "if (!isSettled) return false;", becomes: "" }],
  },
  {
    name: "automations-out-of-order",
    sentence: "Messages about one subject are sent at once, not one by one.",
    file: way,
    pieces: [
      {
        text: "const before = tails.get(webhook.subject) ?? Promise.resolve(true);",
        becomes: "const before = Promise.resolve(true);",
      },
    ],
  },
  {
    name: "automations-lose-letters",
    sentence: "A message that no endpoint took is dropped, and no dead letter kept.",
    file: "services/automations/src/settler.ts",
    pieces: [
      {
        text: "log.append(topics.deadLetters, partition % (await log.partitionCount(topics.deadLetters)), [letter]),",
        becomes: "letter,",
      },
    ],
  },
  {
    name: "busy-taken-for-refused",
    sentence: "An endpoint that asks to come again later (429) is taken for one that refuses.",
    file: "services/automations/src/attempt.ts",
    pieces: [
      {
        text: "status === 408 || status === 429 || status >= 500",
        becomes: "status === 408 || status >= 500",
      },
    ],
  },
  {
    name: "automations-cursor-lost",
    sentence: "Who takes a partition over does not know up to which number it was acted on.",
    file: "services/automations/src/position.ts",
    pieces: [
      {
        text: "if (main === undefined) return { main: { offset, cursor: { sequence, epoch } }, behind: new Map() };",
        becomes:
          "if (main === undefined) return { main: { offset, cursor: { sequence: 0, epoch } }, behind: new Map() };",
      },
    ],
  },
  {
    name: "history-acted-on",
    sentence: "Automations act on history without being told to.",
    file: "services/automations/src/in-force.ts",
    pieces: [
      {
        text: "historic || !change.historic;",
        becomes: 'historic || !change.historic || change.to === "in";',
      },
    ],
  },
];
