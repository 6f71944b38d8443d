/** The table at the end. */

export interface Row {
  readonly fault: string;
  readonly client: string;
  times: number;
  lost: number;
  repeated: number;
  /** Webhooks that came again under their id. */
  again: number;
  /** Seconds until caught up, the worst; Infinity where it did not. */
  seconds: number;
}

const columns = [
  ["fault", ({ fault }: Row) => fault],
  ["client", ({ client }: Row) => client],
  ["times", ({ times }: Row) => String(times)],
  ["lost", ({ lost }: Row) => String(lost)],
  ["repeated", ({ repeated }: Row) => String(repeated)],
  ["webhooks again", ({ again }: Row) => String(again)],
  ["caught up (s)", ({ seconds }: Row) => (Number.isFinite(seconds) ? seconds.toFixed(1) : "never")],
] as const;

export function tableOf(rows: readonly Row[]): string {
  const cells = [columns.map(([name]) => name), ...rows.map((row) => columns.map(([, show]) => show(row)))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join("  "),
    )
    .join("\n");
}

export const isClean = ({ lost, repeated, seconds }: Row): boolean =>
  lost === 0 && repeated === 0 && Number.isFinite(seconds);
