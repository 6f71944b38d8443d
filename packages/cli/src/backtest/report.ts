/** The table that people see, and the object that programs read. */
import { iso } from "./results.ts";
import { type GroupTally, median } from "./tally.ts";

export interface Outcome {
  /** ms since the epoch. */
  readonly asOf: number;
  readonly customers: number;
  /** Null where there are none. */
  readonly companies: number | null;
  readonly events: number;
  readonly groups: readonly GroupTally[];
}

export function outcomeJson({ asOf, customers, companies, events, groups }: Outcome): string {
  const segments: Record<string, number> = {};
  const classifications: Record<string, Record<string, number>> = {};
  for (const { id, category, members } of groups) {
    if (category === null) segments[id] = members;
    else classifications[id] = { ...classifications[id], [category]: members };
  }
  const subjects = companies === null ? { customers } : { customers, companies };
  return `${JSON.stringify({ asOf: iso(asOf), ...subjects, events, segments, classifications })}\n`;
}

const headings = ["members", "entered", "left", "median time inside"];

export function outcomeTable({ asOf, customers, companies, events, groups }: Outcome): string {
  const subjects = companies === null ? "" : `, ${figure(companies)} companies`;
  const told = `As of ${iso(asOf)}: ${figure(customers)} customers${subjects}, ${figure(events)} events`;
  if (groups.length === 0) return `${told}\n`;
  const rows = groups.map((group) => [
    group.category === null ? group.id : `${group.id}: ${group.category}`,
    figure(group.members),
    figure(group.entered),
    figure(group.left),
    duration(median(group.stays)),
  ]);
  const table = [["", ...headings], ...rows];
  const widths = ["", ...headings].map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const lines = table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  "),
  );
  return `${told}\n\n${lines.join("\n")}\n`;
}

const units: readonly (readonly [name: string, ms: number])[] = [
  ["days", 86_400_000],
  ["hours", 3_600_000],
  ["minutes", 60_000],
  ["seconds", 1_000],
];

/** In the largest unit of which it has at least one, to one place. */
function duration(ms: number | null): string {
  if (ms === null) return "-";
  const [name, size] = units.find(([, length]) => ms >= length) ?? ["seconds", 1_000];
  return `${(ms / size).toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 })} ${name}`;
}

const figure = (count: number): string => count.toLocaleString("en-US");
