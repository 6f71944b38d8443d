import { afterAll, expect, it } from "vitest";
import { parseDefinitions } from "../../core/src/index.ts";
import { compileQuery } from "../src/index.ts";
import { openArchive } from "./archive.ts";

const archive = openArchive();
afterAll(() => archive.close());

it("the README's example: given an order, when 60 days pass, then the row of the later instant says so", () => {
  const event = { subject_kind: "customer", subject: "ann", name: "order.placed", properties: "{}" };
  archive.fill({ customer_events: [{ ...event, occurred_at: "2026-01-15 12:00:00.000" }] });
  const { definitions } = parseDefinitions([
    {
      kind: "segment",
      id: "buyers",
      when: { count: "order.placed", during: { last: "60 days" }, atLeast: 1 },
    },
  ]);
  const asOf = [Date.UTC(2026, 2, 1), Date.UTC(2026, 3, 1)];
  const query = compileQuery(definitions, "customer", ["segment/buyers"], { zone: "UTC", asOf });
  expect(query.columns).toEqual({ "segment/buyers": "segment_buyers" });
  const rows = [...archive.rows(query)].sort((a, b) => (String(a.as_of) < String(b.as_of) ? -1 : 1));
  expect(rows).toEqual([
    { subject: "ann", as_of: "2026-03-01 00:00:00.000", segment_buyers: true },
    { subject: "ann", as_of: "2026-04-01 00:00:00.000", segment_buyers: false },
  ]);
});
