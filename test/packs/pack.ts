/** A ready pack as it stands in its folder: definitions, README, worked example. */
import { readdirSync, readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import type { GoldenCase } from "../golden/golden-case.ts";

const folder = new URL("../../packs/", import.meta.url);

export const packNames: readonly string[] = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

export interface Pack {
  readonly name: string;
  /** As users write them. Throws where a file is no YAML. */
  readonly documents: readonly unknown[];
  readonly readme: string;
  /** Golden cases over all definitions of the pack. */
  readonly cases: readonly GoldenCase[];
}

/** The demo is no ready pack: it has neither README nor example. */
export function readPack(name: string): Pack {
  const read = (file: string): string => readFileSync(new URL(`${name}/${file}`, folder), "utf8");
  const documents = documentsOf(name);
  const { pack, cases } = JSON.parse(read("example.json")) as {
    readonly pack: string;
    readonly cases: readonly Omit<GoldenCase, "definitions">[];
  };
  return {
    name: pack,
    documents,
    readme: read("README.md"),
    cases: cases.map((example) => ({ ...example, definitions: documents })),
  };
}

export function documentsOf(name: string): unknown[] {
  const files = readdirSync(new URL(`${name}/`, folder)).filter((file) => file.endsWith(".yaml"));
  return files.sort().flatMap((file) =>
    parseAllDocuments(readFileSync(new URL(`${name}/${file}`, folder), "utf8")).map((document) => {
      const [error] = document.errors;
      if (error) throw error;
      return document.toJS();
    }),
  );
}
