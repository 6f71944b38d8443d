/** What was loaded into the topics of a home, so that a second start does not load it again. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "../run/home.ts";

export type LoadSource =
  | { readonly kind: "demo"; readonly seed: number; readonly now: number }
  | {
      readonly kind: "file";
      readonly file: string;
      readonly bytes: number;
      readonly modifiedAt: number;
      readonly map: string;
      readonly hasHeader: boolean;
      readonly guest: string | null;
    };

export interface LoadMark {
  readonly source: LoadSource;
  /** The workspace's zone: memberships depend on it, so it stays. */
  readonly zone: string;
  /** False while the load is under way, or was cut off. */
  readonly isComplete: boolean;
}

const markFile = (home: Home): string => join(home.stack, "loaded.json");

export function readLoadMark(home: Home): LoadMark | undefined {
  const file = markFile(home);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as LoadMark) : undefined;
}

export function writeLoadMark(home: Home, mark: LoadMark): void {
  writeFileSync(markFile(home), JSON.stringify(mark));
}

export function removeLoadMark(home: Home): void {
  rmSync(markFile(home), { force: true });
}
