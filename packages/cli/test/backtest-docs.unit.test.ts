import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runOn } from "./backtest-support.ts";

const page = readFileSync(new URL("../../../docs/backtest.md", import.meta.url), "utf8");

/** The first block of a language. */
function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page)?.[1];
  if (found === undefined) throw new Error(`the page has no ${language}`);
  return found;
}

describe("docs/backtest.md", () => {
  test("given its example, when it is run as it says, then it prints what it says", async () => {
    const command = block("").replaceAll("\\\n", " ");
    const option = (name: string): string => new RegExp(`--${name} (\\S+)`).exec(command)?.[1] ?? "";
    const ran = await runOn(
      { "definitions.yaml": block("yaml"), "orders.csv": block("csv") },
      { orders: "orders.csv", map: option("map"), "as-of": option("as-of") },
    );
    expect(ran.table.join("\n")).toBe(block("text"));
    expect(ran.said).toEqual([]);
  });
});
