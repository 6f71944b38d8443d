import { readdirSync, readFileSync } from "node:fs";
import { zoneCalendar } from "@tidemark/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { interactionNormaliser } from "../../../../services/interactions/src/interaction.ts";
import { dateReader } from "../../../../services/lifecycle/src/date-formats.ts";
import { lifecycleNormaliser } from "../../../../services/lifecycle/src/lifecycle.ts";
import { orderNormaliser } from "../../../../services/orders/src/order.ts";
import {
  createCurrencies,
  type Mapping,
  mappedNormaliser,
  type Normalise,
  parseDateFormat,
  parseMapping,
  readMappingText,
  type SourceName,
} from "../../src/index.ts";

const zone = zoneCalendar("Europe/Berlin")!;
const at = Date.UTC(2026, 5, 1);
const currencies = createCurrencies({ workspace: "EUR", rates: "", zone: "UTC" });
const normalisers: Readonly<Record<SourceName, Normalise>> = {
  orders: orderNormaliser(currencies),
  interactions: interactionNormaliser(currencies),
  lifecycle: lifecycleNormaliser(dateReader([], [])),
};
const sources = Object.keys(normalisers) as SourceName[];

/** Every record becomes events, nothing, or faults that say something. */
function expectOutcome(mapping: Mapping, record: unknown): void {
  for (const source of sources) {
    const result = mappedNormaliser(mapping, { source, zone }, normalisers[source])(record, at);
    if (result.outcome === "admitted") continue;
    expect(result.faults.length).toBeGreaterThan(0);
    for (const { found, expected } of result.faults) expect(`${found}${expected}`).not.toContain("[object");
  }
}

const names = [
  "id",
  "type",
  "event",
  "status",
  "customer",
  "customer_id",
  "userId",
  "created",
  "created_at",
  "total",
  "total_price",
  "data",
  "object",
  "payload",
  "after",
  "source",
  "table",
  "op",
  "line_items",
  "items",
  "properties",
  "traits",
  "price",
  "quantity",
  "timestamp",
  "specversion",
  "$headers",
  "a",
  "b",
  "0",
  "__proto__",
  "constructor",
] as const; // prettier-ignore

const leaves: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    null,
    "",
    " ",
    "1",
    "12.50",
    "-3",
    "1e999",
    "2026-02-30",
    "2026-05-01T10:00:00Z",
    "5/14/1965",
    "order.placed",
    "charge.succeeded",
    "Order Completed",
    "identify",
    "customers",
    "c",
    0,
    -1,
    1_623_148_918,
    1e300,
    Number.NaN,
    true,
  ),
  fc.string(),
  fc.double(),
);

const records = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    leaves,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 10 }),
  ),
})).value;

const ready = readdirSync(new URL("../../mappings/", import.meta.url)).map((file) => {
  const text = readFileSync(new URL(`../../mappings/${file}`, import.meta.url), "utf8");
  return [file, text] as const;
});

describe("law: no record makes a mapping throw", () => {
  test.each(ready)("given %s, when any record comes, then it has an outcome", (file, text) => {
    const { mapping, faults } = readMappingText(text, file);
    expect(faults).toEqual([]);
    fc.assert(
      fc.property(records, (record) => expectOutcome(mapping, record)),
      { numRuns: 200 },
    );
  });

  const paths = fc.oneof(
    fc.constantFrom(
      ...names,
      "a.b",
      "a.0",
      "a.-1.b",
      "items.price",
      "$.a",
      "$timestamp",
      "a@epoch",
      "a@M/d/yyyy",
      "a@comma",
      "a*b",
    ),
    fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }).map((steps) => steps.join(".")),
  );
  const single = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      paths,
      fc.record(
        {
          path: paths,
          nothing: fc.constant([0, ""]),
          afterLast: fc.constant("/"),
          format: fc.constantFrom("epoch", "M/d/yyyy", "d.M.yyyy H:mm", "comma"),
        },
        { requiredKeys: ["path"] },
      ),
      fc.record({ path: paths, as: fc.constantFrom("text", "number", "name", "boolean") }),
      fc.record({ path: paths, scale: fc.constantFrom(0.01, -1, 1e10) }),
      fc.record({ path: paths, values: fc.constant({ a: 1, b: null }), otherwise: fc.constant("c") }),
      fc.record({ first: fc.array(tie("value"), { minLength: 2, maxLength: 3 }) }),
      fc.record({ sum: fc.array(tie("value"), { minLength: 2, maxLength: 3 }) }),
      fc.record({ product: fc.array(tie("value"), { minLength: 2, maxLength: 3 }) }),
      fc.record({ value: records }),
    ),
  })).value;
  const below = fc.dictionary(fc.constantFrom("a", "b.c"), single, { minKeys: 1 });
  const tree = fc.oneof(single, fc.record({ each: paths, fields: below }), fc.record({ fields: below }));
  const items = fc.record({
    each: paths,
    fields: fc.dictionary(fc.constantFrom("sku", "price", "quantity"), single, { minKeys: 1 }),
  });
  const shared = { customerId: single, occurredAt: single, eventId: single, properties: tree };
  const fieldsOf: Readonly<Record<SourceName, fc.Arbitrary<object>>> = {
    orders: fc.record({ ...shared, orderId: single, version: single, total: single, refund: single, items }),
    interactions: fc.record({ ...shared, name: fc.constant({ value: "page.viewed" }) }),
    lifecycle: fc.record({ ...shared, companyId: single, attributes: tree, "attributes.x.y": single }),
  };
  const documents = fc.constantFrom(...sources).chain((source) =>
    fc.record(
      {
        source: fc.constant(source),
        when: fc.record({ property: fc.constantFrom(...names), exists: fc.boolean() }),
        each: paths,
        fields: fieldsOf[source],
      },
      { requiredKeys: ["source", "fields"] },
    ),
  );

  test("given any documents, when they are read, then each is a rule or has faults, and no record makes a rule throw", () => {
    let accepted = 0;
    const property = fc.property(
      fc.array(documents, { minLength: 1, maxLength: 3 }),
      records,
      (given, record) => {
        const { mapping, faults } = parseMapping(given);
        expect(mapping.length + new Set(faults.map(({ definition }) => definition)).size).toBe(given.length);
        accepted += mapping.length;
        expectOutcome(mapping, record);
      },
    );
    fc.assert(property, { numRuns: 250 });
    // Those with a fault (a path such as `a..b`) are few enough.
    expect(accepted).toBeGreaterThan(100);
  });

  test("given anything at all as documents, when they are read, then nothing is thrown", () => {
    fc.assert(fc.property(fc.array(fc.anything(), { maxLength: 3 }), (given) => void parseMapping(given)));
    fc.assert(fc.property(fc.string(), (text) => void readMappingText(text, "m.yaml")));
  });
});

describe("law: a date that is written as a format says is read again", () => {
  const two = (value: number) => String(value).padStart(2, "0");
  const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  const writers: Readonly<Record<string, (date: Date) => string>> = {
    "d.M.yyyy H:mm:ss": (d) =>
      `${d.getUTCDate()}.${d.getUTCMonth() + 1}.${d.getUTCFullYear()} ${d.getUTCHours()}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`,
    "MM/dd/yyyy hh:mm:ss a": (d) =>
      `${two(d.getUTCMonth() + 1)}/${two(d.getUTCDate())}/${d.getUTCFullYear()} ${two(((d.getUTCHours() + 11) % 12) + 1)}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} ${d.getUTCHours() < 12 ? "AM" : "PM"}`,
    "yyyyMMdd'T'HHmmss": (d) => `${d.toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}`,
    "d-MMM-yyyy HH:mm:ss": (d) =>
      `${d.getUTCDate()}-${months[d.getUTCMonth()]}-${d.getUTCFullYear()} ${d.toISOString().slice(11, 19)}`,
  };

  test.each(Object.entries(writers))(
    "given %s, when any second since 1900 is written, then it is read",
    (format, write) => {
      const read = parseDateFormat(format);
      if (typeof read !== "function") throw new Error(read.fault);
      const seconds = fc.integer({ min: Date.UTC(1900, 0, 1) / 1000, max: Date.UTC(2100, 0, 1) / 1000 });
      const property = fc.property(seconds, (second) => {
        expect(read(write(new Date(second * 1000)))).toEqual({ type: "local", wallMs: second * 1000 });
      });
      fc.assert(property, { numRuns: 500 });
    },
  );

  test("given any format and any value, when it is read, then nothing is thrown", () => {
    const formats = fc.oneof(fc.string(), fc.stringMatching(/^[yMdHhmsSaXT'./: -]{1,20}$/));
    const property = fc.property(formats, fc.oneof(fc.string(), fc.double()), (format, value) => {
      const read = parseDateFormat(format);
      if (typeof read === "function") read(value);
    });
    fc.assert(property, { numRuns: 2_000 });
  });
});
