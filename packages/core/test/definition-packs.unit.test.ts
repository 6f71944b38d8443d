import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import {
  buildPlan,
  type CustomerState,
  describeCustomer,
  emptyCustomer,
  fireTimer,
  foldEvent,
  parseDefinitions,
} from "../src/index.ts";

const root = new URL("../../../", import.meta.url);
const packs = readdirSync(new URL("packs/", root), { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);
function documentsOf(pack: string): unknown[] {
  const folder = new URL(`packs/${pack}/`, root);
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .flatMap((file) => parseAllDocuments(readFileSync(new URL(file, folder), "utf8")))
    .map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS();
    });
}

const accepts = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(
  JSON.parse(readFileSync(new URL("schemas/definition.schema.json", root), "utf8")),
);

describe("the packs", () => {
  it("given all of them, then they parse together", () => {
    const documents = packs.flatMap(documentsOf);
    const { definitions, faults } = parseDefinitions(documents);
    expect(faults).toEqual([]);
    expect(definitions).toHaveLength(documents.length);
  });

  it.each(packs)("given %s, then it parses alone, and the schema accepts each definition", (pack) => {
    const documents = documentsOf(pack);
    expect(parseDefinitions(documents).faults).toEqual([]);
    for (const document of documents) expect([document, accepts(document)]).toEqual([document, true]);
  });

  it("given the demo, then it has every kind and every form of this version", () => {
    const text = JSON.stringify(parseDefinitions(documentsOf("demo")).definitions);
    const forms = ["all", "not", "attribute", "date", "age", "anniversary", "aggregate", "metric", "since"];
    for (const op of [...forms, "rhythm", "segment", "classification"])
      expect(text).toContain(`"op":"${op}"`);
    for (const name of ["count", "sum", "average", "distinct"])
      expect(text).toContain(`"function":"${name}"`);
    for (const type of ["all", "rolling", "calendar"]) expect(text).toContain(`{"type":"${type}"`);
  });
});

const day = 86_400_000;
const hour = 3_600_000;
const rfm = buildPlan(
  parseDefinitions(documentsOf("rfm")).definitions.map((definition) => ({
    definition,
    version: 1,
    filling: false,
  })),
  { zone: "UTC" },
);

let offset = 0;
/** The first brings in the whole amount. */
function orders(state: CustomerState, at: readonly number[], total: number) {
  return at.flatMap((occurredAt, index) => {
    offset += 1;
    const properties = { total: index === 0 ? total : 0 };
    const order = { name: "order.placed", occurredAt, sign: 1 as const, properties, remembered: true };
    return foldEvent(rfm, state, { occurredAt, partition: 0, offset, contributions: [order] });
  });
}

describe("the RFM pack", () => {
  const last = Date.UTC(2026, 2, 1, 12);
  const daysAgo: Readonly<Record<number, number>> = { 5: 10, 4: 30, 3: 119, 2: 120, 1: 240 };
  const count: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 3, 4: 5, 5: 6 };
  const spent: Readonly<Record<number, number>> = { 1: 299.9, 2: 300, 3: 1_499.9, 4: 1_500, 5: 2_500 };
  const scores = [1, 2, 3, 4, 5];

  it("given customers of all 125 codes, then each is in one segment, and there are as many codes in each as published", () => {
    const codes = new Map<string, string[]>();
    for (const recency of scores)
      for (const frequency of scores)
        for (const monetary of scores) {
          const state = emptyCustomer("customer", "ann");
          const at = Array.from({ length: count[frequency]! }, (_, place) => last - place * hour);
          orders(state, at.toReversed(), spent[monetary]!);
          const {
            scores: cards,
            segments,
            classifications,
          } = describeCustomer(rfm, state, last + daysAgo[recency]! * day);
          const code = `${recency}${frequency}${monetary}`;
          expect(cards.rfm?.code).toBe(Number(code));
          expect(segments.map(({ id }) => id)).toEqual([classifications[0]?.category]);
          const id = segments[0]?.id ?? "";
          codes.set(id, [...(codes.get(id) ?? []), code]);
        }
    expect(Object.fromEntries([...codes].map(([id, { length }]) => [id, length]))).toEqual({
      champions: 7,
      "loyal-customers": 8,
      "potential-loyalists": 24,
      "new-customers": 7,
      promising: 16,
      "need-attention": 8,
      "about-to-sleep": 8,
      "at-risk": 22,
      "cannot-lose-them": 8,
      hibernating: 11,
      lost: 6,
    });
    expect(codes.get("champions")).toEqual(["445", "454", "455", "544", "545", "554", "555"]);
    expect(codes.get("lost")).toEqual(["111", "112", "121", "131", "141", "151"]);
  });

  it("given a customer without an order, then none of them, and the category says so", () => {
    const state = emptyCustomer("customer", "ann");
    foldEvent(rfm, state, {
      occurredAt: last,
      partition: 0,
      offset: 1,
      contributions: [],
      attributes: { a: 1 },
    });
    const { segments, classifications } = describeCustomer(rfm, state, last);
    expect(segments).toEqual([]);
    expect(classifications[0]?.category).toBe("no-orders");
  });

  it("the README's worked example: given Ann's orders, when time passes, then she moves on the day", () => {
    const state = emptyCustomer("customer", "ann");
    const moves = orders(
      state,
      [4, 3, 2, 1, 0].map((place) => last - place * 5 * day),
      1_600,
    );
    while (state.timer !== null && state.timer <= Date.UTC(2026, 10, 1))
      moves.push(...fireTimer(rfm, state, state.timer));
    const told = moves
      .filter(({ id }) => id === "rfm-segment")
      .map(({ to, effectiveAt }) => `${new Date(effectiveAt).toISOString().slice(5, 13)} ${to}`);
    expect(told.slice(-3)).toEqual([
      "03-31T12 loyal-customers",
      "06-29T12 at-risk",
      "10-27T12 cannot-lose-them",
    ]);
  });

  it("the README's worked example: given another order on 5 May, then 555 at that instant", () => {
    const state = emptyCustomer("customer", "ann");
    orders(
      state,
      [4, 3, 2, 1, 0].map((place) => last - place * 5 * day),
      1_600,
    );
    expect(describeCustomer(rfm, state, last + day).scores.rfm?.code).toBe(544);
    const may = Date.UTC(2026, 4, 5);
    orders(state, [may], 950);
    expect(describeCustomer(rfm, state, may).scores.rfm?.code).toBe(555);
  });
});
