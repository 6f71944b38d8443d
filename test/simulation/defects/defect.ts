/** A mistake that somebody could make, planted in the services' own source text when a module is loaded. */

import { readFile } from "node:fs/promises";

const root = new URL("../../../", import.meta.url);

export interface Defect {
  /** What the command calls it. */
  readonly name: string;
  /** What is wrong, in one sentence. */
  readonly sentence: string;
  /** From the root of the repository. */
  readonly file: string;
  /** Pieces of the file's text, each of which stands there once, and what they become. */
  readonly pieces: readonly Piece[];
}

export interface Piece {
  readonly text: string;
  readonly becomes: string;
}

/** Why it cannot be planted; null where it can. */
export async function whyNotPlanted(defect: Defect): Promise<string | null> {
  try {
    plantedIn(defect, await readFile(new URL(defect.file, root), "utf8"));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The text with the defect in it. Throws where a piece does not stand there once: then the list has to be looked at. */
export function plantedIn({ name, file, pieces }: Defect, source: string): string {
  return pieces.reduce((text, piece) => {
    const times = text.split(piece.text).length - 1;
    if (times !== 1)
      throw new Error(`the defect ${name} is not planted: ${file} has ${times} times\n${piece.text}`);
    return text.replace(piece.text, () => piece.becomes);
  }, source);
}
