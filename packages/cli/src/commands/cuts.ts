/** Cut points of the population, as the HTTP interface has them. */

interface Cuts {
  /** 0 where none were ever published. */
  readonly version: number;
  readonly publishedAt: string | null;
  readonly ageSeconds: number | null;
  readonly stale: boolean;
  /** Partitions in which these are not in force yet for everybody. */
  readonly partitionsLeft: number;
  readonly cuts: readonly {
    readonly key: string;
    readonly subject: string;
    readonly shares: readonly number[];
    readonly values: readonly number[] | null;
  }[];
}

/** Rejects with a sentence where the interface refuses or does not answer. */
export async function readCuts(apiUrl: string): Promise<Cuts> {
  return (await answerOf(apiUrl, "/v1/cuts", "GET")) as Cuts;
}

/** Works them out; answers a sentence. It takes a moment until they are in force. */
export async function computeCuts(apiUrl: string): Promise<string> {
  const { version, populations } = (await answerOf(apiUrl, "/v1/cuts/compute", "POST")) as {
    readonly version: number;
    readonly populations: Readonly<Record<string, number>>;
  };
  const sizes = Object.entries(populations).map(([key, subjects]) => `${key} of ${subjects}`);
  return `Worked out: ${sizes.join(", ")}; version ${version} is on its way`;
}

/** For people. */
export function describeCuts({ publishedAt, ageSeconds, stale, partitionsLeft, cuts }: Cuts): string {
  if (cuts.length === 0) return "No definition asks for cut points";
  const age =
    publishedAt === null
      ? "None were ever published"
      : `Published at ${publishedAt}, ${Math.round((ageSeconds ?? 0) / 60)} minutes ago`;
  const left =
    partitionsLeft === 0
      ? []
      : [`Partitions in which they are not in force for everybody yet: ${partitionsLeft}`];
  return [
    `${age}${stale ? ": stale" : ""}`,
    ...left,
    ...cuts.map(({ key, subject, shares, values }) => {
      const told =
        values === null
          ? "none in force"
          : shares
              .map((share, index) => `${Math.round(share * 10_000) / 100} %: ${values[index]}`)
              .join(", ");
      return `${key} (${subject}): ${told}`;
    }),
  ].join("\n");
}

async function answerOf(apiUrl: string, path: string, method: "GET" | "POST"): Promise<unknown> {
  const response = await fetch(`${apiUrl}${path}`, { method });
  if (response.ok) return response.json();
  const { detail } = (await response.json().catch(() => ({}))) as { readonly detail?: string };
  throw new Error(`${apiUrl} answered ${response.status}: ${detail ?? "no reason"}`);
}
