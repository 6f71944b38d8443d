/** The one screen that a load ends on. */
import { changeLine, type ShowInstant } from "./change-line.ts";
import type { SizeShown, Summary } from "./summary.ts";

export interface Place {
  readonly name: string;
  readonly url: string;
}

export interface ReportContext {
  readonly places: readonly Place[];
  readonly apiUrl: string;
  readonly clickhouseUrl: string;
  readonly database: string;
  readonly logFolder: string;
  readonly showInstant: ShowInstant;
  /** What the loader had to say: seed, or how the file was read. */
  readonly loaded: readonly string[];
}

const columns = 2;

export function report(summary: Summary, context: ReportContext): string {
  const { showInstant } = context;
  return [
    heading("Running"),
    ...inColumns(context.places.map(({ name, url }) => `${name.padEnd(13)} ${url}`)),
    `  logs          ${context.logFolder}`,
    heading("In and out"),
    ...context.loaded.map((line) => `  ${line}`),
    `  ${summary.sources.map(([topic, records]) => `${figure(records)} ${topic}`).join(", ")}`,
    `  ${figure(summary.events)} events of customers and companies, ${figure(summary.changes)} changes, ${figure(summary.deadLetters)} dead letters`,
    heading("Segments now"),
    ...inColumns(sizeLines(summary.sizes)),
    heading("The last changes"),
    ...summary.lastChanges.map((change) => `  ${changeLine(change, showInstant)}`),
    heading("Try next"),
    ...suggestions(summary, context).map((line) => `  ${line}`),
    "",
  ].join("\n");
}

function suggestions({ example, deadLetters }: Summary, context: ReportContext): readonly string[] {
  const sizes = `curl '${context.clickhouseUrl}/?database=${context.database}' --data-binary 'SELECT * FROM segment_sizes FORMAT PrettyCompact'`;
  return [
    ...(example === null ? [] : [`npm run -s tidemark -- customer ${example}`]),
    sizes,
    `${context.apiUrl}/docs   every call of the HTTP interface`,
    ...(deadLetters > 0 ? ["npm run -s tidemark -- dead-letters list"] : []),
  ];
}

function sizeLines(sizes: readonly SizeShown[]): readonly string[] {
  return sizes.map(({ kind, definition, category, members, filling }) => {
    const name = kind === "segment" ? definition : `${definition}: ${category}`;
    return `${name.padEnd(34)} ${filling ? "filling" : figure(members).padStart(7)}`;
  });
}

/** Filled down the first column, then the next. */
function inColumns(cells: readonly string[]): readonly string[] {
  const rows = Math.ceil(cells.length / columns);
  const width = Math.max(0, ...cells.map((cell) => cell.length));
  return Array.from({ length: rows }, (_, row) => {
    const line = Array.from({ length: columns }, (_, column) => cells[column * rows + row] ?? "");
    return `  ${line
      .map((cell) => cell.padEnd(width))
      .join("    ")
      .trimEnd()}`;
  });
}

const heading = (text: string): string => `\n${text}`;
const figure = (count: number): string => count.toLocaleString("en-US");
