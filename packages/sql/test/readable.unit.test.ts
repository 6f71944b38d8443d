import { afterAll, describe, expect, it } from "vitest";
import { parseDefinitions } from "../../core/src/index.ts";
import { compileQuery, readableSql } from "../src/index.ts";
import { openArchive } from "./archive.ts";

const archive = openArchive();
afterAll(() => archive.close());

/** What would break out of a text that was not bound, or be taken for a place to put one. */
const hostile = [
  "it's",
  "a\\",
  "\\'); DROP TABLE customer_events; --",
  "{text_1:String}",
  "$&",
  "line\nbreak",
  "ü",
];

describe("a query written out", () => {
  it("given texts that would break out, when it is pasted, then each is compared as it was written", () => {
    archive.fill({
      customer_events: hostile.map((word, index) => ({
        subject_kind: "customer",
        subject: `s${index}`,
        name: "profile.changed",
        offset: index,
        occurred_at: "2026-01-01 00:00:00.000",
        properties: "{}",
        attribute_values: { word: JSON.stringify(word) },
      })),
    });
    const documents = hostile.map((word, index) => ({
      kind: "segment",
      id: `w${index}`,
      when: { attribute: "word", is: word },
    }));
    const { definitions, faults } = parseDefinitions(documents);
    expect(faults).toEqual([]);
    const names = definitions.map(({ kind, id }) => `${kind}/${id}`);
    const query = compileQuery(definitions, "customer", names, { zone: "UTC", asOf: [Date.UTC(2026, 0, 2)] });
    const sql = readableSql(query, ["a name\nSELECT 1"]);
    expect(sql.startsWith("-- a name SELECT 1\nWITH RECURSIVE")).toBe(true);
    const rows = archive.rows({ sql, parameters: {}, columns: {} });
    expect(rows).toHaveLength(hostile.length);
    for (const row of rows)
      hostile.forEach((_, index) => {
        expect(row[`segment_w${index}`], `${row.subject} in w${index}`).toBe(row.subject === `s${index}`);
      });
  });
});
