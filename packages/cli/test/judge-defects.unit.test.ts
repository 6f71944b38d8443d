/** One fault planted in a sound run at a time: each has to be seen, counted as what it is, and said. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { judgeLogs } from "../src/judge/judge-logs.ts";
import { isBehind } from "../src/judge/read-evidence.ts";
import type {
  Archive,
  ChangeEntry,
  Ends,
  EventEntry,
  LogEntry,
  Logs,
  SegmentChange,
} from "../src/judge/records.ts";
import { archiveOf, endsOf, enginePartition } from "./judge-partition.ts";
import type { Json } from "./judge-support.ts";

const hour = 3_600_000;
const day = 24 * hour;
const startAt = Date.UTC(2026, 4, 1, 12);
const documents: readonly Json[] = [
  { kind: "segment", id: "bought", when: { count: "order.placed", during: { last: "10 days" }, atLeast: 1 } },
  { kind: "segment", id: "birthday", when: { anniversary: "birthDate", today: true } },
  {
    kind: "classification",
    id: "tier",
    categories: [{ id: "big", when: { sum: "total", of: "order.placed", atLeast: 100 } }],
    otherwise: "small",
  },
];

interface Run {
  readonly logs: Logs;
  readonly archive: Archive;
  /** Where the topics ended before the tables were read; at their ends unless given. */
  readonly ends?: Ends;
}
let sound: Run;
let asOf = 0;

/** Three customers over three weeks: orders, a refund, a late event, a repeat, a birthday. */
beforeAll(async () => {
  const partition = await enginePartition(documents, "UTC", startAt);
  const order = (subject: string, orderId: string, total: number) =>
    partition.event({
      subject,
      name: "order.placed",
      occurredAt: partition.now(),
      properties: JSON.stringify({ total }),
      order: { orderId, action: "placed", version: null, refund: null },
    });
  await order("ann", "o-1", 120);
  await partition.event({
    subject: "bob",
    name: "profile.updated",
    attributes: '{"birthDate":"1990-05-09"}',
  });
  await partition.again(0);
  partition.advance(day);
  await order("bob", "o-2", 40);
  await partition.fire();
  partition.advance(12 * day);
  await partition.fire();
  await partition.event({ subject: "bob", occurredAt: partition.now() - 3 * day });
  await order("cho", "o-3", 100);
  await partition.event({
    subject: "ann",
    name: "order.refunded",
    order: { orderId: "o-1", action: "refunded", version: null, refund: 30 },
  });
  partition.advance(20 * day);
  await partition.fire();
  asOf = partition.now();
  const logs = await partition.logs();
  const unattributed = { topic: "orders", partition: 0, offset: 3, reason: "unattributed", orderLines: 4 };
  const letters = {
    ...logs,
    sources: [...logs.sources, { topic: "orders", partition: 0, offset: 4 }],
    deadLetters: [
      { ...unattributed, offset: 4 },
      { ...unattributed, offset: 4 },
    ],
  };
  sound = { logs: letters, archive: archiveOf(logs) };
});

const verdictOf = ({ logs, archive, ends = endsOf(logs) }: Run) =>
  judgeLogs({ logs, archive, ends }, { asOf, zone: "UTC", onProgress: () => {} });

const entriesOf = (logs: Logs): readonly LogEntry[] => logs.customerEvents.get(0)!;
const changesOf = (logs: Logs): readonly ChangeEntry[] => logs.segmentChanges.get(0)!;
const withEntries = (logs: Logs, entries: readonly LogEntry[]): Logs => ({
  ...logs,
  customerEvents: new Map([[0, entries]]),
});
const withChanges = (logs: Logs, changes: readonly ChangeEntry[]): Logs => ({
  ...logs,
  segmentChanges: new Map([[0, changes]]),
});

/** With a topic changed, and an archive that has what the topic has. */
const consistently = (logs: Logs): Run => ({ logs, archive: archiveOf(logs) });

/** Changes by number, so that those behind a fault can be renumbered. */
function renumbered(changes: readonly ChangeEntry[]): ChangeEntry[] {
  let sequence = 0;
  return changes.map((entry) => {
    if (entry.type === "fence") return entry;
    sequence += 1;
    return { ...entry, change: { ...entry.change, sequence, changeId: `0-${sequence}` } };
  });
}

const editChange = (
  changes: readonly ChangeEntry[],
  sequence: number,
  edit: Partial<SegmentChange>,
): ChangeEntry[] =>
  changes.map((entry) =>
    entry.type === "change" && entry.change.sequence === sequence
      ? { ...entry, change: { ...entry.change, ...edit } }
      : entry,
  );

const isChange = (entry: ChangeEntry, definition: string, to: string): boolean =>
  entry.type === "change" && entry.change.definition === definition && entry.change.to === to;

describe("given a sound run", () => {
  it("when it is judged, then nothing is wrong, and sizes and members are those that a person counts", () => {
    const verdict = verdictOf(sound);
    expect(verdict.details).toEqual([]);
    expect(verdict).toMatchObject({
      // Six events; the repeat of the first is rejected.
      events: 6,
      lost: 0,
      duplicates: 0,
      // One order of four lines, told twice.
      unattributed: 4,
      // The last order is 20 days old; birthdays were on 9 May. 120 - 30 = 90 is small, 100 is big.
      segments: { bought: 0, birthday: 0 },
      classifications: { tier: { big: 1, small: 2 } },
    });
    expect(verdict.members.get("classification/tier/big")).toEqual(new Set(["customer:cho"]));
  });
});

describe("given a sound run with one fault planted", () => {
  const faults: readonly (readonly [
    title: string,
    plant: (run: Run) => Run,
    lost: number,
    duplicates: number,
    said: RegExp,
  ])[] = [
    [
      "an event never reached customer-events",
      ({ logs }) =>
        consistently(
          withEntries(
            logs,
            entriesOf(logs).filter((entry) => !isFirstOf(entry, "cho")),
          ),
        ),
      // The event itself, and that changes of somebody without events are there.
      2,
      0,
      /orders\/0\/2 has no event in customer-events and no dead letter/,
    ],
    [
      "one of two events of a source record is missing",
      ({ logs }) =>
        consistently(
          withEntries(
            logs,
            entriesOf(logs).map((entry) => (isFirstOf(entry, "cho") ? edited(entry, { count: 2 }) : entry)),
          ),
        ),
      1,
      0,
      /orders\/0\/2 lacks event 2 of 2/,
    ],
    [
      "a dead letter is missing",
      ({ logs }) => consistently({ ...logs, deadLetters: [] }),
      1,
      0,
      /orders\/0\/4 has no event in customer-events and no dead letter/,
    ],
    [
      "a repeat was admitted",
      ({ logs }) => consistently({ ...logs, rejected: [] }),
      // An order that is placed a second time without a version changes nothing in the fold.
      0,
      1,
      /orders\/0\/0 \(event 1 of 1\) was admitted at customer-events\/0\/3 and again at customer-events\/0\/5/,
    ],
    [
      "an event was rejected as a repeat and is none",
      ({ logs }) => {
        const { event, offset } = entriesOf(logs).find((entry) => isFirstOf(entry, "bob")) as EventEntry;
        const { sourceId, sourcePartition, sourceOffset, ordinal } = event;
        const rejection = {
          partition: 0,
          offset,
          sourceId,
          sourcePartition,
          sourceOffset,
          ordinal,
          reason: "repeated-source-position",
        };
        return consistently({ ...logs, rejected: [...logs.rejected, rejection] });
      },
      // The rejection, and bob's birthday (in and out), which nothing explains any more, and where bob's tier began.
      4,
      0,
      /was rejected as repeated-source-position, and it is not/,
    ],
    [
      "a change is missing from the topic",
      ({ logs }) => {
        const changes = changesOf(logs).filter((entry) => !isChange(entry, "birthday", "out"));
        return consistently(withChanges(logs, renumbered(changes)));
      },
      // The change, and that bob is left in.
      2,
      0,
      /customer:bob ought to have segment\/birthday from in to out at 2026-05-10T00:00:00.000Z\./,
    ],
    [
      "a change stands twice, under two numbers",
      ({ logs }) => {
        const changes = changesOf(logs).flatMap((entry) =>
          isChange(entry, "birthday", "in") ? [entry, entry] : [entry],
        );
        return consistently(withChanges(logs, renumbered(changes)));
      },
      0,
      // Seen in the topic by itself, and by the fold.
      2,
      /customer:bob in segment\/birthday from out to in at 2026-05-09T00:00:00.000Z under the numbers \d+ and \d+/,
    ],
    [
      "a change stands at another instant",
      ({ logs }) => {
        const { change } = changesOf(logs).find((entry) => isChange(entry, "birthday", "in")) as Extract<
          ChangeEntry,
          { type: "change" }
        >;
        const edit = { effectiveAt: change.effectiveAt + 1 };
        return consistently(withChanges(logs, editChange(changesOf(logs), change.sequence, edit)));
      },
      1,
      0,
      /customer:bob ought to have segment\/birthday from out to in at 2026-05-09T00:00:00.000Z; it was published at 2026-05-09T00:00:00.001Z/,
    ],
    [
      "a number was left out",
      ({ logs }) => {
        const changes = changesOf(logs).map((entry) =>
          entry.type === "change" && entry.change.sequence > 3
            ? {
                ...entry,
                change: {
                  ...entry.change,
                  sequence: entry.change.sequence + 1,
                  changeId: `0-${entry.change.sequence + 1}`,
                },
              }
            : entry,
        );
        return consistently(withChanges(logs, changes));
      },
      1,
      0,
      /segment-changes\/0 lacks the numbers 4 to 4/,
    ],
    [
      "a number came again and said something else",
      ({ logs }) => {
        const changes = changesOf(logs).flatMap((entry) =>
          entry.type === "change" && entry.change.sequence === 3
            ? [entry, { ...entry, change: { ...entry.change, subject: "eve" } }]
            : [entry],
        );
        return consistently(withChanges(logs, changes));
      },
      1,
      0,
      /gives the number 3 to two different changes/,
    ],
    [
      "a change that never was stands at the end",
      ({ logs }) => {
        const changes = changesOf(logs);
        const last = changes.findLast((entry) => isChange(entry, "bought", "out")) as Extract<
          ChangeEntry,
          { type: "change" }
        >;
        const invented = {
          ...last,
          change: { ...last.change, from: "out", to: "in", effectiveAt: last.change.effectiveAt + hour },
        };
        return consistently(withChanges(logs, renumbered([...changes, invented])));
      },
      // The change, and that it leaves somebody in.
      2,
      0,
      /an unexpected change/,
    ],
    [
      "a customer's events are spread over two partitions",
      ({ logs }) => {
        const [first, ...rest] = entriesOf(logs).filter((entry) => entry.type === "event");
        const definitions = entriesOf(logs).filter((entry) => entry.type === "definition");
        const spread = new Map([
          [0, [...definitions, first!, ...rest.filter((entry) => !isLastOf(entry, "bob"))]],
          [1, [...definitions, ...rest.filter((entry) => isLastOf(entry, "bob"))]],
        ]);
        return consistently({ ...logs, customerEvents: spread });
      },
      // That they are, and the category that bob has in the other one from the start.
      3,
      0,
      /customer:bob has events in the partitions 0 and 1 of customer-events/,
    ],
    [
      "a rejection is missing from ClickHouse",
      ({ logs, archive }) => ({ logs, archive: { ...archive, rejected: [] } }),
      1,
      0,
      /rejected_events lacks the event at 0\/5/,
    ],
    [
      "ClickHouse leaves an event out that counts",
      ({ logs, archive }) => ({
        logs,
        archive: { ...archive, rejected: [...archive.rejected, { partition: 0, offset: 3 }] },
      }),
      1,
      0,
      /rejected_events has the event at 0\/3, which was not rejected/,
    ],
    [
      "an event is missing from ClickHouse",
      ({ logs, archive }) => ({ logs, archive: { ...archive, events: archive.events.slice(1) } }),
      1,
      0,
      /customer_events lacks the event at 0\/3/,
    ],
    [
      "an event is in ClickHouse twice",
      ({ logs, archive }) => ({
        logs,
        archive: { ...archive, events: [...archive.events, archive.events[2]!] },
      }),
      0,
      1,
      /customer_events has the event at 0\/\d+ more than once/,
    ],
    [
      "a change is missing from ClickHouse",
      ({ logs, archive }) => ({ logs, archive: { ...archive, changes: archive.changes.slice(0, -1) } }),
      1,
      0,
      /segment_changes lacks the change 0-\d+/,
    ],
    [
      "a change is in ClickHouse twice",
      ({ logs, archive }) => ({
        logs,
        archive: { ...archive, changes: [...archive.changes, archive.changes[0]!] },
      }),
      0,
      1,
      /segment_changes has the change 0-1 more than once/,
    ],
    [
      "a row says something else than the topic",
      ({ logs, archive }) => ({
        logs,
        archive: {
          ...archive,
          changes: archive.changes.map((row, index) =>
            index === 0 ? { ...row, effectiveAt: row.effectiveAt + 1 } : row,
          ),
        },
      }),
      1,
      0,
      /segment_changes has the change 0-1 as .*; it is /,
    ],
    [
      "the view of current members lacks somebody",
      ({ logs, archive }) => ({ logs, archive: { ...archive, members: archive.members.slice(1) } }),
      1,
      0,
      /segment_members lacks the membership of customer:ann in classification\/tier/,
    ],
    [
      "the view of current members has somebody who left",
      ({ logs, archive }) => ({
        logs,
        archive: {
          ...archive,
          members: [
            ...archive.members,
            { ...archive.members[0]!, definitionKind: "segment", definition: "bought", category: "in" },
          ],
        },
      }),
      1,
      0,
      /segment_members has the membership of customer:ann in segment\/bought as in, which its changes do not add up to/,
    ],
  ];

  it.each(faults)("when %s, then that is what it finds", (_, plant, lost, duplicates, said) => {
    const verdict = verdictOf(plant(sound));
    expect(verdict.details.join("\n")).toMatch(said);
    expect([verdict.lost, verdict.duplicates]).toEqual([lost, duplicates]);
  });

  it("when a definition is deleted and written anew, then those who were in it before are members no more, and whoever still is one is found", () => {
    const { logs, archive } = sound;
    const offset = entriesOf(logs).at(-1)!.offset + 1;
    const tier = { kind: "classification", id: "tier", filling: true };
    const versions = [null, JSON.stringify(documents[2])].map(
      (document, at): LogEntry => ({
        type: "definition",
        offset: offset + at,
        definition: { ...tier, version: 1_000 + at, document },
      }),
    );
    const anew = withEntries(logs, [...entriesOf(logs), ...versions]);
    const members = archive.members.filter(({ definition }) => definition !== "tier");
    expect(verdictOf({ logs: anew, archive: { ...archive, members } })).toMatchObject({
      lost: 0,
      details: [],
    });
    const verdict = verdictOf({ logs: anew, archive });
    expect(verdict.lost).toBe(3);
    expect(verdict.details.join("\n")).toMatch(
      /segment_members has the membership of customer:cho in classification\/tier as big, which its changes do not add up to/,
    );
  });

  it("when somebody who was shut out wrote once more, then that is void and nothing is wrong", () => {
    const { logs } = sound;
    const changes = changesOf(logs);
    const fence: ChangeEntry = { type: "fence", offset: 900, fence: { epoch: 50 } };
    const stale = { ...(changes.at(-1) as Extract<ChangeEntry, { type: "change" }>) };
    const run = consistently(
      withChanges(logs, [...changes, fence, { ...stale, change: { ...stale.change, sequence: 99 } }]),
    );
    expect(verdictOf(run)).toMatchObject({ lost: 0, duplicates: 0 });
  });

  it("when the owner published a change again before it committed, then that is no duplicate", () => {
    const { logs } = sound;
    const again = changesOf(logs).flatMap((entry): ChangeEntry[] => {
      if (entry.type === "fence") return [entry];
      const { change } = entry;
      return [entry, { ...entry, change: { ...change, detectedAt: change.detectedAt + 5 } }];
    });
    expect(verdictOf(consistently(withChanges(logs, again)))).toMatchObject({ lost: 0, duplicates: 0 });
  });

  it("when the last change came while the tables were read, then it may be in them or not, and so may its membership", () => {
    const { logs, archive } = sound;
    const last = changesOf(logs).findLast((entry) => entry.type === "change")!;
    const ends = { ...endsOf(logs), segmentChanges: new Map([[0, last.offset]]) };
    const before = withChanges(
      logs,
      changesOf(logs).filter((entry) => entry !== last),
    );
    for (const rows of [archive, archiveOf(before), { ...archive, members: archiveOf(before).members }])
      expect(verdictOf({ logs, archive: rows, ends })).toMatchObject({ lost: 0, duplicates: 0 });
    expect(isBehind({ logs, archive: archiveOf(before), ends })).toBe(false);
    expect(isBehind({ logs, archive: archiveOf(before), ends: endsOf(logs) })).toBe(true);
    expect(isBehind({ logs, archive: { ...archive, events: [] }, ends })).toBe(true);
  });

  it("when any one record of any topic or row of any table is left out, then it is seen", () => {
    const lists = (run: Run) => ({
      event: entriesOf(run.logs).filter(({ type }) => type === "event").length,
      change: changesOf(run.logs).filter(({ type }) => type === "change").length,
      eventRow: run.archive.events.length,
      changeRow: run.archive.changes.length,
      member: run.archive.members.length,
    });
    const without = <Item>(items: readonly Item[], index: number): Item[] =>
      items.filter((_, at) => at !== index);
    for (const [list, length] of Object.entries(lists(sound)))
      for (let index = 0; index < length; index += 1) {
        const { logs, archive } = sound;
        const events = entriesOf(logs).filter(({ type }) => type === "event");
        const changes = changesOf(logs).filter(({ type }) => type === "change");
        const run: Record<string, Run> = {
          event: consistently(
            withEntries(
              logs,
              entriesOf(logs).filter((entry) => entry !== events[index]),
            ),
          ),
          change: consistently(
            withChanges(logs, renumbered(changesOf(logs).filter((entry) => entry !== changes[index]))),
          ),
          eventRow: { logs, archive: { ...archive, events: without(archive.events, index) } },
          changeRow: { logs, archive: { ...archive, changes: without(archive.changes, index) } },
          member: { logs, archive: { ...archive, members: without(archive.members, index) } },
        };
        const { lost, duplicates } = verdictOf(run[list]!);
        expect(`${list} ${index} found: ${lost + duplicates > 0}`).toBe(`${list} ${index} found: true`);
      }
  });

  it("when any change is moved by any time, then it is seen", () => {
    const numbers = changesOf(sound.logs).flatMap((entry) => (entry.type === "change" ? [entry.change] : []));
    fc.assert(
      fc.property(
        fc.constantFrom(...numbers),
        fc.oneof(fc.constantFrom(-1, 1), fc.integer({ min: -day, max: day })),
        (change, by) => {
          fc.pre(by !== 0);
          const edit = { effectiveAt: change.effectiveAt + by };
          const moved = withChanges(sound.logs, editChange(changesOf(sound.logs), change.sequence, edit));
          expect(verdictOf(consistently(moved)).lost).toBeGreaterThan(0);
        },
      ),
    );
  });
});

function isFirstOf(entry: LogEntry, subject: string): boolean {
  const first = entriesOf(sound.logs).find((one) => one.type === "event" && one.event.subject === subject);
  return entry === first;
}

function isLastOf(entry: LogEntry, subject: string): boolean {
  const last = entriesOf(sound.logs).findLast((one) => one.type === "event" && one.event.subject === subject);
  return entry === last;
}

function edited(entry: LogEntry, edit: object): LogEntry {
  return entry.type === "event" ? { ...entry, event: { ...entry.event, ...edit } } : entry;
}
