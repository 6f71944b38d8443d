/** The pack `rfm`: every score code in exactly one of the eleven segments, whichever card gave it. */
import { describe, expect, it } from "vitest";
import {
  buildPlan,
  describeCustomer,
  emptyCustomer,
  foldEvent,
  parseDefinitions,
} from "../../packages/core/src/index.ts";
import { readPack } from "./pack.ts";

const day = 86_400_000;
const hour = 3_600_000;
const last = Date.UTC(2026, 2, 1, 12);
const scores = [1, 2, 3, 4, 5];

/** What a customer has to be to get that score from the thresholds. */
const daysAgo: Readonly<Record<number, number>> = { 5: 10, 4: 30, 3: 119, 2: 120, 1: 240 };
const count: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 3, 4: 5, 5: 6 };
const spent: Readonly<Record<number, number>> = { 1: 299.9, 2: 300, 3: 1_499.9, 4: 1_500, 5: 2_500 };

/**
 * Cut points between the same customers, so that both cards give the same code: a score of frequency is 1 + the cuts
 * strictly below it (of 3 orders: 1 and 2), one of recency 5 - those (of 119 days: 20 and 60). In units of 1/10,000 of
 * a second, of an order, of an amount.
 */
const cuts = {
  "scoring/rfm-quantiles/recency": [20, 60, 119, 200].map((days) => days * day * 10),
  "scoring/rfm-quantiles/frequency": [1, 2, 3, 5].map((orders) => orders * 10_000),
  "scoring/rfm-quantiles/monetary": [299.9, 300, 1_499.9, 1_500].map((total) => Math.round(total * 10_000)),
};

const { definitions } = parseDefinitions(readPack("rfm").documents);
const plan = buildPlan(
  definitions.map((definition) => ({ definition, version: 1, filling: false })),
  { zone: "UTC", cuts },
);

/** A customer whose score code that is, by either card. */
function customerOf(recency: number, frequency: number, monetary: number) {
  const state = emptyCustomer("customer", "ann");
  for (let place = count[frequency]! - 1; place >= 0; place -= 1) {
    const properties = { total: place === 0 ? spent[monetary]! : 0 };
    const occurredAt = last - place * hour;
    const order = { name: "order.placed", occurredAt, sign: 1 as const, properties, remembered: true };
    foldEvent(plan, state, { occurredAt, partition: 0, offset: 10 - place, contributions: [order] });
  }
  return describeCustomer(plan, state, last + daysAgo[recency]! * day);
}

describe("the RFM pack", () => {
  it("given customers of all 125 codes, then each is in exactly one segment by either card, and there are as many codes in each as published", () => {
    const codes = new Map<string, string[]>();
    for (const recency of scores)
      for (const frequency of scores)
        for (const monetary of scores) {
          const { scores: cards, segments, classifications } = customerOf(recency, frequency, monetary);
          const code = `${recency}${frequency}${monetary}`;
          expect([cards.rfm?.code, cards["rfm-quantiles"]?.code]).toEqual([Number(code), Number(code)]);
          const [segment] = segments;
          expect(segments).toHaveLength(1);
          const id = segment?.id ?? "";
          const categories = classifications.map((one) => [one.id, one.category]);
          expect(categories.toSorted()).toEqual([
            ["rfm-quantile-segment", id],
            ["rfm-segment", id],
          ]);
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

  it("given the lists of codes as they are written, then no code is in two of them and none in none", () => {
    const all = scores.flatMap((r) => scores.flatMap((f) => scores.map((m) => 100 * r + 10 * f + m)));
    for (const classification of ["rfm-segment", "rfm-quantile-segment"]) {
      const found = definitions.find(({ id }) => id === classification);
      const categories = found?.kind === "classification" ? found.categories : [];
      const listed = categories.flatMap(({ when }) =>
        when.op === "score" && when.compare.op === "in" ? when.compare.values : [],
      );
      expect(categories).toHaveLength(11);
      expect(listed.map(Number).toSorted((a, b) => a - b)).toEqual(all);
    }
  });

  it("given the two cards, then a category has the same codes and the mark of its segment in both", () => {
    const [byThresholds, byQuantiles] = ["rfm-segment", "rfm-quantile-segment"].map((id) => {
      const found = definitions.find((definition) => definition.id === id);
      return found?.kind === "classification" ? found.categories : [];
    });
    const codesOf = (categories: typeof byThresholds) =>
      categories!.map(({ id, when }) => [id, "compare" in when ? when.compare : undefined]);
    expect(codesOf(byQuantiles)).toEqual(codesOf(byThresholds));
    for (const { id, mark } of byQuantiles!) {
      const segment = definitions.find((definition) => definition.kind === "segment" && definition.id === id);
      expect([id, segment?.kind === "segment" ? segment.mark : undefined]).toEqual([id, mark]);
    }
  });
});
