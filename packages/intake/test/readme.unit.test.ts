import { describe, expect, it } from "vitest";
import { orderNormaliser } from "../../../services/orders/src/order.ts";
import { createCurrencies } from "../src/index.ts";

const currencies = createCurrencies({ workspace: "EUR", rates: "", zone: "UTC" });
const arrivedAt = Date.UTC(2026, 2, 1, 9, 30);

describe("the example of the README", () => {
  it("an order of a customer and a company gives two canonical events", () => {
    const result = orderNormaliser(currencies)(
      {
        type: "order.placed",
        orderId: "o-1",
        customerId: "c-7",
        companyId: "acme",
        occurredAt: "2026-03-01T09:30:00Z",
        total: "59.90",
      },
      arrivedAt,
    );
    const events = result.outcome === "admitted" ? result.events : [];
    expect(events.map(({ subjectKind, subject }) => `${subjectKind} ${subject}`)).toEqual([
      "customer c-7",
      "company acme",
    ]);
    expect(new Set(events.map(({ occurredAt }) => occurredAt))).toEqual(new Set([arrivedAt]));
  });
});
