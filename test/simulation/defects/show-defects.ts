/** The defects, and what became of them, as tables. */
import type { Defect } from "./defect.ts";
import type { Hunted } from "./hunt.ts";

const longestText = 150;

export function listed(defects: readonly Defect[]): readonly string[] {
  return inColumns(defects.map(({ name, file, sentence }) => [name, file, sentence]));
}

/** Defect, seed, seeds run until then, what is wrong, what the oracle said first. */
export function table(hunted: readonly Hunted[]): readonly string[] {
  return inColumns([
    ["defect", "seed", "seeds", "what is wrong", "what the oracle said"],
    ...hunted.map(({ defect, seed, seeds, findings }) => [
      defect.name,
      seed === null ? "none" : String(seed),
      String(seeds),
      defect.sentence,
      seed === null ? "NOT FOUND" : firstLine(findings),
    ]),
  ]);
}

function firstLine([finding = ""]: readonly string[]): string {
  const [line = ""] = finding.split("\n");
  return line.length > longestText ? `${line.slice(0, longestText)}...` : line;
}

function inColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((text, column) => Math.max(most[column] ?? 0, text.length)),
    [],
  );
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
