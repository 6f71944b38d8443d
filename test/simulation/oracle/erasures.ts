/** Who was erased is nowhere any more, and there is a receipt of it. */
import { type Lives, readLives } from "../../../packages/cli/src/judge/identity/lives.ts";
import type { IdentityEntry } from "../../../packages/cli/src/judge/records.ts";
import { hashOf } from "../world/warehouse.ts";
import type { Evidence } from "./evidence.ts";

/** Places of control records that name somebody who was erased later. */
export function namesErased({ judged: { logs }, log }: Evidence): ReadonlySet<string> {
  const erased = new Map<string, number>();
  for (const { partition, offset, subject } of livesIn(logs).erasures) {
    const appendedAt = log.get(partition)?.[offset]?.appendedAt ?? 0;
    erased.set(subject, Math.max(appendedAt, erased.get(subject) ?? 0));
  }
  /** In partition 0 also what stands before the word that somebody may be merged anew. */
  const unmerged = new Map<string, number>();
  const identities = identitiesIn(logs.customerEvents);
  for (const { type, source, appendedAt } of identities) {
    const cause = identities.find(
      ({ partition, offset }) => partition === source?.sourcePartition && offset === source.sourceOffset,
    );
    if (type === "unmerge" && cause !== undefined)
      unmerged.set(`${cause.subjectKind}:${cause.subject}`, appendedAt + 1);
  }
  const places = new Set<string>();
  for (const { type, partition, offset, subjectKind, subject, other, appendedAt } of identities) {
    const isNamed = (limits: ReadonlyMap<string, number>): boolean =>
      [subject, other].some((id) => appendedAt < (limits.get(`${subjectKind}:${id}`) ?? 0));
    if (!["merge-request", "merge", "absorb"].includes(type)) continue;
    if (isNamed(erased) || (partition === 0 && isNamed(unmerged)))
      places.add(`customer-events/${partition}/${offset}`);
  }
  return places;
}

type Logs = Evidence["judged"]["logs"];

function livesIn(logs: Logs): Lives {
  const rejected = new Set(logs.rejected.map(({ partition, offset }) => `${partition}/${offset}`));
  return readLives(logs.customerEvents, (partition, offset) => rejected.has(`${partition}/${offset}`));
}

function identitiesIn(
  customerEvents: Logs["customerEvents"],
): readonly (IdentityEntry & { readonly partition: number })[] {
  return [...customerEvents].flatMap(([partition, entries]) =>
    entries.flatMap((entry) =>
      entry.type === "event" || entry.type === "definition" ? [] : [{ ...entry, partition }],
    ),
  );
}

export function checkErasures({ judged: { logs }, tables, kept }: Evidence): string[] {
  const findings: string[] = [];
  const lives = livesIn(logs);
  const receipts = new Set(
    tables
      .rows("erasures")
      .map(({ kafka_partition, offset, subject_hash, part, state }) =>
        [kafka_partition, offset, subject_hash, part, state].join(" "),
      ),
  );
  for (const { partition, offset, subject } of lives.erasures) {
    const [kind, id] = subject.split(":");
    const hash = hashOf({ subject_kind: kind, subject: id }, "subject");
    for (const part of ["events", "changes"])
      for (const state of ["found", "removed"])
        if (!receipts.has([partition, offset, hash, part, state].join(" ")))
          findings.push(
            `There is no receipt that ${part} of ${subject} were ${state} (${partition}/${offset}).`,
          );
  }
  for (const [subject, { partition, entries }] of lives.bySubject)
    if (entries.at(-1)?.type === "erased" && kept.has(`${partition} ${subject}`))
      findings.push(`${subject} was erased, and the store holds it.`);
  return findings;
}
