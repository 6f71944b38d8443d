/** Who was erased is nowhere any more, and there is a receipt of it. */
import type { Rescore } from "@tidemark/contracts";
import { type Lives, readLives } from "../../../packages/cli/src/judge/identity/lives.ts";
import { type IdentityEntry, isIdentity } from "../../../packages/cli/src/judge/records.ts";
import { hashOf } from "../world/warehouse.ts";
import { appliesIn } from "./applies.ts";
import type { Evidence } from "./evidence.ts";

/** Places of control records (`topic/partition/offset`) that name somebody who was erased. */
interface ErasedNames {
  /** May be gone: what was appended before. */
  readonly mayGo: ReadonlySet<string>;
  /** Has to be, or to name nobody: what was dated before, too. */
  readonly mustGo: ReadonlySet<string>;
}

export function namesErased({ judged: { logs }, log }: Evidence): ErasedNames {
  const erased = Map.groupBy(
    livesIn(logs).erasures.map(({ partition, offset, subject, at }) => {
      return { subject, at, appendedAt: log.get(partition)?.[offset]?.appendedAt ?? 0 };
    }),
    ({ subject }) => subject,
  );
  /** In partition 0 also what stands before the word that somebody may be merged anew. */
  const unmerged = new Map<string, number>();
  const identities = identitiesIn(logs.customerEvents);
  for (const { type, source, appendedAt } of identities) {
    const cause = identities.find(
      ({ partition, offset }) => partition === source?.sourcePartition && offset === source.sourceOffset,
    );
    if (type === "unmerge" && cause !== undefined)
      unmerged.set(`${cause.subjectKind}:${cause.subject}`, appendedAt);
  }
  const mayGo = new Set<string>();
  const mustGo = new Set<string>();
  for (const { type, partition, offset, subjectKind, subject, other, appendedAt, at } of identities) {
    if (!["merge-request", "merge", "absorb"].includes(type)) continue;
    const place = `customer-events/${partition}/${offset}`;
    for (const key of [`${subjectKind}:${subject}`, `${subjectKind}:${other}`]) {
      const erasures = erased.get(key) ?? [];
      // Also what came behind the erasure and is dated before it.
      const meant = erasures.filter((erasure) => appendedAt <= erasure.appendedAt || at <= erasure.at);
      if (meant.length > 0) mayGo.add(place);
      if (meant.some((erasure) => at <= erasure.at)) mustGo.add(place);
      if (partition === 0 && appendedAt <= (unmerged.get(key) ?? 0)) mayGo.add(place);
    }
  }
  for (const [partition, facts] of log)
    for (const fact of facts) {
      const { type, offset, value, appendedAt } = fact;
      const named = type === "tidemark.log.Rescore" ? [value as Rescore] : appliesIn(fact);
      const ofSubjects = named.flatMap(({ subjectKind, subject }) => {
        return erased.get(`${subjectKind}:${subject}`) ?? [];
      });
      if (!ofSubjects.some((erasure) => appendedAt <= erasure.appendedAt)) continue;
      mayGo.add(`customer-events/${partition}/${offset}`);
      mustGo.add(`customer-events/${partition}/${offset}`);
    }
  return { mayGo, mustGo };
}

type Logs = Evidence["judged"]["logs"];

export function livesIn(logs: Logs): Lives {
  const rejected = new Set(logs.rejected.map(({ partition, offset }) => `${partition}/${offset}`));
  return readLives(logs.customerEvents, (partition, offset) => rejected.has(`${partition}/${offset}`));
}

export function identitiesIn(
  customerEvents: Logs["customerEvents"],
): readonly (IdentityEntry & { readonly partition: number })[] {
  return [...customerEvents].flatMap(([partition, entries]) =>
    entries.flatMap((entry) => (isIdentity(entry) ? [{ ...entry, partition }] : [])),
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
