/** Definitions from files to the HTTP interface. */
import { readFile } from "node:fs/promises";

/** One document's fate, as the interface tells it. */
export interface Applied {
  readonly kind: string;
  readonly id: string;
  readonly filling: boolean;
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

interface FaultAnswered {
  readonly definition?: string;
  readonly path?: string;
  readonly found?: string;
  readonly expected?: string;
  readonly nearest?: string;
}

/** All files as one set, so that they may name each other; YAML or JSON, one or many documents each. */
export async function applyFiles(apiUrl: string, files: readonly string[]): Promise<readonly Applied[]> {
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  const body = texts.map((text) => text.replace(/^---\s*\n/, "").trimEnd()).join("\n---\n");
  const response = await fetch(`${apiUrl}/v1/definitions`, {
    method: "POST",
    headers: { "content-type": "application/yaml" },
    body: `${body}\n`,
  });
  const answer = (await response.json().catch(() => ({}))) as {
    readonly faults?: readonly FaultAnswered[];
    readonly definitions?: readonly Applied[];
    readonly message?: string;
  };
  if (response.ok) return answer.definitions ?? [];
  const faults = answer.faults ?? [];
  throw new ApplyError(
    faults.length > 0
      ? faults.map(faultLine)
      : [`${apiUrl} answered ${response.status}: ${answer.message ?? ""}`],
  );
}

function faultLine({ definition, path, found, expected, nearest }: FaultAnswered): string {
  const place = [definition, path].filter(Boolean).join(": ");
  const meant = nearest === undefined ? "" : `; is ${nearest} meant?`;
  return `${place}: found ${found}, expected ${expected}${meant}`;
}
