/** ClickHouse has each event and each change exactly once, as it was on the topic, and knows who is in what now. */
import {
  type Archive,
  type ArchivedChange,
  type LogEntry,
  type SegmentChange,
  subjectKeyOf,
} from "../records.ts";
import { type Findings, foundDuplicate, foundLost, instantText } from "../verdict.ts";
import { nameOf, type StandingChanges } from "./changes.ts";

export interface ArchiveContext {
  readonly customerEvents: ReadonlyMap<number, readonly LogEntry[]>;
  readonly changes: StandingChanges;
  /** Names of definitions whose newest version deletes them. */
  readonly deleted: ReadonlySet<string>;
}

export function checkArchive(archive: Archive, context: ArchiveContext, findings: Findings): void {
  const events = new Map<string, string>();
  for (const [partition, entries] of context.customerEvents)
    for (const entry of entries)
      if (entry.type === "event")
        events.set(`${partition}/${entry.offset}`, `${subjectKeyOf(entry.event)} ${eventText(entry.event)}`);
  const eventRows = archive.events.map((row): readonly [string, string] => [
    `${row.partition}/${row.offset}`,
    `${subjectKeyOf(row)} ${eventText(row)}`,
  ]);
  checkRows("customer_events", "the event at", events, eventRows, findings);

  const changes = new Map<string, string>();
  for (const [partition, standing] of context.changes)
    for (const change of standing) changes.set(`${partition}-${change.sequence}`, changeText(change));
  const changeRows = archive.changes.map((row): readonly [string, string] => [
    `${row.partition}-${row.sequence}`,
    changeText(row),
  ]);
  checkRows("segment_changes", "the change", changes, changeRows, findings);
  checkMembers(archive, context, findings);
}

/** `expected` and `rows`: what a row says by what it is known by. */
function checkRows(
  table: string,
  what: string,
  expected: ReadonlyMap<string, string>,
  rows: readonly (readonly [string, string])[],
  findings: Findings,
): void {
  const seen = new Set<string>();
  for (const [key, text] of rows) {
    const wanted = expected.get(key);
    if (seen.has(key)) foundDuplicate(findings, `${table} has ${what} ${key} more than once.`);
    else if (wanted === undefined)
      foundLost(findings, `${table} has ${what} ${key}, which is not on the topic.`);
    else if (wanted !== text)
      foundLost(findings, `${table} has ${what} ${key} as "${text}"; it is "${wanted}".`);
    seen.add(key);
  }
  for (const key of expected.keys())
    if (!seen.has(key)) foundLost(findings, `${table} lacks ${what} ${key}.`);
}

/** The view of current members is what all changes add up to. */
function checkMembers(archive: Archive, { changes, deleted }: ArchiveContext, findings: Findings): void {
  const expected = new Map<string, string>();
  for (const standing of changes.values())
    for (const change of standing) {
      const name = nameOf(change);
      if (deleted.has(name)) continue;
      const key = `${subjectKeyOf(change)} in ${name}`;
      if (change.definitionKind === "segment" && change.to === "out") expected.delete(key);
      else expected.set(key, change.to);
    }
  const rows = archive.members.map((row): readonly [string, string] => [
    `${subjectKeyOf(row)} in ${nameOf(row)}`,
    row.category,
  ]);
  checkRows("segment_members", "the membership of", expected, rows, findings);
}

function eventText({ name, occurredAt }: { readonly name: string; readonly occurredAt: number }): string {
  return `${name} ${instantText(occurredAt)}`;
}

function changeText(change: SegmentChange | ArchivedChange): string {
  const { from, to, effectiveAt } = change;
  return `${subjectKeyOf(change)} ${nameOf(change)} from ${from} to ${to} at ${instantText(effectiveAt)}`;
}
