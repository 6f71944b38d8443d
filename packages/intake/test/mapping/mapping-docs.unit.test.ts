import { existsSync, readdirSync, readFileSync } from "node:fs";
import { zoneCalendar } from "@tidemark/core";
import { describe, expect, test } from "vitest";
import { readMappingText, recordMapper } from "../../src/index.ts";
import { targetsOf } from "../../src/mapping/targets.ts";

const docs = new URL("../../../../docs/", import.meta.url);
const page = readFileSync(new URL("mapping.md", docs), "utf8");
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
    ([, block = ""]) => block,
  );

describe("docs/mapping.md", () => {
  test("given its example, when the row is mapped, then it is the event that the page shows", () => {
    const [row = "", event = ""] = blocks("json");
    const { mapping } = readMappingText(blocks("yaml")[0] ?? "", "example");
    const map = recordMapper(mapping, { source: "orders", zone: zoneCalendar("Europe/Berlin")! });
    // 12/1/2010 8:26 in Berlin is 7:26 UTC: date -u -d 2010-12-01T07:26:00Z +%s says 1291188360.
    expect(map(JSON.parse(row))).toMatchObject({
      outcome: "mapped",
      events: [{ event: JSON.parse(event), faults: [] }],
    });
  });

  test.each(blocks("yaml"))("given %s, then it parses", (block) => {
    expect(readMappingText(block, "example").faults).toEqual([]);
  });

  test("given the fault it shows, when a row has it, then it is that", () => {
    const { mapping } = readMappingText(blocks("yaml")[0] ?? "", "example");
    const map = recordMapper(mapping, { source: "orders", zone: zoneCalendar("UTC")! });
    const [row = ""] = blocks("json");
    const result = map({ ...JSON.parse(row), InvoiceDate: "1.12.2010" });
    const [fault] = result.outcome === "mapped" ? (result.events[0]?.faults ?? []) : [];
    const shown = {
      path: `${fault?.path} from ${fault?.from}`,
      found: fault?.found,
      expected: fault?.expected,
    };
    expect(page).toContain(JSON.stringify(shown));
  });

  test("given the forms in its table, then each can be written where it says", () => {
    const forms = [...page.matchAll(/^\| (`[^|]+`) +\|/gm)].map(([, cell = ""]) => cell);
    const values = forms
      .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, form = ""]) => form))
      .filter((form) =>
        /^\{ (?:path|value|first|sum|product|fields|each)\b|^[\w.$]+[.@*][\w./-]+$/.test(form),
      );
    expect(values.length).toBeGreaterThan(12);
    for (const value of values) {
      const text = `source: lifecycle\nfields: { customerId: a, occurredAt: b, properties.x: ${value} }`;
      expect([value, readMappingText(text, "form").faults]).toEqual([value, []]);
    }
  });

  test("given the fields it names and the files it links, then they are there, and the other pages lead here", () => {
    for (const source of Object.values(targetsOf))
      for (const name of Object.keys(source).filter((target) => target !== "previousCustomerId"))
        expect(page).toMatch(new RegExp(`\`${name}[.\`]`));
    for (const [, link = ""] of page.matchAll(/\]\(([^)#]+)/g))
      expect([link, existsSync(new URL(link, docs))]).toEqual([link, true]);
    for (const file of readdirSync(new URL("../../mappings/", import.meta.url))) expect(page).toContain(file);
    expect(readFileSync(new URL("data-teams.md", docs), "utf8")).toContain("(mapping.md)");
  });
});
