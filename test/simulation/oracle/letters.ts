/** Dead letters that name who was erased are emptied, whenever they were written; no others are. */
import { identitiesIn, livesIn } from "./erasures.ts";
import type { Evidence, Letter } from "./evidence.ts";

/** Whom a letter names, in the partition that its record stands in or any other. */
interface Naming {
  readonly keys: readonly string[];
  /** Whether it is of the time before an erasure of somebody it names. */
  isBefore(erasure: ErasedHere): boolean;
}

type ErasedHere = ReturnType<typeof livesIn>["erasures"][number] & { readonly appendedAt: number };

export function checkLetters(evidence: Evidence): string[] {
  const { judged, log, letters } = evidence;
  const erasures = livesIn(judged.logs).erasures.map((one): ErasedHere => {
    return { ...one, appendedAt: log.get(one.partition)?.[one.offset]?.appendedAt ?? 0 };
  });
  const findings: string[] = [];
  for (const letter of letters) {
    const naming = namingOf(evidence, letter);
    const ofNamed = erasures.filter(({ subject }) => naming.keys.includes(subject));
    const place = `${letter.topic}/${letter.partition}/${letter.offset}`;
    if (letter.isEmptied && ofNamed.length === 0)
      findings.push(`The dead letter of ${place} was emptied, and names nobody who was erased.`);
    if (!letter.isEmptied && ofNamed.some((erasure) => naming.isBefore(erasure)))
      findings.push(`The dead letter of ${place} names who was erased.`);
  }
  return findings;
}

function namingOf({ judged: { logs } }: Evidence, { topic, partition, offset }: Letter): Naming {
  if (topic === "segment-changes") {
    const entry = logs.segmentChanges.get(partition)?.find((one) => one.offset === offset);
    if (entry?.type === "change") {
      const { subjectKind, subject, causeOffset } = entry.change;
      return {
        keys: [`${subjectKind}:${subject}`],
        isBefore: (erasure) => erasure.partition === partition && causeOffset <= erasure.offset,
      };
    }
  }
  if (topic === "customer-events") {
    const entry = identitiesIn(logs.customerEvents).find(
      (one) => one.partition === partition && one.offset === offset,
    );
    if (entry !== undefined) {
      const { subjectKind, subject, other, at, appendedAt } = entry;
      return {
        keys: [`${subjectKind}:${subject}`, `${subjectKind}:${other}`],
        isBefore: (erasure) => at <= erasure.at || appendedAt <= erasure.appendedAt,
      };
    }
  }
  return { keys: [], isBefore: () => false };
}
