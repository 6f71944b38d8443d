/** What is published of a definition that was deleted and written anew, as audits and latches read it. */
import { parseDefinitions } from "@tidemark/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { comparisonQuery, compileQuery } from "../src/index.ts";
import { openArchive } from "./archive.ts";

const archive = openArchive(true);
afterAll(() => archive.close());

const { definitions } = parseDefinitions([
  {
    kind: "segment",
    id: "loyal",
    enter: { count: "page.viewed", atLeast: 3 },
    leave: { attribute: "left", is: true },
  },
  { kind: "segment", id: "seen", when: { count: "page.viewed", during: { last: "2 days" }, atLeast: 1 } },
]);

const text = (day: number) => `2026-05-${String(day).padStart(2, "0")} 00:00:00.000`;
const instant = (day: number) => Date.UTC(2026, 4, day);

beforeAll(() => {
  const viewed = (subject: string, offset: number) => ({
    ...{
      kafka_partition: 0,
      offset,
      appended_at: text(1),
      subject_kind: "customer",
      subject,
      name: "page.viewed",
    },
    ...{ occurred_at: text(1), source_id: "s", source_partition: 0, source_offset: offset, ordinal: 0 },
    ...{ ordinal_count: 1, attribute_values: {}, properties: "{}" },
  });
  const version = (id: string, number: number, offset: number, day: number, document: string | null) => ({
    ...{
      topic: "customer-events",
      kafka_partition: 0,
      offset,
      appended_at: text(day),
      type: "DefinitionVersion",
    },
    value: JSON.stringify({ kind: "segment", id, version: number, filling: false, document }),
  });
  let sequence = 0;
  const enters = (
    subject: string,
    definition: string,
    definitionVersion: number,
    offset: number,
    day: number,
  ) => {
    sequence += 1;
    return {
      ...{
        kafka_partition: 0,
        offset: sequence,
        appended_at: text(day),
        sequence,
        epoch: 1,
        change_id: `0-${sequence}`,
      },
      ...{ subject_kind: "customer", subject, definition_kind: "segment", definition },
      ...{
        definition_version: definitionVersion,
        from_state: "out",
        to_state: "in",
        effective_at: text(day),
      },
      ...{ detected_at: text(day), historic: false, cause: "event", cause_offset: offset },
    };
  };
  archive.fill({
    customer_events: [viewed("ann", 10), viewed("bea", 11)],
    control_records: ["loyal", "seen"].flatMap((id) => [
      version(id, 1, 1, 1, "{}"),
      version(id, 5, 20, 2, null),
      version(id, 6, 21, 11, "{}"),
    ]),
    segment_changes: [
      enters("ann", "loyal", 1, 10, 1),
      enters("ann", "seen", 1, 10, 1),
      enters("bea", "loyal", 1, 11, 1),
      enters("bea", "seen", 1, 11, 1),
      enters("bea", "loyal", 6, 30, 12),
    ],
  });
});

describe("a definition that is deleted and written anew", () => {
  it("given who held on to a membership at the deletion, then it is published until then, and again where it enters anew", () => {
    const query = compileQuery(definitions, "customer", ["segment/loyal"], {
      zone: "UTC",
      asOf: [instant(1), instant(11), instant(13)],
    });
    expect(
      archive
        .rows(query)
        .filter((row) => row.segment_loyal)
        .map(({ subject, as_of: at }) => [subject, at])
        .sort(),
    ).toEqual([
      ["ann", text(1)],
      ["bea", text(1)],
      ["bea", text(13)],
    ]);
  });

  it("given who was a member at the deletion and is none now, then an audit finds no difference", () => {
    const options = { zone: "UTC", at: instant(13), upTo: [100], most: 10 };
    const query = comparisonQuery(definitions, "customer", ["segment/seen", "segment/loyal"], options);
    expect(archive.rows({ ...query, columns: {} })).toEqual([{ subjects: 2, differing: 0, differences: [] }]);
    // A mark before the deletion, when all was as it was published.
    const before = comparisonQuery(definitions, "customer", ["segment/seen"], {
      ...options,
      at: instant(1),
      upTo: [20],
    });
    expect(archive.rows({ ...before, columns: {} })).toEqual([
      { subjects: 2, differing: 0, differences: [] },
    ]);
  });
});
