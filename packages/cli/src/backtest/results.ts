/** What a subject is at the end, as rows of `members.csv`, `metrics.csv` and the history of changes. */
import type { CustomerDescription } from "@tidemark/core";
import type { Change } from "./fold-subject.ts";

export const membersHeader = ["customer", "kind", "definition", "category", "since", "changesAt"];
export const metricsHeader = ["customer", "metric", "value"];
export const historyHeader = ["customer", "kind", "definition", "from", "to", "at", "cause"];

/** Only what it is in. */
export function memberRows(
  subject: string,
  { segments, classifications }: CustomerDescription,
  changes: readonly Change[],
): readonly (readonly string[])[] {
  const since = new Map(changes.map(({ kind, id, at }) => [`${kind}/${id}`, at]));
  const row = (kind: string, id: string, category: string, changesAt: number | null): readonly string[] => {
    const entered = since.get(`${kind}/${id}`);
    return [
      subject,
      kind,
      id,
      category,
      entered === undefined ? "" : iso(entered),
      changesAt === null ? "" : iso(changesAt),
    ];
  };
  return [
    ...segments.map(({ id, changesAt }) => row("segment", id, "", changesAt)),
    ...classifications.map(({ id, category, changesAt }) => row("classification", id, category, changesAt)),
  ];
}

/** Those that have a value: metrics and engagements by their id, scores as `card.part`. */
export function metricRows(
  subject: string,
  { metrics, scores, engagements }: CustomerDescription,
): readonly (readonly string[])[] {
  const values: [name: string, value: number | null][] = [
    ...Object.entries(metrics),
    ...Object.entries(engagements),
  ];
  for (const [card, parts] of Object.entries(scores))
    for (const [part, score] of Object.entries(parts)) values.push([`${card}.${part}`, score]);
  return values.flatMap(([name, value]) => (value === null ? [] : [[subject, name, plainNumber(value)]]));
}

export function historyRows(subject: string, changes: readonly Change[]): readonly (readonly string[])[] {
  return changes.map(({ kind, id, from, to, at, cause }) => [
    subject,
    kind,
    id,
    from ?? "",
    to,
    iso(at),
    cause,
  ]);
}

/** Never with an exponent. */
function plainNumber(value: number): string {
  if (Number.isInteger(value)) return BigInt(value).toString();
  const text = String(value);
  return text.includes("e") ? value.toFixed(4).replace(/\.?0+$/, "") : text;
}

export function iso(instant: number): string {
  return new Date(instant).toISOString();
}
