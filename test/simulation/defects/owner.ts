/** What the owner of a partition can do wrong: taking over, publishing, committing (rules 1 and 2). */
import type { Defect } from "./defect.ts";

const worker = "services/segments/src/partition-worker.ts";
const takeOver = "services/segments/src/take-over.ts";
const step = "services/segments/src/step.ts";
const commit = "services/segments/src/commit.ts";
const publisher = "services/segments/src/publisher.ts";

export const ownerDefects: readonly Defect[] = [
  {
    name: "epoch-unchecked",
    sentence: "A commit does not look at the epoch: whoever is at the right position may write.",
    file: "packages/testkit/src/memory-state-store.ts",
    pieces: [
      {
        text: 'if (!isOwner || token !== ownership.token) return "fenced";',
        becomes: "",
      },
    ],
  },
  {
    name: "place-unchecked",
    sentence: "A commit looks at the epoch, but not at position and sequence that it was folded from.",
    file: "packages/testkit/src/memory-state-store.ts",
    pieces: [
      {
        text: 'return position === expected.position && sequence === expected.sequence ? "owned" : "moved";',
        becomes: 'return "owned";',
      },
    ],
  },
  {
    name: "commit-before-publish",
    sentence: "The state is committed before the changes are published.",
    file: commit,
    pieces: [
      {
        text: "const { changes, end } = await publishChanges(",
        becomes: `const early = await ports.store.commit(ownership, before, {
    position: (entries.at(-1)?.record.offset ?? before.position - 1) + 1,
    sequence: result.sequence,
    changesOffset: before.changesOffset,
    meta: packMeta(meta),
    ...(definitions === held.definitions ? {} : { definitions: ports.definitionSets.pack(definitions) }),
    subjects: result.subjects,
    orders: result.orders,
  });
  const { changes, end } = await publishChanges(`,
      },
      {
        text: "const outcome = await ports.store.commit(ownership, before, {",
        becomes: "const outcome = early ?? await ports.store.commit(ownership, before, {",
      },
      {
        text: "changesOffset: erasedEnd ?? end ?? before.changesOffset,",
        becomes: "changesOffset: before.changesOffset,",
      },
    ],
  },
  {
    name: "publish-unacknowledged",
    sentence: "Changes are sent and committed without waiting for their acknowledgement.",
    file: publisher,
    pieces: [
      {
        text: `const { baseOffset } = await ports.log.append(topicNames.segmentChanges, partition, batch);
    end = baseOffset + batch.length;`,
        becomes: "ports.log.append(topicNames.segmentChanges, partition, batch).catch(() => undefined);",
      },
    ],
  },
  {
    name: "position-behind",
    sentence: "An owner that takes over again folds the last record before its position once more.",
    file: worker,
    pieces: [
      {
        text: "record.offset >= this.#held.progress.position)",
        becomes: "record.offset >= this.#held.progress.position - 1)",
      },
    ],
  },
  {
    name: "position-ahead",
    sentence: "An owner whose store came back younger goes on one record behind the position stored.",
    file: worker,
    pieces: [
      {
        text: "const gap = readEvents(this.#ports, this.partition, position, first);",
        becomes: "const gap = readEvents(this.#ports, this.partition, position + 1, first);",
      },
    ],
  },
  {
    name: "timers-lost",
    sentence: "Who takes a partition over does not ask for the timers that are armed in it.",
    file: worker,
    pieces: [
      {
        text: `await this.refreshDue();
    return held.progress.position;`,
        becomes: "return held.progress.position;",
      },
    ],
  },
  {
    name: "sequence-from-topic",
    sentence: "Numbers go on from the last one published, not from the one of the state that is folded on.",
    file: step,
    pieces: [{ text: "sequence: held.progress.sequence,", becomes: "sequence: held.publishedThrough," }],
  },
  {
    name: "fence-unwritten",
    sentence: "A new owner takes the next epoch, but tells nobody by a fence.",
    file: takeOver,
    pieces: [
      {
        text: "const fencedAt = await appendFence(ports, partition, { epoch, token });",
        becomes: "const fencedAt = (await ports.log.endOffsets(topicNames.segmentChanges))[partition] ?? 0;",
      },
    ],
  },
  {
    name: "void-taken-for-published",
    sentence: "A new owner takes for published what stands behind a fence that shut its owner out.",
    file: publisher,
    pieces: [{ text: "if (change.epoch < epoch) continue;", becomes: "" }],
  },
  {
    name: "epoch-given-twice",
    sentence: "A store that came back younger gives an epoch that was given before, and it is taken.",
    file: takeOver,
    pieces: [{ text: "if (published.epoch >= epoch) {", becomes: "if (published.epoch < 0) {" }],
  },
  {
    name: "younger-store-untold",
    sentence: "What was read of a store that came back younger is published before that is noticed.",
    file: commit,
    pieces: [{ text: 'if (standing !== "owned") throw new OwnershipLost(standing);', becomes: "" }],
  },
  {
    name: "younger-store-unasked",
    sentence: "A partition where nothing happens never asks whether the store came back younger.",
    file: worker,
    pieces: [
      {
        text: 'if ((await this.#ports.store.check(ownership, progress)) === "owned") return;',
        becomes: "if (ownership) return;",
      },
    ],
  },
  {
    name: "rejections-late",
    sentence: "Rejections are told after the commit: a crash in between loses them.",
    file: commit,
    pieces: [
      { text: "await appendRejected(ports, partition, result);", becomes: "" },
      {
        text: 'if (outcome !== "committed") throw new OwnershipLost(outcome);',
        becomes: `if (outcome !== "committed") throw new OwnershipLost(outcome);
    await appendRejected(ports, partition, result);`,
      },
    ],
  },
  {
    name: "sources-not-kept",
    sentence: "The positions of sources are known only as long as their owner lives.",
    file: "packages/runtime/src/partition-meta.ts",
    pieces: [{ text: "sources: [...meta.sources],", becomes: "sources: []," }],
  },
  {
    name: "worker-clock",
    sentence: "A clock record acts at the time of the worker who wrote it, not at its append time at most.",
    file: step,
    pieces: [
      {
        text: "meta.clock = Math.max(meta.clock, Math.min(clock.at, record.timestamp));",
        becomes: "meta.clock = Math.max(meta.clock, clock.at);",
      },
    ],
  },
];
