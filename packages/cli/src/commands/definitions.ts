/** The definitions and how far each is, as the HTTP interface tells it. */

interface ListedDefinition {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly status: "active" | "filling" | "pending";
  /** Why it is not active. */
  readonly note?: string;
  /** How far filling it from history is. */
  readonly fill?: {
    readonly applied: number;
    readonly subjects: number;
    readonly live: number;
    readonly partitions: number;
  };
}

/** Rejects with a sentence where the interface does not answer as it should. */
export async function listDefinitions(apiUrl: string): Promise<readonly ListedDefinition[]> {
  const response = await fetch(`${apiUrl}/v1/definitions`);
  if (!response.ok) throw new Error(`${apiUrl} answered ${response.status}: ${await response.text()}`);
  const { definitions } = (await response.json()) as { readonly definitions: readonly ListedDefinition[] };
  return definitions;
}

/** A line each. */
export function describeDefinitions(definitions: readonly ListedDefinition[]): string {
  if (definitions.length === 0) return "There are no definitions\n";
  const names = definitions.map(({ kind, id }) => `${kind}/${id}`);
  const width = Math.max(...names.map((name) => name.length));
  const lines = definitions.map((definition, at) => {
    const { status, note = "" } = definition;
    return `${names[at]?.padEnd(width)}  ${status.padEnd(7)}  ${[progressOf(definition), note].filter(Boolean).join(". ")}`;
  });
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function progressOf({ fill }: ListedDefinition): string {
  if (fill === undefined) return "";
  const { applied, subjects, live, partitions } = fill;
  const share = subjects === 0 ? "" : `${Math.floor((applied / subjects) * 100)}%, `;
  return `${share}in force in ${live} of ${partitions} partitions`;
}
