/** What a subject is at the end, as lines of `members.csv`, `metrics.csv` and the history of changes. */
import type { CustomerDescription } from "@tidemark/core";
import type { Change } from "./fold-subject.ts";

export const membersHeader = ["customer", "kind", "definition", "category", "since", "changesAt"];
export const metricsHeader = ["customer", "metric", "value"];
export const historyHeader = ["customer", "kind", "definition", "from", "to", "at", "cause"];

/** Only what it is in. `subject` is a cell; all other cells are names or times, which need no quotes. */
export function memberLines(
  subject: string,
  { segments, classifications }: CustomerDescription,
  changes: readonly Change[],
): readonly string[] {
  const line = (kind: string, id: string, category: string, changesAt: number | null): string => {
    const entered = changes.findLast((change) => change.id === id && change.kind === kind);
    const [from, until] = [entered?.effectiveAt ?? null, changesAt].map((at) => (at === null ? "" : iso(at)));
    return `${subject},${kind},${id},${category},${from},${until}`;
  };
  return [
    ...segments.map(({ id, changesAt }) => line("segment", id, "", changesAt)),
    ...classifications.map(({ id, category, changesAt }) => line("classification", id, category, changesAt)),
  ];
}

/** Those that have a value: metrics and engagements by their id, scores as `card.part`. */
export function metricLines(
  subject: string,
  { metrics, scores, engagements }: CustomerDescription,
): readonly string[] {
  const lines: string[] = [];
  const add = (name: string, value: number | null): void => {
    if (value !== null) lines.push(`${subject},${name},${plainNumber(value)}`);
  };
  for (const id of Object.keys(metrics)) add(id, metrics[id] ?? null);
  for (const id of Object.keys(engagements)) add(id, engagements[id] ?? null);
  for (const [card, parts] of Object.entries(scores))
    for (const [part, score] of Object.entries(parts)) add(`${card}.${part}`, score);
  return lines;
}

export function historyLines(subject: string, changes: readonly Change[]): readonly string[] {
  return changes.map(
    ({ kind, id, from, to, effectiveAt, cause }) =>
      `${subject},${kind},${id},${from ?? ""},${to},${iso(effectiveAt)},${cause}`,
  );
}

/** Never with an exponent. */
function plainNumber(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  return Number.isInteger(value) ? BigInt(value).toString() : value.toFixed(4).replace(/\.?0+$/, "");
}

const dayMs = 86_400_000;
const maxDates = 20_000;
const dates = new Map<number, string>();
let shown = { instant: 0, text: "1970-01-01T00:00:00.000Z" };

/** As `toISOString` has it, which takes its time: instants are often of the same days, one after another even the same. */
export function iso(instant: number): string {
  if (instant === shown.instant) return shown.text;
  const day = Math.floor(instant / dayMs);
  const ms = instant - day * dayMs;
  const [seconds, minutes] = [Math.floor(ms / 1000), Math.floor(ms / 60_000)];
  const clock = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}`;
  shown = { instant, text: `${dateOf(day)}T${clock}.${String(ms % 1000).padStart(3, "0")}Z` };
  return shown.text;
}

function dateOf(day: number): string {
  const known = dates.get(day);
  if (known !== undefined) return known;
  const date = new Date(day * dayMs).toISOString().slice(0, -14);
  if (dates.size >= maxDates) dates.clear();
  dates.set(day, date);
  return date;
}

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}
