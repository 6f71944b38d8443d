/** What folding can do wrong: events, orders, timers, definitions. */
import type { Defect } from "./defect.ts";

const fold = "services/segments/src/fold.ts";
const orderImage = "packages/runtime/src/order-image.ts";
const versions = "packages/runtime/src/definition-versions.ts";
const meta = "packages/runtime/src/partition-meta.ts";
const coreFold = "packages/core/src/plan/fold.ts";

export const foldDefects: readonly Defect[] = [
  {
    name: "repeat-of-position-admitted",
    sentence: "The event at the very position that was seen last is admitted once more.",
    file: fold,
    pieces: [{ text: "event.ordinal <= ordinal", becomes: "event.ordinal < ordinal" }],
  },
  {
    name: "event-ids-not-kept",
    sentence: "Event ids are looked for, but those that come are not kept.",
    file: fold,
    pieces: [
      {
        text: "if (event.eventId !== null) rememberEventId(subject.state, event.eventId, record.timestamp);",
        becomes: "",
      },
    ],
  },
  {
    name: "event-ids-forgotten-early",
    sentence: "Event ids are kept for an hour, not for a day.",
    file: "packages/core/src/customer.ts",
    pieces: [{ text: "const keptEventIdSeconds = 86_400;", becomes: "const keptEventIdSeconds = 3_600;" }],
  },
  {
    name: "correction-adds",
    sentence: "A correction of an order adds what is new and does not take back what was.",
    file: orderImage,
    pieces: [
      {
        text: "if (old !== null) changes.push({ ...shared, sign: -1, properties: old });",
        becomes: "",
      },
    ],
  },
  {
    name: "parked-forgotten",
    sentence: "Corrections that came before their order are kept, and never applied.",
    file: orderImage,
    pieces: [
      {
        text: "for (const parked of before?.parked ?? []) {",
        becomes: "for (const parked of [] as OrderImage['parked']) {",
      },
    ],
  },
  {
    name: "same-version-again",
    sentence: "A correction with the version that is known already is taken in again.",
    file: orderImage,
    pieces: [
      {
        text: "if (version <= image.version) return false;",
        becomes: "if (version < image.version) return false;",
      },
    ],
  },
  {
    name: "attributes-by-arrival",
    sentence: "An attribute is what came last, not what was set last.",
    file: "packages/core/src/features/attributes.ts",
    pieces: [{ text: "if (before && compareStamps(before.stamp, stamp) > 0) continue;", becomes: "" }],
  },
  {
    name: "window-a-millisecond-long",
    sentence: "An event is still in a rolling window at the instant at which it leaves it.",
    file: "packages/core/src/conditions/window.ts",
    pieces: [
      {
        text: "lowerBound(at, now - lastMs + 1);",
        becomes: "lowerBound(at, now - lastMs);",
      },
    ],
  },
  {
    name: "late-at-the-clock",
    sentence: "What a late event changes is told for the instant of the clock, not of the event.",
    file: coreFold,
    pieces: [{ text: 'cause === "late" || cause === "merge"', becomes: 'cause === "merge"' }],
  },
  {
    name: "late-before-last",
    sentence: "What a late event changes may be told for an instant before the change that it follows.",
    file: "packages/core/src/plan/look.ts",
    pieces: [
      { text: "return Math.max(occurredAt, held?.since ?? occurredAt);", becomes: "return occurredAt;" },
    ],
  },
  {
    name: "timers-jumped-over",
    sentence: "An event that comes before the clock record does not bring what was due before it.",
    file: coreFold,
    pieces: [
      {
        text: "while (state.timer !== null && state.timer < event.occurredAt)",
        becomes: "while (state.timer !== null && state.timer < 0)",
      },
    ],
  },
  {
    name: "timer-at-the-instant-of-an-event",
    sentence: "A timer due at the very instant of an event fires before the event instead of with it.",
    file: coreFold,
    pieces: [
      {
        text: "while (state.timer !== null && state.timer < event.occurredAt)",
        becomes: "while (state.timer !== null && state.timer <= event.occurredAt)",
      },
    ],
  },
  {
    name: "load-taken-for-live",
    sentence: "What a source held at its first start is no history: automations act on it.",
    file: fold,
    pieces: [
      {
        text: "const historic = meta.openLoads.has(source) || record.timestamp - event.occurredAt > historicAfterMs;",
        becomes: "const historic = record.timestamp - event.occurredAt > historicAfterMs;",
      },
    ],
  },
  {
    name: "load-never-ends",
    sentence: "The end of a load is not kept: what waits for it waits for ever.",
    file: meta,
    pieces: [{ text: "meta.openLoads.delete(load);", becomes: "" }],
  },
  {
    name: "history-fires-live",
    sentence: "What a timer that history armed brings about is told as if it happened now.",
    file: "services/segments/src/fold-clock.ts",
    pieces: [{ text: "|| timer.dueAt !== state.timer;", becomes: "|| timer.dueAt < (state.timer ?? 0);" }],
  },
  {
    name: "new-definition-live-at-once",
    sentence: "Whether there were events is forgotten: a new definition counts only what comes behind it.",
    file: meta,
    pieces: [{ text: "hasEvents: stored.hasEvents,", becomes: "hasEvents: false," }],
  },
  {
    name: "edit-silences",
    sentence: "A changed definition is silent until it is filled, the version before it too.",
    file: versions,
    pieces: [
      {
        text: "return replaced(before, inForce === undefined ? filling : { ...filling, inForce });",
        becomes: "return replaced(before, filling);",
      },
    ],
  },
  {
    name: "version-not-told",
    sentence: "A definition that got another name keeps the number of the version before.",
    file: versions,
    pieces: [
      {
        text: "const renamed = replaced(before, { ...known, version, document });",
        becomes: "const renamed = replaced(before, { ...known, document });",
      },
    ],
  },
  {
    name: "older-version-returns",
    sentence: "A version of a definition that comes late takes the place of a newer one.",
    file: versions,
    pieces: [{ text: "if (known && version <= known.version) return before;", becomes: "" }],
  },
  {
    name: "cuts-unasked",
    sentence: "Cuts move, and nobody near them is looked at.",
    file: "services/warehouse/src/cuts/rescorer.ts",
    pieces: [{ text: "return recutCustomer(set, plan, state).length > 0 ||", becomes: "return false &&" }],
  },
  {
    name: "cuts-before-archive",
    sentence: "Those near a cut are looked for before the archive has all who were there when it moved.",
    file: "services/warehouse/src/cuts/rescorer.ts",
    pieces: [{ text: "<= set.cuts.offset) continue;", becomes: "< 0) continue;" }],
  },
  {
    name: "cuts-older-return",
    sentence: "Cuts of an older version that come late take the place of newer ones.",
    file: "packages/runtime/src/definition-versions.ts",
    pieces: [{ text: "if (known !== null && version <= known.version) return before;", becomes: "" }],
  },
  {
    name: "cuts-swallow-time",
    sentence: "What was due before cuts came is told as what they brought.",
    file: "packages/runtime/src/recut-customer.ts",
    pieces: [{ text: "while (state.timer !== null && state.timer < until)", becomes: "while (false)" }],
  },
  {
    name: "cuts-news-at-first",
    sentence: "The first members by cuts that nobody had before are told as news.",
    file: "services/segments/src/stale-cuts.ts",
    pieces: [{ text: ": isFirst };", becomes: ": false };" }],
  },
  {
    name: "cuts-make-history",
    sentence: "A live timer that cuts moved is told as history.",
    file: "services/segments/src/fold-clock.ts",
    pieces: [
      {
        text: "output.change(fireTimer(plan, state, instant), subject.id, subject.kind, historic, offset, null);",
        becomes:
          "output.change(fireTimer(plan, state, instant), subject.id, subject.kind, timer.dueAt !== instant, offset, null);",
      },
    ],
  },
];
