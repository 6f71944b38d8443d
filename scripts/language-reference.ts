/**
 * The reference of the definition language, `docs/language.md`, from its JSON Schema, examples at work and what is kept
 * for each customer. A unit test checks that it is up to date; `node scripts/language-reference.ts` brings it there.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { type KeptState, readKeptState, showKeptState } from "./kept-state.ts";
import { type LanguageExamples, readExamples, showComparisons, showStories } from "./language-examples.ts";

interface Schema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: Schema | false;
  readonly prefixItems?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly examples?: readonly unknown[];
}

export interface LanguageSchema extends Schema {
  readonly $defs: Readonly<Record<string, Schema>>;
}

export interface LanguageSources {
  readonly schema: LanguageSchema;
  readonly examples: LanguageExamples;
  readonly kept: KeptState;
}

const notice =
  "<!-- Written by scripts/language-reference.ts from schemas/definition.schema.json, definition-examples.yaml and kept-state.yaml: change it there. -->";
const editors = `An editor with a YAML language server completes and checks definitions with this line at the top of a file (the path is that of the file in your checkout):

\`\`\`yaml
# yaml-language-server: $schema=schemas/definition.schema.json
\`\`\``;

const events = "Which events there are, and what is in them: [For data teams](data-teams.md).";

/** The page, as Markdown. */
export function languageReference({ schema, examples, kept }: LanguageSources): string {
  const kinds = namesIn(schema.oneOf);
  const conditions = namesIn(schema.$defs.condition?.oneOf);
  const parts = Object.keys(schema.$defs).filter(
    (name) => !kinds.includes(name) && !conditions.includes(name),
  );
  const section = (title: string, names: readonly string[]): string =>
    [`## ${title}`, ...names.map((name) => entry(schema, examples, name))].join("\n\n");
  return [
    notice,
    "# The definition language",
    schema.description ?? "",
    editors,
    events,
    section("Kinds", kinds),
    section("Conditions", conditions),
    section("Parts", parts),
    showKeptState(kept),
    "",
  ]
    .join("\n\n")
    .trimEnd()
    .concat("\n");
}

function namesIn(alternatives: readonly Schema[] = []): string[] {
  return alternatives.flatMap(({ $ref }) => ($ref === undefined ? [] : [nameOf($ref)]));
}

function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}

function entry(schema: LanguageSchema, { stories, comparisons }: LanguageExamples, name: string): string {
  const part = schema.$defs[name] ?? {};
  const isKind = part.properties?.kind !== undefined;
  const own = stories[name];
  return [
    `### ${heading(schema, name)}`,
    part.description,
    name === "condition" ? undefined : alternatives(schema, part),
    keys(schema, part),
    shownExamples(part.examples ?? [], isKind),
    own === undefined ? undefined : showStories(name, own, part.examples ?? []),
    name === "comparison" ? showComparisons(comparisons) : undefined,
  ]
    .filter((block) => block !== undefined)
    .join("\n\n");
}

/** Conditions are headed by their key, everything else by its title. */
function heading(schema: LanguageSchema, name: string): string {
  const title = schema.$defs[name]?.title ?? name;
  return namesIn(schema.$defs.condition?.oneOf).includes(name) ? `Condition: ${title}` : title;
}

function link(schema: LanguageSchema, name: string): string {
  const anchor = heading(schema, name)
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, "")
    .replaceAll(" ", "-");
  return `[${schema.$defs[name]?.title ?? name}](#${anchor})`;
}

/** What a value may be, in words. */
function sort(schema: LanguageSchema, value: Schema): string {
  if (value.$ref !== undefined) return link(schema, nameOf(value.$ref));
  if (value.const !== undefined) return `\`${value.const}\``;
  if (value.enum !== undefined) return value.enum.map((each) => `\`${each}\``).join(", ");
  if (value.items) return `list of ${sort(schema, value.items)}`;
  if (value.type === "integer" && value.minimum !== undefined)
    return `whole number, ${value.minimum} to ${value.maximum}`;
  if (value.type === "string") return "text";
  return value.type === "boolean" ? "`true`, `false`" : "anything";
}

function alternatives(schema: LanguageSchema, { oneOf = [], enum: names }: Schema): string | undefined {
  if (names !== undefined) return `One of ${names.map((name) => `\`${name}\``).join(", ")}.`;
  const lines = oneOf.flatMap((one) => {
    if (one.$ref !== undefined || one.type !== "object") {
      return one.$ref === undefined && one.type === undefined ? [] : [`- ${sort(schema, one)}`];
    }
    const own = Object.entries(one.properties ?? {}).map(([key, value]) => {
      const others = (one.oneOf ?? [])
        .flatMap(({ required = [] }) => required)
        .filter((other) => other !== key);
      const isOneOf = one.oneOf !== undefined && others.length < one.oneOf.length;
      const instead = isOneOf ? `, in place of ${named(others)}` : ", optional";
      const optional = one.required?.includes(key) ? "" : instead;
      const description = value.description === undefined ? "" : `: ${value.description.replace(/\.$/, "")}`;
      return `\`${key}\` (${sort(schema, value)}${optional})${description}`;
    });
    const shared = (one.allOf ?? []).map((part) => `with a ${sort(schema, part)}`);
    return [`- ${[...own, ...shared].join("; ")}`];
  });
  return lines.length === 0 ? undefined : ["One of:", "", ...lines].join("\n");
}

function keys(schema: LanguageSchema, part: Schema): string | undefined {
  const rows = Object.entries(part.properties ?? {}).map(([key, value]) => {
    return `| \`${key}\` | ${needed(part, key)} | ${sort(schema, value)} | ${value.description ?? ""} |`;
  });
  for (const shared of part.allOf ?? []) rows.push(`| a comparator | yes | ${sort(schema, shared)} | |`);
  if (rows.length === 0) return undefined;
  return ["| key | needed | value | |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function needed({ required = [], oneOf = [], anyOf = [] }: Schema, key: string): string {
  if (required.includes(key)) return "yes";
  const group = oneOf.find((one) => one.required?.includes(key))?.required ?? [];
  if (group.length > 1) return `with ${named(group.filter((other) => other !== key))}`;
  const others = oneOf.find((one) => (one.required?.length ?? 0) > 1)?.required ?? [];
  if (group.length === 1) return others.length === 0 ? "exactly one" : `yes, or ${named(others)}`;
  return anyOf.some((one) => one.required?.[0] === key) ? "at least one" : "";
}

function named(keysOf: readonly string[]): string {
  return keysOf.map((key) => `\`${key}\``).join(" and ");
}

/** Definitions as blocks, everything else on a line. */
function shownExamples(given: readonly unknown[], asBlocks: boolean): string | undefined {
  if (given.length === 0) return undefined;
  const texts = given.map((example) =>
    asBlocks
      ? stringify(example, { lineWidth: 100 }).trimEnd()
      : stringify(example, { collectionStyle: "flow", lineWidth: 0 }).trimEnd(),
  );
  return ["```yaml", texts.join(asBlocks ? "\n---\n" : "\n"), "```"].join("\n");
}

const page = new URL("../docs/language.md", import.meta.url);

export function readSources(): LanguageSources {
  const schema = new URL("../schemas/definition.schema.json", import.meta.url);
  return {
    schema: JSON.parse(readFileSync(schema, "utf8")),
    examples: readExamples(),
    kept: readKeptState(),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, languageReference(readSources()));
