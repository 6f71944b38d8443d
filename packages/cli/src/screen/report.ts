/** The one screen that a load ends on. */
import { changeLine, type ShowInstant } from "./change-line.ts";
import type { SizeShown, Summary } from "./summary.ts";

export interface Place {
  readonly name: string;
  readonly url: string;
}

/** A process of ours, on this machine. */
interface ServicePlace {
  readonly name: string;
  readonly port: number;
}

export interface ReportContext {
  /** The stack and what people open. */
  readonly places: readonly Place[];
  readonly services: readonly ServicePlace[];
  readonly apiUrl: string;
  readonly webhooksUrl: string;
  readonly clickhouseUrl: string;
  readonly database: string;
  readonly logFolder: string;
  readonly showInstant: ShowInstant;
  /** Characters in a line. */
  readonly width: number;
  /** What the loader had to say: seed, or how the file was read. */
  readonly loaded: readonly string[];
}

export function report(summary: Summary, context: ReportContext): string {
  const { showInstant, width } = context;
  return [
    heading("Running"),
    ...context.places.map(({ name, url }) => `  ${name.padEnd(11)} ${url}`),
    `  services    ${context.services.map(({ name, port }) => `${name} ${port}`).join(", ")}   (http://127.0.0.1:PORT/metrics)`,
    `  logs        ${context.logFolder}`,
    heading("In and out"),
    ...context.loaded.map((line) => `  ${line}`),
    `  ${summary.sources.map(([topic, records]) => `${figure(records)} ${topic}`).join(", ")}`,
    `  ${figure(summary.events)} events of customers and companies, ${figure(summary.changes)} changes, ${figure(summary.deadLetters)} dead letters`,
    heading("Segments now"),
    ...inColumns(sizeLines(summary.sizes), width),
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
    `${context.webhooksUrl}   the webhooks that the demo's automations have sent`,
    ...(deadLetters > 0 ? ["npm run -s tidemark -- dead-letters list"] : []),
  ];
}

function sizeLines(sizes: readonly SizeShown[]): readonly string[] {
  const names = sizes.map(({ kind, definition, category }) =>
    kind === "segment" ? definition : `${definition}: ${category}`,
  );
  const longest = Math.max(0, ...names.map((name) => name.length));
  return sizes.map(({ members, filling }, index) => {
    const size = filling ? "filling" : figure(members);
    return `${(names[index] ?? "").padEnd(longest)} ${size.padStart(7)}`;
  });
}

const gap = 4;

/** Filled down the first column, then the next; as many as fit. */
function inColumns(cells: readonly string[], width: number): readonly string[] {
  const cellWidth = Math.max(0, ...cells.map((cell) => cell.length));
  const columns = Math.max(1, Math.floor((width - 2 + gap) / (cellWidth + gap)));
  const rows = Math.ceil(cells.length / columns);
  return Array.from({ length: rows }, (_, row) => {
    const line = Array.from({ length: columns }, (_, column) => cells[column * rows + row] ?? "");
    return `  ${line
      .map((cell) => cell.padEnd(cellWidth))
      .join(" ".repeat(gap))
      .trimEnd()}`;
  });
}

const heading = (text: string): string => `\n${text}`;
const figure = (count: number): string => count.toLocaleString("en-US");
