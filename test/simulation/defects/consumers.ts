/** What those who read `segment-changes` can do wrong, and the archive (rules 2 and 6). */
import type { Defect } from "./defect.ts";

const changeOrder = "packages/contracts/src/change-order.ts";
const archiver = "services/warehouse/src/archiver.ts";
const automations = "services/automations/src/automations.ts";

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
    file: automations,
    pieces: [{ text: "first.gaps.length === 0", becomes: "first.gaps.length >= 0" }],
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
    name: "archive-token-new",
    sentence: "Who takes a block over inserts it under a token of its own.",
    file: archiver,
    pieces: [
      {
        text: "const block: Block = { ...partition, start: committed.offset, end, token, cursor };",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
        becomes:
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
    file: automations,
    pieces: [
      {
        text: "const settled = await settleBatch(batch.steps, settler(held, partition, dropped));",
        becomes: `const ahead = batch.steps.at(-1);
    if (ahead) await commit({ ...held, cursor: ahead.cursor }, ahead.record);
    const settled = await settleBatch(batch.steps, settler(held, partition, dropped));`,
      },
    ],
  },
  {
    name: "automations-skip-abandoned",
    sentence: "A message that was given up half-way counts as settled.",
    file: "services/automations/src/batch.ts",
    pieces: [
      {
        text: "if (step === undefined || !(await settle(webhook, step.record))) return;",
        becomes: "if (step === undefined) return;\n      await settle(webhook, step.record);",
      },
    ],
  },
  {
    name: "automations-out-of-order",
    sentence: "Messages about one subject are sent at once, not one by one.",
    file: "services/automations/src/batch.ts",
    pieces: [
      {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
        text: "const key = `${webhook.endpoint}|${webhook.subject}`;",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
        becomes: "const key = `${webhook.endpoint}|${webhook.subject}|${at}`;",
      },
    ],
  },
  {
    name: "automations-lose-letters",
    sentence: "A message that no endpoint took is dropped, and no dead letter kept.",
    file: automations,
    pieces: [
      {
        text: "const kept = await keep(partition, () => !held.givenUp.signal.aborted, [letter]);",
        becomes: "const kept = letter !== null;",
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
    file: automations,
    pieces: [
      {
        text: "const cursor = position === null ? unknown : parseCursor(position.metadata);",
        becomes: "const cursor = unknown;",
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
