/**
 * What the log says of each subject: its events, whom it absorbed, how it ended. Merges and erasures are worked out
 * here from the records that asked for them, rule by rule as `architecture.md` has them (rule 8 of "Effectively once").
 */
import {
  type CustomerEvent,
  type EventEntry,
  type IdentityEntry,
  isIdentity,
  type LogEntry,
  subjectKeyOf,
} from "../records.ts";

/** In order of offset. What was not admitted is not among it. */
export type LifeEntry =
  | EventEntry
  /** It became part of another. */
  | { readonly type: "merged"; readonly offset: number; readonly at: number }
  /** Everything about it is gone. */
  | { readonly type: "erased"; readonly offset: number; readonly at: number }
  | {
      readonly type: "absorbed";
      readonly offset: number;
      readonly at: number;
      readonly from: string;
      /** Of the merge in the partition of who was absorbed. */
      readonly mergeOffset: number;
    };

/** A record that has to be sent on from a place in the log, and to whom. */
interface Onward {
  readonly partition: number;
  readonly offset: number;
  readonly type: "event" | "merge" | "absorb" | "erasure" | "unmerge";
  /** `kind:id`; empty for what goes to partition 0. */
  readonly subject: string;
  /** Of an erasure: the earliest instant that it may be dated, so that all goes that it is meant for. */
  readonly notBefore?: number;
}

export interface Lives {
  /** By `kind:id`, with the partition that it lives in. */
  readonly bySubject: ReadonlyMap<
    string,
    { readonly partition: number; readonly entries: readonly LifeEntry[] }
  >;
  /** Reasons by `partition/offset`, of records that have to be rejected because of who is who, or as repeats of such. */
  readonly rejections: ReadonlyMap<string, string>;
  readonly onward: readonly Onward[];
  /** Those that erased something, or would have. */
  readonly erasures: readonly Erasure[];
}

/** Of somebody in a partition: what stands there below the offset is gone, and what comes later dated up to `at`. */
interface Erasure {
  readonly partition: number;
  readonly offset: number;
  /** `kind:id`. */
  readonly subject: string;
  readonly at: number;
}

type Entries = ReadonlyMap<number, readonly LogEntry[]>;

/** `isRejected`: whether the event there was rejected for a reason of its own. */
export function readLives(
  customerEvents: Entries,
  isRejected: (partition: number, offset: number) => boolean,
): Lives {
  const bySubject = new Map<string, { partition: number; entries: LifeEntry[] }>();
  const rejections = new Map<string, string>();
  const onward: Onward[] = [];
  const families: Family[] = [];
  const erasures: Erasure[] = [];
  const absorbedBy = new Map<string, readonly Member[]>();
  const entryAt = (partition: number, offset: number): LogEntry | undefined =>
    customerEvents.get(partition)?.find((entry) => entry.offset === offset);
  for (const [partition, entries] of customerEvents)
    walk({
      partition,
      entries,
      bySubject,
      rejections,
      onward,
      families,
      erasures,
      absorbedBy,
      entryAt,
      isRejected,
    });
  for (const { partition, offset, at, members } of families)
    for (const [subject, mergedAt] of withMembers(members, absorbedBy))
      onward.push({ partition, offset, type: "erasure", subject, notBefore: Math.max(at, mergedAt) });
  return { bySubject, rejections, onward, erasures };
}

/** Those who are erased with somebody. */
interface Family {
  readonly partition: number;
  readonly offset: number;
  /** Of the erasure. */
  readonly at: number;
  readonly members: readonly Member[];
}

/** Somebody, up to a merge into another: what it begins anew is somebody else. */
interface Member {
  readonly subject: string;
  readonly mergeOffset: number;
  /** Of the merge. */
  readonly at: number;
}

function memberKey({ subject, mergeOffset }: Omit<Member, "at">): string {
  return `${mergeOffset} ${subject}`;
}

/** And all who had become part of them, with the instant of the first merge of each. */
function withMembers(
  members: readonly Member[],
  absorbedBy: ReadonlyMap<string, readonly Member[]>,
): ReadonlyMap<string, number> {
  const all = new Map(members.map((member) => [memberKey(member), member]));
  for (const key of all.keys()) for (const one of absorbedBy.get(key) ?? []) all.set(memberKey(one), one);
  const first = new Map<string, number>();
  for (const { subject, at } of all.values()) first.set(subject, Math.min(at, first.get(subject) ?? at));
  return first;
}

interface Walk {
  readonly partition: number;
  readonly entries: readonly LogEntry[];
  readonly bySubject: Map<string, { partition: number; entries: LifeEntry[] }>;
  readonly rejections: Map<string, string>;
  readonly onward: Onward[];
  readonly families: Family[];
  readonly erasures: Erasure[];
  /** Who had been absorbed by somebody when that one was merged itself. */
  readonly absorbedBy: Map<string, readonly Member[]>;
  readonly entryAt: (partition: number, offset: number) => LogEntry | undefined;
  readonly isRejected: (partition: number, offset: number) => boolean;
}

interface Person {
  into: string | null;
  erasedAt: number;
  absorbed: readonly Member[];
  /** What it sent on as one that had been merged: those who went with it, and the latest that anything is dated. */
  passed: readonly Member[];
  through: number;
}

function nobody(erasedAt: number): Person {
  return { into: null, erasedAt, absorbed: [], passed: [], through: Number.NEGATIVE_INFINITY };
}

/** Somebody in two partitions, which is wrong, has a life in each. */
export function lifeKey(bySubject: Lives["bySubject"], partition: number, subject: string): string {
  const known = bySubject.get(subject);
  return known === undefined || known.partition === partition ? subject : `${subject} in ${partition}`;
}

/** A record about who is who, and what may come of it. */
interface Told {
  readonly entry: IdentityEntry;
  readonly subject: string;
  readonly other: string;
  readonly send: (what: Onward["type"], to: string) => void;
  readonly reject: (reason: string) => void;
}

function walk(context: Walk): void {
  const { partition, entries, bySubject, rejections, onward, families, absorbedBy, isRejected } = context;
  const seen = new Set<string>();
  const people = new Map<string, Person>();
  const merged = new Map<string, string>();
  const personOf = (subject: string): Person => {
    const person = people.get(subject) ?? nobody(Number.NEGATIVE_INFINITY);
    people.set(subject, person);
    return person;
  };
  const live = (subject: string, entry: LifeEntry): void => {
    const key = lifeKey(bySubject, partition, subject);
    const life = bySubject.get(key) ?? { partition, entries: [] };
    bySubject.set(key, life);
    life.entries.push(entry);
  };

  const takeEvent = (entry: EventEntry): void => {
    const { event, offset } = entry;
    const subject = subjectKeyOf(event);
    const person = personOf(subject);
    const { into, erasedAt } = person;
    if (event.occurredAt <= erasedAt) rejections.set(`${partition}/${offset}`, "erased");
    else if (into !== null) {
      person.through = Math.max(person.through, event.occurredAt);
      rejections.set(`${partition}/${offset}`, "forwarded");
      onward.push({ partition, offset, type: "event", subject: into });
    } else if (!isRejected(partition, offset)) live(subject, entry);
  };
  const handlers: Readonly<Record<IdentityEntry["type"], (it: Told) => void>> = {
    "merge-request"({ subject, other, send, reject }) {
      const reason = partition === 0 ? refusalOf(merged, subject, other) : "merge-out-of-place";
      if (reason !== null) reject(reason);
      else {
        merged.set(subject, other);
        send("merge", subject);
      }
    },
    unmerge({ entry: { source } }) {
      const cause = source && context.entryAt(source.sourcePartition, source.sourceOffset);
      if (cause?.type === "erasure" || cause?.type === "merge")
        merged.delete(`${cause.subjectKind}:${cause.subject}`);
    },
    merge({ entry: { offset, at }, subject, other, send, reject }) {
      const person = personOf(subject);
      if (person.erasedAt >= at) {
        reject("erased");
        send("unmerge", "");
        return;
      }
      live(subject, { type: "merged", offset, at });
      person.into = other;
      absorbedBy.set(memberKey({ subject, mergeOffset: offset }), person.absorbed);
      person.absorbed = [];
      person.through = at;
      send("absorb", other);
    },
    absorb({ entry, subject, other, send, reject }) {
      const { offset, at } = entry;
      const person = personOf(subject);
      const mergeOffset = mergeOf(entry, context.entryAt);
      const member = { subject: other, mergeOffset, at };
      if (person.erasedAt >= at) {
        reject("erased");
        families.push({ partition, offset, at: person.erasedAt, members: [member] });
      } else if (person.into !== null) {
        person.passed = [...person.passed, member];
        person.through = Math.max(person.through, at);
        send("absorb", person.into);
      } else {
        person.absorbed = [...person.absorbed, member];
        live(subject, { type: "absorbed", offset, at, from: other, mergeOffset });
      }
    },
    erasure({ entry: { offset, at }, subject, send }) {
      const person = personOf(subject);
      if (person.erasedAt >= at) return;
      if (person.into !== null) {
        const notBefore = Math.max(at, person.through);
        onward.push({ partition, offset, type: "erasure", subject: person.into, notBefore });
        send("unmerge", "");
      }
      families.push({ partition, offset, at, members: [...person.absorbed, ...person.passed] });
      context.erasures.push({ partition, offset, subject, at });
      live(subject, { type: "erased", offset, at });
      people.set(subject, nobody(at));
    },
  };
  const takeIdentity = (entry: IdentityEntry): void => {
    const { type, offset, subjectKind } = entry;
    handlers[type]({
      entry,
      subject: `${subjectKind}:${entry.subject}`,
      other: `${subjectKind}:${entry.other}`,
      send: (what, to) => void onward.push({ partition, offset, type: what, subject: to }),
      reject: (reason) => void rejections.set(`${partition}/${offset}`, reason),
    });
  };

  for (const entry of entries) {
    if (entry.type !== "event" && !isIdentity(entry)) continue;
    const source = entry.type === "event" ? entry.event : entry.source;
    if (source !== null) {
      const position = positionOf(source);
      if (seen.has(position)) {
        if (entry.type !== "event")
          rejections.set(`${partition}/${entry.offset}`, "repeated-source-position");
        // An event that was admitted again is told of elsewhere.
        else if (!isRejected(partition, entry.offset)) live(subjectKeyOf(entry.event), entry);
        continue;
      }
      seen.add(position);
    }
    if (entry.type === "event") takeEvent(entry);
    else takeIdentity(entry);
  }
}

/** An absorb may have been sent on by others on its way. */
function mergeOf({ source }: IdentityEntry, entryAt: Walk["entryAt"]): number {
  if (source === null) return -1;
  const cause = entryAt(source.sourcePartition, source.sourceOffset);
  return cause?.type === "absorb" ? mergeOf(cause, entryAt) : source.sourceOffset;
}

/** Merges are put in order, and those that would go round refused. */
function refusalOf(merged: ReadonlyMap<string, string>, subject: string, into: string): string | null {
  const known = merged.get(subject);
  if (known !== undefined) return known === into ? "repeated-merge" : "merged-before";
  for (let one: string | undefined = into; one !== undefined; one = merged.get(one))
    if (one === subject) return "merge-cycle";
  return null;
}

function positionOf({
  sourceId,
  sourcePartition,
  sourceOffset,
  ordinal,
}: Pick<CustomerEvent, "sourceId" | "sourcePartition" | "sourceOffset" | "ordinal">): string {
  return `${sourceId}/${sourcePartition}/${sourceOffset}/${ordinal}`;
}
