/** Definitions from files to the HTTP interface. */
import { readFile } from "node:fs/promises";

/** One document's fate, as the interface tells it. */
export interface Applied {
  readonly kind: string;
  readonly id: string;
  readonly change: "created" | "replaced" | "unchanged";
  readonly status: "active" | "filling" | "pending";
  /** Why it is not active. */
  readonly note?: string;
}

/** The interface refused, or does not answer; `lines` say why. */
export class ApplyError extends Error {
  readonly lines: readonly string[];
  constructor(lines: readonly string[]) {
    super(lines.join("\n"));
    this.name = "ApplyError";
    this.lines = lines;
  }
}

export interface Fault {
  readonly definition: string;
  readonly path: string;
  readonly found: string;
  readonly expected: string;
  readonly nearest?: string;
  /** Of the text that was sent, from 1. */
  readonly line?: number;
}

interface SentFile {
  readonly file: string;
  readonly text: string;
  /** Line of the text sent at which the file begins, from 1. */
  readonly firstLine: number;
}

/** All files as one set, so that they may name each other; YAML or JSON, one or many documents each. */
export async function applyFiles(apiUrl: string, files: readonly string[]): Promise<readonly Applied[]> {
  const sent: SentFile[] = [];
  let firstLine = 1;
  for (const file of files) {
    const text = `${(await readFile(file, "utf8")).trimEnd()}\n`;
    sent.push({ file, text, firstLine });
    firstLine += text.split("\n").length;
  }
  const response = await fetch(`${apiUrl}/v1/definitions`, {
    method: "POST",
    headers: { "content-type": "application/yaml" },
    body: sent.map(({ text }) => text).join("---\n"),
  }).catch((error: unknown) => {
    throw new ApplyError([`${apiUrl} does not answer: ${reasonOf(error)}`]);
  });
  const answer = (await response.json().catch(() => ({}))) as {
    readonly definitions?: readonly Applied[];
    readonly detail?: string;
    readonly faults?: readonly Fault[];
  };
  if (response.ok) return answer.definitions ?? [];
  const faults = answer.faults ?? [];
  throw new ApplyError(
    faults.length > 0
      ? faults.map((fault) => faultLine(fault, sent))
      : [`${apiUrl} answered ${response.status}: ${answer.detail ?? "no reason"}`],
  );
}

/** Ids of the definitions that have not reached every partition yet. */
export async function pendingDefinitions(apiUrl: string): Promise<readonly string[]> {
  const response = await fetch(`${apiUrl}/v1/definitions`);
  if (!response.ok) throw new ApplyError([`${apiUrl} answered ${response.status}`]);
  const { definitions } = (await response.json()) as { readonly definitions: readonly Applied[] };
  return definitions.flatMap(({ kind, id, status }) => (status === "pending" ? [`${kind}/${id}`] : []));
}

/** Where a fault stands, and what is wrong. */
export function faultLine(
  { definition, path, found, expected, nearest, line }: Fault,
  sent: readonly SentFile[],
): string {
  const within = line === undefined ? undefined : sent.findLast(({ firstLine }) => firstLine <= line);
  const place =
    within === undefined || line === undefined ? "" : `${within.file}:${line - within.firstLine + 1}: `;
  const meant = nearest === undefined ? "" : `; is ${nearest} meant?`;
  return `${place}${[definition, path].filter(Boolean).join(": ")}: found ${found}, expected ${expected}${meant}`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
