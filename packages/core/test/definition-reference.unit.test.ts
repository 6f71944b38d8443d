import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { languageReference } from "../../../scripts/language-reference.ts";
import { parseDefinitions } from "../src/index.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
const page = read("docs/language.md");

describe("the reference of the language", () => {
  it("given the schema, then docs/language.md is what scripts/language-reference.ts writes", () => {
    expect(page).toBe(languageReference(JSON.parse(read("schemas/definition.schema.json"))));
  });

  it("given its links, then each leads to a heading", () => {
    const headings = [...page.matchAll(/^### (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, "")
        .replaceAll(" ", "-"),
    );
    expect(new Set(headings).size).toBe(headings.length);
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    expect(links.length).toBeGreaterThan(50);
    for (const anchor of links) expect(headings).toContain(anchor);
  });

  it("given its examples of the kinds, then they parse together", () => {
    const kinds = page.slice(page.indexOf("## Kinds"), page.indexOf("## Conditions"));
    const blocks = [...kinds.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block]) => block);
    const documents = parseAllDocuments(blocks.join("---\n")).map((document) => document.toJS());
    expect(documents.length).toBeGreaterThanOrEqual(8);
    expect(parseDefinitions(documents).faults).toEqual([]);
  });
});
