import { createCurrencies, type Normalised } from "@tidemark/intake";
import { describe, expect, it } from "vitest";
import { orderNormaliser } from "../src/order.ts";

const at = 1_772_357_400_000;
const normalise = orderNormaliser(createCurrencies({ workspace: "EUR", rates: '{"USD":0.5}', zone: "UTC" }));

const good = { type: "order.placed", orderId: "o-1", customerId: "c-7", occurredAt: at, total: 59.9 };

function events(raw: object) {
  const result = normalise(raw, at);
  if (result.outcome === "refused") throw new Error(JSON.stringify(result.faults));
  return result.events;
}

const properties = (raw: object) => JSON.parse(events(raw)[0]?.properties ?? "null");

function faults(raw: object): Extract<Normalised, { outcome: "refused" }> {
  const result = normalise(raw, at);
  if (result.outcome === "admitted") throw new Error("it was admitted");
  return result;
}

describe("given an order", () => {
  it("its event carries what conditions and corrections need", () => {
    const full = {
      ...good,
      version: 3,
      eventId: "e-1",
      currency: "EUR",
      channel: "web",
      country: "DE",
      items: [{ sku: "a1", name: "Novel", category: "books", quantity: 2, price: 29.95 }],
      properties: { coupon: "SPRING", gift: true },
    };
    expect(events(full)).toEqual([
      {
        subject: "c-7",
        subjectKind: "customer",
        name: "order.placed",
        occurredAt: at,
        eventId: "e-1",
        attributes: null,
        properties: expect.any(String),
        order: { orderId: "o-1", action: "placed", version: 3, refund: null },
      },
    ]);
    expect(properties(full)).toEqual({
      coupon: "SPRING",
      gift: true,
      orderId: "o-1",
      total: 59.9,
      currency: "EUR",
      channel: "web",
      country: "DE",
      items: [{ sku: "a1", name: "Novel", category: "books", quantity: 2, price: 29.95 }],
    });
  });

  it("what Avro leaves null is left out", () => {
    const avro = {
      ...good,
      previousCustomerId: null,
      companyId: null,
      eventId: null,
      version: null,
      refund: null,
      currency: null,
      channel: null,
      country: null,
      items: [{ sku: null, name: null, category: null, quantity: 1, price: null }],
      properties: null,
    };
    expect(properties(avro)).toEqual({
      orderId: "o-1",
      total: 59.9,
      currency: "EUR",
      items: [{ quantity: 1 }],
    });
  });

  it.each([
    ["quantity times price of the items", [{ quantity: 2, price: 29.95 }, { price: 0.1 }], 60],
    ["rounded line by line", [{ quantity: 3, price: 0.33335 }], 1.0002],
    [
      "less what came back",
      [
        { quantity: 2, price: 10 },
        { quantity: -1, price: 10 },
      ],
      10,
    ],
    ["as text", [{ quantity: "2", price: "1.50" }], 3],
  ])("its total, where none is given, is %s", (_, items, total) => {
    expect(properties({ ...good, total: undefined, items }).total).toBe(total);
  });

  it("its total is unknown where an item has no price", () => {
    const { total } = properties({ ...good, total: null, items: [{ price: 5 }, { sku: "x" }] });
    expect(total).toBeUndefined();
    expect(properties({ ...good, total: null }).total).toBeUndefined();
  });

  it("amounts in another currency are converted, and the original stays beside them", () => {
    const converted = properties({ ...good, total: 20.5, currency: "usd", items: [{ price: 20.5 }] });
    expect(converted).toEqual({
      orderId: "o-1",
      total: 10.25,
      currency: "EUR",
      originalCurrency: "USD",
      originalTotal: 20.5,
      items: [{ quantity: 1, price: 10.25 }],
    });
  });

  it("ids that are numbers become text, and space around ids goes", () => {
    const [event] = events({ ...good, customerId: 42, orderId: " 7 " });
    expect([event?.subject, event?.order?.orderId]).toEqual(["42", "7"]);
  });

  it("a refund says how much, or nothing for the whole order", () => {
    const part = events({ ...good, type: "order.refunded", total: null, refund: 5 })[0];
    expect(part?.order).toEqual({ orderId: "o-1", action: "refunded", version: null, refund: 5 });
    expect(JSON.parse(part?.properties ?? "")).toEqual({ orderId: "o-1", refund: 5, currency: "EUR" });
    const whole = events({ ...good, type: "order.refunded" })[0];
    expect(whole?.order).toMatchObject({ action: "refunded", refund: null });
    const converted = events({ ...good, type: "order.refunded", refund: 5, currency: "USD" })[0];
    expect(converted?.order?.refund).toBe(2.5);
  });

  it.each([
    ["order.updated", "updated"],
    ["order.cancelled", "cancelled"],
  ])("%s changes it", (type, action) => {
    const [event] = events({ ...good, type });
    expect([event?.name, event?.order?.action]).toEqual([type, action]);
  });
});

describe("given an order of several subjects", () => {
  const effects = (raw: object) =>
    events(raw).map(({ subjectKind, subject, name, order }) =>
      [subjectKind, subject, name, order?.action].join(" "),
    );

  it("it counts for the customer and for the company", () => {
    expect(effects({ ...good, companyId: "acme" })).toEqual([
      "customer c-7 order.placed placed",
      "company acme order.placed placed",
    ]);
    expect(effects({ ...good, customerId: "", companyId: "acme" })).toEqual([
      "company acme order.placed placed",
    ]);
  });

  it("one that moved is cancelled for the customer before, and placed with the new one", () => {
    const moved = { ...good, type: "order.updated", previousCustomerId: "c-1", companyId: "acme" };
    expect(effects(moved)).toEqual([
      "customer c-1 order.cancelled cancelled",
      "customer c-7 order.placed placed",
      "company acme order.updated updated",
    ]);
  });

  it("one that was cancelled after it moved is cancelled for both", () => {
    expect(effects({ ...good, type: "order.cancelled", previousCustomerId: "c-1" })).toEqual([
      "customer c-1 order.cancelled cancelled",
      "customer c-7 order.cancelled cancelled",
    ]);
  });

  it("nothing moves where the customer before is the same, or with a refund", () => {
    expect(effects({ ...good, previousCustomerId: "c-7" })).toEqual(["customer c-7 order.placed placed"]);
    expect(effects({ ...good, type: "order.refunded", previousCustomerId: "c-1" })).toEqual([
      "customer c-7 order.refunded refunded",
    ]);
  });
});

describe("given an order that makes no sense", () => {
  it.each([
    ["an unknown type", { type: "order.shipped" }, "type"],
    ["no type", { type: undefined }, "type"],
    ["no order id", { orderId: undefined }, "orderId"],
    ["an empty order id", { orderId: " " }, "orderId"],
    ["an id with control characters", { customerId: "a\u0000b" }, "customerId"],
    ["an id that is too long", { orderId: "x".repeat(257) }, "orderId"],
    ["an id that is half a character", { customerId: "\ud800" }, "customerId"],
    ["an id that is an object", { customerId: { id: 1 } }, "customerId"],
    ["an id that is a fraction", { customerId: 1.5 }, "customerId"],
    ["a version that is text", { version: "3" }, "version"],
    ["a total that is text", { total: "ten" }, "total"],
    ["a total without end", { total: Number.POSITIVE_INFINITY }, "total"],
    ["a total too large", { total: 1e11 }, "total"],
    ["a refund below zero", { type: "order.refunded", refund: -5 }, "refund"],
    ["a currency that is none", { currency: "Euro" }, "currency"],
    ["items that are no list", { items: { sku: "a" } }, "items"],
    ["an item that is none", { items: [{ price: 1 }, 5] }, "items[1]"],
    ["a price that is an object", { items: [{ price: {} }] }, "items[0].price"],
    ["more items than two thousand", { items: Array.from({ length: 2_001 }, () => ({})) }, "items"],
    ["a channel that is a list", { channel: ["web"] }, "channel"],
    ["properties that are a list", { properties: "[1]" }, "properties"],
    ["no time", { occurredAt: undefined }, "occurredAt"],
  ])("%s is refused as invalid, where it stands", (_, change, path) => {
    const { reason, faults: found } = faults({ ...good, ...change });
    expect(reason).toBe("invalid");
    expect(found.map((fault) => fault.path)).toEqual([path]);
    expect(found[0]?.expected).not.toMatch(/invalid input|undefined/i);
  });

  it.each([
    ["nobody it is about", { customerId: null }, "unattributed"],
    ["nobody but the customer before", { customerId: null, previousCustomerId: "c-1" }, "unattributed"],
    ["a currency without a rate", { currency: "CHF" }, "no-rate"],
    ["a time to come", { occurredAt: at + 300_001 }, "future"],
    ["a time before 1900", { occurredAt: "1899-12-31T00:00:00Z" }, "too-old"],
    ["two faults of different kinds", { currency: "CHF", total: "x" }, "invalid"],
  ])("%s is refused for that reason", (_, change, reason) => {
    expect(faults({ ...good, ...change }).reason).toBe(reason);
  });

  it("every fault is named at once", () => {
    const broken = {
      type: "order.lost",
      occurredAt: at + 1e9,
      customerId: "",
      total: "ten",
      currency: "Euro",
      items: [{ price: "a" }, { quantity: [] }],
      properties: '{"a":1e999}',
    };
    expect(
      faults(broken)
        .faults.map(({ path }) => path)
        .sort(),
    ).toEqual(
      [
        "type",
        "orderId",
        "occurredAt",
        "customerId",
        "total",
        "currency",
        "items[0].price",
        "items[1].quantity",
        "properties.a",
      ].sort(),
    );
  });

  it("an amount that leaves all bounds by conversion is refused", () => {
    const rich = orderNormaliser(createCurrencies({ workspace: "EUR", rates: '{"BTC":90000}', zone: "UTC" }));
    const result = rich({ ...good, total: 2_000_000, currency: "BTC" }, at);
    expect(result).toMatchObject({ outcome: "refused", faults: [{ path: "total", found: "2000000" }] });
  });
});
