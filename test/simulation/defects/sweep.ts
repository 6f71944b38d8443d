/** What filling definitions from the archive can do wrong. */
import type { Defect } from "./defect.ts";

const fold = "services/segments/src/fold-sweep.ts";
const sweeper = "services/warehouse/src/sweep/sweeper.ts";
const core = "packages/core/src/plan/sweep.ts";

export const sweepDefects: readonly Defect[] = [
  {
    name: "sweep-before-archive",
    sentence: "A sweep sends what the archive has, and does not wait until it has all.",
    file: sweeper,
    pieces: [
      {
        text: 'if (!(await archive.reached(begun, positions))) return waits("a sweep waits for the archive");',
        becomes: "await archive.reached(begun, positions);",
      },
    ],
  },
  {
    name: "sweep-beyond-fence",
    sentence: "A sweep folds events that stand behind its record, which partitions count themselves.",
    file: sweeper,
    pieces: [{ text: "fence: sweep.offset,", becomes: "fence: Number.MAX_SAFE_INTEGER," }],
  },
  {
    name: "sweep-reaches-again",
    sentence: "What a sweep brings is added each time that it comes.",
    file: fold,
    pieces: [
      {
        text: "sweepOf(bytes) >= sweep.number) return false;\n    if (this.#isErasedSince(",
        becomes: "sweepOf(bytes) > sweep.number) return false;\n    if (this.#isErasedSince(",
      },
    ],
  },
  {
    name: "sweep-takes-one-of-many",
    sentence: "Of what a sweep brings to several in one record only the first gets it.",
    file: "services/segments/src/entry.ts",
    pieces: [{ text: "return applies.map((one) =>", becomes: "return applies.slice(0, 1).map((one) =>" }],
  },
  {
    name: "sweep-told-as-news",
    sentence: "What a sweep brings is told as if it happened now.",
    file: fold,
    pieces: [{ text: 'transition.cause === "definition" ||', becomes: "" }],
  },
  {
    name: "sweep-arms-no-timer",
    sentence: "Whoever a sweep has reached has no timer.",
    file: fold,
    pieces: [
      {
        text: "packed(after, state), this.#timer(state.timer, record));",
        becomes: "packed(after, state), null);",
      },
    ],
  },
  {
    name: "sweep-forgets-meanwhile",
    sentence: "What came while a sweep was under way is lost where it had reached nobody yet.",
    file: core,
    pieces: [
      {
        text: "feature.shape.merge(touchedFeature(subject, state, feature.index), past);",
        becomes: "past;",
      },
    ],
  },
  {
    name: "sweep-swallows-time",
    sentence: "What was due before a sweep reached somebody is told as what it brought.",
    file: core,
    pieces: [
      {
        text: "for (; state.timer !== null && state.timer < now; isAsRead = false)\n    transitions.push(...fireTimer(before, state, now));",
        becomes: "",
      },
    ],
  },
  {
    name: "sweep-misses-new",
    sentence: "Who comes new while a sweep is under way waits for it.",
    file: "services/segments/src/fold.ts",
    pieces: [{ text: "state.sweep = definitions.sweeps;", becomes: "" }],
  },
  {
    name: "sweep-forgets-who-was-merged",
    sentence: "What a sweep brings of somebody who was merged meanwhile does not go on to who took over.",
    file: fold,
    pieces: [
      {
        text: "if (redirect.offset < sweep.offset || redirect.sweep >= sweep.number) return false;",
        becomes: "if (redirect.offset >= 0) return false;",
      },
    ],
  },
  {
    name: "merged-within-sweep-counts-twice",
    sentence:
      "What a sweep brings of somebody who was merged goes on to who took over each time that it comes.",
    file: fold,
    pieces: [
      {
        text: "if (redirect.offset < sweep.offset || redirect.sweep >= sweep.number) return false;",
        becomes: "if (redirect.offset < sweep.offset) return false;",
      },
    ],
  },
  {
    name: "absorbed-before-its-sweep",
    sentence:
      "Who takes over somebody whom a sweep has still to reach goes by what it brings at once, without it.",
    file: "services/segments/src/identity/absorb.ts",
    pieces: [
      {
        text: "if (sweep === null || generation >= sweep.generation || customer.plan !== swept) return customer;",
        becomes: "if (sweep === null || generation >= 0 || customer.plan !== swept) return customer;",
      },
    ],
  },
  {
    name: "deleted-members-stay",
    sentence:
      "Who was in a definition that was deleted is in it still when it is written anew, and enters in silence.",
    file: "packages/runtime/src/definition-set.ts",
    pieces: [
      {
        text: "if (!Object.keys(slots).some((name) => gone.has(name))) return slots;",
        becomes: "if (gone.size >= 0) return slots;",
      },
    ],
  },
  {
    name: "leaves-left-out",
    sentence:
      "A late event that ends a membership does so in silence, as if the definition had been deleted.",
    file: "services/segments/src/fold.ts",
    pieces: [
      {
        text: "for (const transition of transitions) {\n      this.sequence += 1;",
        becomes:
          'for (const transition of transitions) {\n      if (transition.to === "out" && transition.cause === "late") continue;\n      this.sequence += 1;',
      },
    ],
  },
  {
    name: "cuts-told-again-after-edit",
    sentence: "A definition that changes makes forget by which cuts a customer was looked at.",
    file: "packages/runtime/src/recut-customer.ts",
    pieces: [
      { text: "if (isOf(cuts.packedBy, state)) return [];", becomes: "" },
      {
        text: "isPackedBy(one.plan, state) || isOf(one.packedBy, state)",
        becomes: "isPackedBy(one.plan, state)",
      },
    ],
  },
];
