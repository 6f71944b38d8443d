/**
 * ClickHouse has each event and each change exactly once, as it was on the topic, and knows who is in what now. Timers
 * go on while it is read: what came onto the topics meanwhile may be in the tables or not.
 */
import type { DeletedAt } from "../deletions.ts";
import type { Lives } from "../identity/lives.ts";
import {
  type Archive,
  type ArchivedChange,
  type Ends,
  isBefore,
  type LogEntry,
  type RejectedEvent,
  type SegmentChange,
  subjectKeyOf,
} from "../records.ts";
import { type Findings, foundDuplicate, foundLost, instantText } from "../verdict.ts";
import { nameOf, type StandingChange, type StandingChanges } from "./changes.ts";

export interface ArchiveContext {
  readonly customerEvents: ReadonlyMap<number, readonly LogEntry[]>;
  readonly changes: StandingChanges;
  readonly rejected: readonly RejectedEvent[];
  readonly ends: Ends;
  /** Names of definitions whose newest version deletes them. */
  readonly deleted: ReadonlySet<string>;
  readonly deletedAt: DeletedAt;
  readonly erasures: Lives["erasures"];
}

export function checkArchive(archive: Archive, context: ArchiveContext, findings: Findings): void {
  const { customerEvents, changes, ends } = context;
  const erasuresOf = Map.groupBy(context.erasures, ({ partition, subject }) => `${partition} ${subject}`);
  const erasures = (partition: number, of: { readonly subjectKind: string; readonly subject: string }) =>
    erasuresOf.get(`${partition} ${subjectKeyOf(of)}`) ?? [];
  const eventsOnTopic = new Map<string, Wanted>();
  for (const [partition, entries] of customerEvents)
    for (const entry of entries)
      if (
        entry.type === "event" &&
        !erasures(partition, entry.event).some(
          ({ offset, at }) => entry.offset < offset || entry.event.occurredAt <= at,
        )
      )
        eventsOnTopic.set(`${partition}/${entry.offset}`, {
          text: `${subjectKeyOf(entry.event)} ${eventText(entry.event)}`,
          isDue: isBefore(ends.customerEvents, partition, entry.offset),
        });
  const eventRows = archive.events.map(
    (row): Row => ({
      key: `${row.partition}/${row.offset}`,
      text: `${subjectKeyOf(row)} ${eventText(row)}`,
    }),
  );
  checkRows("customer_events", "the event at", eventsOnTopic, eventRows, findings);

  const changesOnTopic = new Map<string, Wanted>();
  for (const [partition, standing] of changes)
    for (const change of standing)
      if (!erasures(partition, change).some(({ offset }) => change.causeOffset <= offset))
        changesOnTopic.set(`${partition}-${change.sequence}`, {
          text: changeText(change),
          isDue: isBefore(ends.segmentChanges, partition, change.offset),
        });
  const changeRows = archive.changes.map(
    (row): Row => ({
      key: `${row.partition}-${row.sequence}`,
      text: changeText(row),
    }),
  );
  checkRows("segment_changes", "the change", changesOnTopic, changeRows, findings);
  checkRejected(archive, context, findings);
  checkMembers(archive, context, findings);
}

/** Events that do not count are known as such, and no others. */
function checkRejected(archive: Archive, { rejected, ends }: ArchiveContext, findings: Findings): void {
  const rows = new Set(archive.rejected.map(({ partition, offset }) => `${partition}/${offset}`));
  const onTopic = new Set(rejected.map(({ partition, offset }) => `${partition}/${offset}`));
  for (const { partition, offset } of new Map(
    rejected.map((one) => [`${one.partition}/${one.offset}`, one]),
  ).values())
    if (isBefore(ends.customerEvents, partition, offset) && !rows.has(`${partition}/${offset}`))
      foundLost(findings, `rejected_events lacks the event at ${partition}/${offset}.`);
  for (const place of rows)
    if (!onTopic.has(place))
      foundLost(findings, `rejected_events has the event at ${place}, which was not rejected.`);
}

/** What a row ought to say, and whether it has to be there by now. */
interface Wanted {
  readonly text: string;
  readonly isDue: boolean;
}

interface Row {
  readonly key: string;
  readonly text: string;
}

function checkRows(
  table: string,
  what: string,
  wanted: ReadonlyMap<string, Wanted>,
  rows: readonly Row[],
  findings: Findings,
): void {
  const seen = new Set<string>();
  for (const { key, text } of rows) {
    const known = wanted.get(key);
    if (seen.has(key)) foundDuplicate(findings, `${table} has ${what} ${key} more than once.`);
    else if (known === undefined)
      foundLost(findings, `${table} has ${what} ${key}, which is not on the topic.`);
    else if (known.text !== text)
      foundLost(findings, `${table} has ${what} ${key} as "${text}"; it is "${known.text}".`);
    seen.add(key);
  }
  for (const [key, { isDue }] of wanted)
    if (isDue && !seen.has(key)) foundLost(findings, `${table} lacks ${what} ${key}.`);
}

/** The view of current members is what all changes since definitions were deleted add up to. */
function checkMembers(
  { members }: Archive,
  { changes, ends, deleted, deletedAt }: ArchiveContext,
  findings: Findings,
): void {
  const states = new Map<string, string[]>();
  for (const [partition, standing] of changes)
    for (const change of standing) {
      if (deleted.has(nameOf(change))) continue;
      const key = `${subjectKeyOf(change)} in ${nameOf(change)}`;
      const isDue = isBefore(ends.segmentChanges, partition, change.offset);
      // States since the end are as good as the one before it.
      states.set(key, isDue ? [stateOf(change)] : [...(states.get(key) ?? [nobody]), stateOf(change)]);
      const gone = deletedAt(partition, nameOf(change));
      if (gone === undefined || gone < change.causeOffset) continue;
      const isGone = isBefore(ends.customerEvents, partition, gone);
      states.set(key, isGone ? [nobody] : [...(states.get(key) ?? []), nobody]);
    }
  const seen = new Set<string>();
  for (const row of members) {
    const key = `${subjectKeyOf(row)} in ${nameOf(row)}`;
    const what = `segment_members has the membership of ${key}`;
    if (seen.has(key)) foundDuplicate(findings, `${what} more than once.`);
    else if (!(states.get(key) ?? []).includes(row.category))
      foundLost(findings, `${what} as ${row.category}, which its changes do not add up to.`);
    seen.add(key);
  }
  for (const [key, possible] of states)
    if (!seen.has(key) && !possible.includes(nobody))
      foundLost(findings, `segment_members lacks the membership of ${key}.`);
}

const nobody = "";

/** Of who left a segment, or was merged or erased, there is no row. */
function stateOf({ to }: StandingChange): string {
  return to === "out" ? nobody : to;
}

function eventText({ name, occurredAt }: { readonly name: string; readonly occurredAt: number }): string {
  return `${name} ${instantText(occurredAt)}`;
}

function changeText(change: SegmentChange | ArchivedChange): string {
  const { from, to, effectiveAt } = change;
  return `${subjectKeyOf(change)} ${nameOf(change)} from ${from} to ${to} at ${instantText(effectiveAt)}`;
}
