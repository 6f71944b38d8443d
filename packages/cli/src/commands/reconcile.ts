/** Is it right? What is published of everybody, against SQL over the archive, as the HTTP interface finds it. */

interface Difference {
  readonly kind: string;
  readonly subject: string;
  readonly definition: string;
  readonly stream: string | null;
  readonly sql: string | null;
  readonly evidence: {
    readonly partition: number | null;
    readonly events: number;
    readonly newest: readonly Readonly<Record<string, unknown>>[];
    readonly changes: readonly Readonly<Record<string, unknown>>[];
  };
}

type Audited =
  | { readonly state: "none" | "running" }
  | { readonly state: "failed"; readonly reason: string }
  | {
      readonly state: "done";
      readonly seconds: number;
      readonly at: string;
      readonly definitions: readonly string[];
      readonly skipped: readonly string[];
      readonly subjects: number;
      readonly compared: number;
      readonly differences: number;
      readonly passing: number;
      readonly found: readonly Difference[];
    };

type Done = Extract<Audited, { readonly state: "done" }>;

const pollMs = 500;
/** The audit goes on by itself, so a question that meets a lost connection is asked again, this often in a row. */
const mostLost = 20;

/** Begins an audit, or waits for the one under way. Rejects with a sentence where it cannot be done. */
export async function reconcile(apiUrl: string, sleep: (ms: number) => Promise<void>): Promise<Done> {
  const ask = async (path: string, method: "GET" | "POST"): Promise<Audited> => {
    const response = await fetch(`${apiUrl}${path}`, { method });
    if (!response.ok) throw new Error(`${apiUrl} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Audited;
  };
  let audit = await ask("/v1/audits", "POST");
  for (let lost = 0; audit.state === "running"; ) {
    await sleep(pollMs);
    try {
      audit = await ask("/v1/audits/last", "GET");
      lost = 0;
    } catch (error) {
      // What `fetch` rejects with where there was no answer at all.
      if (!(error instanceof TypeError) || lost === mostLost) throw error;
      lost += 1;
    }
  }
  if (audit.state === "done") return audit;
  throw new Error(
    `The audit could not be done: ${audit.state === "failed" ? audit.reason : "there is none"}`,
  );
}

/**
 * Has the partitions of those who differ folded again, each once, and looks again, until nobody differs or no partition is
 * left to fold. Answers what the last look found. An audit shows some of many differences, so it may take some rounds.
 */
export async function repair(
  found: Done,
  audit: () => Promise<Done>,
  rebuild: (partition: number) => Promise<void>,
): Promise<Done> {
  const rebuilt = new Set<number>();
  let last = found;
  for (;;) {
    const partitions = new Set(last.found.flatMap(({ evidence }) => evidence.partition ?? []));
    const left = [...partitions].filter((partition) => !rebuilt.has(partition)).sort((a, b) => a - b);
    if (left.length === 0) return last;
    for (const partition of left) {
      await rebuild(partition);
      rebuilt.add(partition);
    }
    last = await audit();
  }
}

/** For people, or for machines: the last line is the same, one line of JSON. */
export function describeReconcile(audit: Done, json: boolean): string {
  const { found, definitions, skipped, state: _, ...counts } = audit;
  const last = `${JSON.stringify({ ...counts, definitions: definitions.length, skipped: skipped.length })}\n`;
  if (json) return `${found.map((one) => `${JSON.stringify(one)}\n`).join("")}${last}`;
  const blocks = found.map(({ kind, subject, definition, stream, sql, evidence }) =>
    [
      `${kind} ${subject}: ${definition} is ${stream ?? "nothing"} in the stream, ${sql ?? "nothing"} in SQL`,
      `  partition ${evidence.partition ?? "unknown"}, ${evidence.events} events that count, the newest:`,
      ...evidence.newest.map((event) => `    ${JSON.stringify(event)}`),
      "  published of it:",
      ...evidence.changes.map((change) => `    ${JSON.stringify(change)}`),
      ...(evidence.partition === null
        ? []
        : [
            `  to fold its partition again: npm run -s tidemark -- rebuild --partition ${evidence.partition}`,
          ]),
    ].join("\n"),
  );
  const more = audit.differences > 0 ? [`${audit.differences} subjects differ`] : [];
  const left = skipped.length === 0 ? [] : [`Not compared: ${skipped.join(", ")}`];
  return `${[...blocks, ...more, ...left].map((text) => `${text}\n`).join("")}${last}`;
}
