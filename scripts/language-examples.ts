/** Examples of the definition language at work, from `schemas/definition-examples.yaml`, as Markdown. */
import { readFileSync } from "node:fs";
import { parse, stringify } from "yaml";

type Mapping = Readonly<Record<string, unknown>>;

/** A condition (or definition) and what becomes of it while something happens. */
export interface Story {
  /** Which of the examples that the schema gives of this part; absent where `when` is given. */
  readonly example?: number;
  /** A condition of the story's own. */
  readonly when?: Mapping;
  /** The definition remembers (`stay`, `enter`, `leave`), so events are told in order. */
  readonly remembers?: true;
  readonly steps: readonly Step[];
}

export interface Step {
  /** UTC: `2026-01-01 12:00`, with seconds where they matter. */
  readonly at: string;
  /** Ann where absent. */
  readonly customer?: string;
  readonly event?: string;
  readonly properties?: Mapping;
  readonly attributes?: Mapping;
  /** Whether it holds then. */
  readonly holds?: boolean;
  /** What it is then: a number, a category, a score code; null is none. */
  readonly is?: unknown;
}

/** For which values of an attribute a comparison holds, and for which not. */
export interface Comparing {
  readonly compare: Mapping;
  readonly holds: readonly unknown[];
  readonly not: readonly unknown[];
}

export interface LanguageExamples {
  /** By part of the schema. */
  readonly stories: Readonly<Record<string, readonly Story[]>>;
  readonly comparisons: readonly Comparing[];
}

/** Stands for an attribute that is not set. */
export const notSet = "none";

export function readExamples(): LanguageExamples {
  const file = new URL("../schemas/definition-examples.yaml", import.meta.url);
  const { comparison, ...stories } = parse(readFileSync(file, "utf8"));
  return { stories, comparisons: comparison };
}

/** Parts that are no conditions, in a condition that shows what they do. */
const inPlace: Readonly<Record<string, (example: unknown) => Mapping>> = {
  window: (during) => ({ count: "order.placed", during, atLeast: 1 }),
  eventCondition: (where) => ({ count: { event: "order.placed", where }, atLeast: 1 }),
};

/** The condition or definition that a story is about. */
export function subjectOf(part: string, story: Story, examples: readonly unknown[]): Mapping {
  if (story.when !== undefined) return story.when;
  const example = examples[story.example ?? -1];
  return inPlace[part]?.(example) ?? (example as Mapping);
}

/** All stories of a part. `examples` are those the schema gives of it, shown already. */
export function showStories(part: string, stories: readonly Story[], examples: readonly unknown[]): string {
  const blocks = stories.map((story) => {
    const isShown = story.when === undefined && inPlace[part] === undefined;
    const number = examples.length === 1 ? "" : ` ${(story.example ?? 0) + 1}`;
    const intro = isShown
      ? `Example${number} at work:`
      : `\`\`\`yaml\n${inline(subjectOf(part, story, examples))}\n\`\`\``;
    return `${intro}\n\n${table(story)}`;
  });
  return blocks.join("\n\n");
}

function table({ steps }: Story): string {
  const named = steps.some(({ customer }) => customer !== undefined);
  const asksValue = steps.some(({ is }) => is !== undefined);
  const head = ["at (UTC)", ...(named ? ["customer"] : []), "what happens", asksValue ? "is" : "holds"];
  const rows = steps.map((step) => [
    step.at,
    ...(named ? [step.customer ?? "Ann"] : []),
    happening(step),
    outcome(step),
  ]);
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function happening({ event, properties, attributes }: Step): string {
  const shown = [
    ...(event === undefined ? [] : [`\`${event}\``]),
    ...(properties === undefined ? [] : [`\`${inline(properties)}\``]),
    ...(attributes === undefined ? [] : [`attributes \`${inline(attributes)}\``]),
  ];
  return shown.join(" ");
}

function outcome({ holds, is }: Step): string {
  if (holds !== undefined) return holds ? "yes" : "no";
  if (is === null) return "none";
  return is === undefined ? "" : String(is);
}

export function showComparisons(comparisons: readonly Comparing[]): string {
  const rows = comparisons.map(({ compare, holds, not }) => {
    const words = inline(compare).slice(2, -2).replaceAll("|", "\\|");
    return `| \`${words}\` | ${holds.map(showValue).join(", ")} | ${not.map(showValue).join(", ")} |`;
  });
  return ["| comparator | holds for | does not hold for |", "| --- | --- | --- |", ...rows].join("\n");
}

function showValue(value: unknown): string {
  if (value === notSet) return "not set";
  return value === "" ? "an empty text" : `\`${inline(value)}\``;
}

/** A value in a line, as YAML. */
function inline(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
}
