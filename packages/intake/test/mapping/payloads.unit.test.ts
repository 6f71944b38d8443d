import { readFileSync } from "node:fs";
import { zoneCalendar } from "@tidemark/core";
import { describe, expect, test } from "vitest";
import { readMappingText, recordMapper } from "../../src/index.ts";
import { hasPayloads, mappingFile, payload, payloadText, taker } from "./taken.ts";

/** The part of a sample that the webhook itself carries, with every digit of its numbers. */
function shopifyBody(file: string): string {
  const text = payloadText(`shopify/${file}.json`);
  const from = text.indexOf('"response": ') + '"response": '.length;
  return text.slice(from, text.indexOf(',\n "shop_feature"'));
}

describe.skipIf(!hasPayloads)("given Shopify's webhooks", () => {
  const take = (source: "orders" | "lifecycle" | "interactions", file: string, topic: string) =>
    taker("shopify", source)(shopifyBody(file), {
      "X-Shopify-Topic": topic,
      "X-Shopify-Event-Id": "event-1",
    });

  // 2021-12-31T19:00:00-05:00 is 2022-01-01T00:00:00Z, 1,640,995,200,000 ms.
  const order = {
    subject: "customer 115310627314723950",
    name: "order.placed",
    at: "2022-01-01T00:00:00.000Z",
    eventId: null,
    attributes: null,
    order: { orderId: "820982911946154500", action: "placed", version: 1_640_995_200_000, refund: null },
    properties: {
      orderId: "820982911946154500",
      total: 369.97,
      currency: "USD",
      channel: "web",
      country: "US",
      items: [
        { sku: "SKU2006-001", name: "Aviator sunglasses", quantity: 1, price: 89.99 },
        { sku: "SKU2006-020", name: "Mid-century lounger", quantity: 1, price: 159.99 },
        { sku: "SKU2006-035", name: "Coffee table", quantity: 1, price: 119.99 },
      ],
      number: "#9999",
      discountCodes: [],
      test: true,
    },
  };

  test("when an order is created, then it is placed at its own time, with ids to the last digit", () => {
    expect(take("orders", "orders_create", "orders/create")).toEqual([order]);
  });

  test.each(["updated", "paid", "fulfilled"])(
    "when it is %s, then it is placed again, with its version",
    (what) => {
      const [taken] = take("orders", `orders_${what}`, `orders/${what}`) as readonly (typeof order)[];
      expect(taken).toMatchObject({
        name: "order.placed",
        order: { action: "placed", version: 1_640_995_200_000 },
      });
    },
  );

  test("when it is cancelled, then it is taken back", () => {
    expect(take("orders", "orders_cancelled", "orders/cancelled")).toMatchObject([
      {
        subject: "customer 115310627314723950",
        name: "order.cancelled",
        at: "2022-01-01T00:00:00.000Z",
        order: { orderId: "820982911946154500", action: "cancelled" },
      },
    ]);
  });

  test("when a refund comes, then it is left to the order that comes again", () => {
    expect(take("orders", "refunds_create", "refunds/create")).toEqual([]);
  });

  test("when the header is lost, then it is a dead letter and not nothing", () => {
    expect(taker("shopify", "orders")(shopifyBody("orders_create"))).toEqual({
      faults: [": a record that no mapping takes, one for which `when` of a mapping holds"],
    });
  });

  test.each(["create", "update"])("when customers %s, then their attributes are set", (what) => {
    expect(take("lifecycle", `customers_${what}`, `customers/${what}`)).toEqual([
      {
        subject: "customer 706405506930370000",
        name: "profile.updated",
        at: "2022-01-01T00:00:00.000Z",
        eventId: null,
        order: null,
        properties: {},
        attributes: {
          email: "bob@biller.com",
          phone: null,
          firstName: "Bob",
          lastName: "Biller",
          country: "CA",
          city: "Ottawa",
          registeredAt: "2022-01-01T00:00:00.000Z",
        },
      },
    ]);
  });

  test("when consent changes without a time, then it changes when the record came", () => {
    const topic = "customers_marketing_consent/update";
    expect(take("lifecycle", "customers_marketing_consent_update", topic)).toMatchObject([
      {
        subject: "customer 706405506930370000",
        name: "consent.changed",
        at: "2026-06-01T00:00:00.000Z",
        attributes: { consent: { sms: null } },
      },
    ]);
  });

  test.each([
    ["create", "subscription.started", { id: "8906569555", status: "active" }],
    ["update", "subscription.updated", { id: "5518900129", status: "active" }],
    ["pause", "subscription.paused", { id: "8879998286", status: "paused" }],
    ["cancel", "subscription.ended", { id: "9573437046", status: "cancelled" }],
    ["expire", "subscription.ended", { id: "9720612893", status: "expired" }],
  ])("when the contract of a subscription has a webhook %s, then it is %s", (what, name, subscription) => {
    const topic = `subscription_contracts/${what}`;
    expect(take("lifecycle", `subscription_contracts_${what}`, topic)).toMatchObject([
      {
        subject: "customer 1",
        name,
        eventId: "event-1",
        attributes: { subscription: { ...subscription, interval: "week" } },
      },
    ]);
  });

  test("when a checkout starts, then it is an interaction with numbers that are numbers", () => {
    const item = { sku: "IPOD2008PINK", name: "IPod Nano - 8GB", quantity: 1, price: 199 };
    expect(take("interactions", "checkouts_create", "checkouts/create")).toEqual([
      {
        subject: "customer 603851970716743400",
        name: "checkout.started",
        at: "2022-01-01T00:00:00.000Z",
        eventId: "event-1",
        attributes: null,
        order: null,
        properties: { token: "123123123", total: 421.88, currency: "USD", items: [item, item] },
      },
    ]);
  });

  test("when customers get tags or join a segment, then their global ids are read", () => {
    expect(take("interactions", "customer.tags_added", "customer.tags_added")).toMatchObject([
      {
        subject: "customer 1",
        name: "customer.tags_added",
        at: "2005-05-05T04:00:00.000Z",
        properties: { tags: ["tag1", "tag2"] },
      },
    ]);
    expect(take("interactions", "customer.joined_segment", "customer.joined_segment")).toMatchObject([
      { subject: "customer 2", name: "customer.joined_segment", properties: { segment: "3" } },
    ]);
  });

  test.each([
    ["carts_update", "carts/update"],
    ["segments_create", "segments/create"],
    ["subscription_billing_attempts_success", "subscription_billing_attempts/success"],
    ["app_subscriptions_update", "app_subscriptions/update"],
  ])("when it is %s, then it is about no customer and becomes nothing", (file, topic) => {
    for (const source of ["orders", "lifecycle", "interactions"] as const)
      expect(take(source, file, topic)).toEqual([]);
  });
});

describe.skipIf(!hasPayloads)("given Stripe's events", () => {
  const take = (source: "orders" | "lifecycle" | "interactions", file: string) =>
    taker("stripe", source)(payload(`stripe/${file}.json`));

  test("when a charge succeeds, then it is an order, in dollars and not in cents", () => {
    expect(take("orders", "charge_succeeded")).toEqual([
      {
        subject: "customer cus_J7Mkgr8mvbl1eK",
        name: "order.placed",
        // date -u -d @1651125926
        at: "2022-04-28T06:05:26.000Z",
        eventId: "evt_3KtQThJDPojXS6LN0E06aNxq",
        attributes: null,
        order: { orderId: "ch_3KtQThJDPojXS6LN0YmgbxGj", action: "placed", version: null, refund: null },
        properties: {
          orderId: "ch_3KtQThJDPojXS6LN0YmgbxGj",
          total: 30,
          currency: "USD",
          country: "AU",
          description: "Subscription update",
          invoice: "in_1KJdKkJDPojXS6LNSwSWkZSN",
          paymentMethod: "card",
        },
      },
    ]);
  });

  test("when a charge is refunded, then only what is new of it is taken back", () => {
    // 2,500 refunded so far, 0 before: 25.00 dollars.
    expect(take("orders", "charge_refunded")).toMatchObject([
      {
        subject: "customer cus_J7Mkgr8mvbl1eK",
        name: "order.refunded",
        at: "2021-04-29T12:58:31.000Z",
        order: { orderId: "ch_3Kl36gJDPojXS6LN0DCM4A8l", action: "refunded", refund: 25 },
      },
    ]);
  });

  test("when a currency has no cents, or three places, then its amounts are read so", () => {
    const charge = payload("stripe/charge_succeeded.json");
    const { data } = charge as { readonly data: { readonly object: object } };
    const { mapping } = readMappingText(readFileSync(mappingFile("stripe"), "utf8"), "stripe.yaml");
    const map = recordMapper(mapping, { source: "orders", zone: zoneCalendar("UTC")! });
    const total = (currency: string) => {
      const mapped = map({ ...charge, data: { object: { ...data.object, currency } } });
      return mapped.outcome === "mapped" ? mapped.events[0]?.event.total : mapped.outcome;
    };
    expect([total("usd"), total("jpy"), total("kwd")]).toEqual([30, 3000, 3]);
  });

  test.each(["charge_captured", "charge_failed", "charge_expired", "charge_pending", "charge_updated"])(
    "when it is %s and nothing was captured, then it is no order",
    (file) => {
      expect(take("orders", file)).toEqual([]);
    },
  );

  test("when a customer changes, then the attributes are set", () => {
    expect(take("lifecycle", "customer_updated")).toEqual([
      {
        subject: "customer cus_IhGfebO16cMIGN",
        name: "profile.updated",
        at: "2021-04-29T12:58:31.000Z",
        eventId: "evt_1IlZRsJDPojXS6LN2AbFmnR4",
        order: null,
        properties: {},
        attributes: {
          email: "billz@supabase.io",
          name: "Copple",
          phone: "+6587498462",
          delinquent: false,
          registeredAt: "2021-01-04T12:25:41.000Z",
        },
      },
    ]);
    expect(take("lifecycle", "customer_deleted")).toMatchObject([
      { subject: "customer cus_IhGfebO16cMIGN", name: "customer.deleted", attributes: null },
    ]);
  });

  test("when a subscription begins and ends, then its end is what is known then", () => {
    const subscription = { id: "sub_JdIzvfy6o5GZRd", plan: "price_1IDQm5JDPojXS6LNM31hxKzp" };
    const startsAt = "2021-06-08T10:41:58.000Z";
    expect(take("lifecycle", "subscription_created")).toMatchObject([
      {
        subject: "customer cus_IhGfebO16cMIGN",
        name: "subscription.started",
        at: startsAt,
        attributes: {
          subscription: { ...subscription, status: "active", startsAt, endsAt: "2021-07-08T10:41:58.000Z" },
        },
      },
    ]);
    expect(take("lifecycle", "subscription_deleted")).toMatchObject([
      {
        name: "subscription.ended",
        at: "2021-06-08T10:45:02.000Z",
        attributes: {
          subscription: { ...subscription, status: "canceled", startsAt, endsAt: "2021-06-08T10:45:02.000Z" },
        },
      },
    ]);
  });

  test("when an invoice is paid, then it is an interaction", () => {
    expect(take("interactions", "invoice_paid")).toMatchObject([
      {
        subject: "customer cus_JsuO3bmrj0QlAw",
        name: "invoice.paid",
        at: "2022-01-20T03:25:11.000Z",
        eventId: "evt_1KJrGtJDPojXS6LN15fcthM3",
        properties: { id: "in_1KJqKBJDPojXS6LNJbvLUgEy", status: "paid", amount: 0, currency: "usd" },
      },
    ]);
    expect(take("interactions", "charge_failed")).toMatchObject([{ name: "charge.failed" }]);
  });

  test.each([
    "price_created",
    "product_updated",
    "refund_created",
    "invoice_payment_paid",
    "customer_tax_id_created",
  ])("when it is %s, then it becomes nothing", (file) => {
    for (const source of ["orders", "lifecycle", "interactions"] as const)
      expect(take(source, file)).toEqual([]);
  });
});

describe.skipIf(!hasPayloads)("given WooCommerce's orders", () => {
  const take = taker("woocommerce", "orders");

  test("when a guest orders, then the e-mail says who, and GMT without a zone is UTC", () => {
    expect(take(payload("woocommerce/order.created.json"))).toEqual([
      {
        subject: "customer john.doe@example.com",
        name: "order.placed",
        at: "2017-03-22T19:28:02.000Z",
        eventId: null,
        attributes: null,
        // date -u -d 2017-03-22T19:28:08Z +%s
        order: { orderId: "727", action: "placed", version: 1_490_210_888_000, refund: null },
        properties: {
          orderId: "727",
          total: 29.35,
          currency: "USD",
          channel: "rest-api",
          country: "US",
          items: [
            { sku: "", name: "Woo Single #1", quantity: 2, price: 3 },
            {
              sku: "Bar3",
              name: "Ship Your Idea &ndash; Color: Black, Size: M Test",
              quantity: 1,
              price: 12,
            },
          ],
          status: "processing",
          paymentMethod: "bacs",
          coupons: [],
        },
      },
    ]);
  });

  test("when parts were refunded, then the order is worth what is left", () => {
    // 39.00 less 10.00 less 9.00.
    expect(take(payload("woocommerce/order-723-refunded-excerpt.json"))).toMatchObject([
      {
        subject: "customer 26",
        at: "2017-03-21T19:16:00.000Z",
        order: { orderId: "723", action: "placed" },
        properties: { total: 20, currency: "USD" },
      },
    ]);
  });

  test("when it is cancelled, unpaid or deleted, then it is taken back, or nothing yet, or nothing", () => {
    const order = payload("woocommerce/order.created.json");
    expect(take({ ...order, status: "cancelled" })).toMatchObject([
      { name: "order.cancelled", at: "2017-03-22T19:28:08.000Z" },
    ]);
    expect(take({ ...order, status: "pending" })).toEqual([]);
    expect(take({ id: 727 })).toEqual([]);
  });

  test("when a customer registers, then the attributes are set", () => {
    const customer = {
      id: 25,
      date_created_gmt: "2017-03-21T19:09:28",
      date_modified_gmt: "2017-03-21T19:09:30",
      email: "john.doe@example.com",
      billing: { country: "US", city: "San Francisco" },
    };
    expect(taker("woocommerce", "lifecycle")(customer)).toMatchObject([
      {
        subject: "customer 25",
        at: "2017-03-21T19:09:30.000Z",
        attributes: { country: "US", city: "San Francisco", registeredAt: "2017-03-21T19:09:28.000Z" },
      },
    ]);
  });
});

describe.skipIf(!hasPayloads)("given Segment's calls", () => {
  const take = (source: "orders" | "lifecycle" | "interactions", call: object) =>
    taker("segment", source)(call);
  const file = (name: string) => payload(`segment/${name}.json`);

  /** The examples of e-commerce leave out what all calls have. */
  const common = {
    userId: "019mr8mf4r",
    timestamp: "2015-12-12T19:11:01.249Z",
    messageId: "ajs-1",
  };

  test("when an order is completed, then it is placed with its total, not with its revenue", () => {
    const call = { ...common, ...file("ecommerce_v2__038__Order_Completed") };
    expect(take("orders", call)).toEqual([
      {
        subject: "customer 019mr8mf4r",
        name: "order.placed",
        at: "2015-12-12T19:11:01.249Z",
        eventId: "ajs-1",
        attributes: null,
        order: { orderId: "50314b8e9bcf000000000000", action: "placed", version: null, refund: null },
        properties: {
          orderId: "50314b8e9bcf000000000000",
          total: 27.5,
          currency: "USD",
          items: [
            { sku: "45790-32", name: "Monopoly: 3rd Edition", category: "Games", quantity: 1, price: 19 },
            { sku: "46493-32", name: "Uno Card Game", category: "Games", quantity: 2, price: 3 },
          ],
          coupon: "hasbros",
          affiliation: "Google Store",
        },
      },
    ]);
    expect(take("interactions", call)).toEqual([]);
  });

  test.each([
    ["037__Order_Updated", { action: "updated", refund: null }],
    ["039__Order_Refunded", { action: "refunded", refund: 30 }],
    ["040__Order_Cancelled", { action: "cancelled", refund: null }],
  ])("when it is %s, then the order is changed so", (name, order) => {
    expect(take("orders", { ...common, ...file(`ecommerce_v2__${name}`) })).toMatchObject([{ order }]);
  });

  test("when a call names nobody, then it is a dead letter that says so; when it is anonymous, it is nothing", () => {
    const call = file("ecommerce_v2__038__Order_Completed");
    expect(take("orders", call)).toEqual({
      faults: ["customerId from userId or user_id: nothing, a customerId or a companyId"],
    });
    expect(take("orders", { ...call, anonymousId: "a-1" })).toEqual([]);
  });

  test("when somebody is identified, then the traits are attributes", () => {
    expect(take("lifecycle", file("identify__006__Example"))).toEqual([
      {
        subject: "customer 97980cfea0067",
        name: "profile.updated",
        at: "2015-02-23T22:28:55.111Z",
        eventId: "022bb90c-bbac-11e4-8dfc-aa07a5b093db",
        order: null,
        properties: {},
        attributes: {
          name: "Peter Gibbons",
          email: "peter@example.com",
          plan: "premium",
          logins: 5,
          address: {
            street: "6th St",
            city: "San Francisco",
            state: "CA",
            postalCode: "94103",
            country: "USA",
          },
        },
      },
    ]);
    // Without a time it is the record's.
    expect(take("lifecycle", file("identify__004__"))).toMatchObject([{ at: "2026-06-01T00:00:00.000Z" }]);
  });

  test("when a group is told of, then it is a company", () => {
    expect(take("lifecycle", file("group__014__Example"))).toMatchObject([
      {
        subject: "company 0e8c78ea9d97a7b8185e8632",
        attributes: { name: "Initech", industry: "Technology", employees: 329, "total billed": 830 },
      },
    ]);
  });

  test.each([
    ["track__010__Example", "course.clicked", "customer AiUGstSDIg", { title: "Intro to Analytics" }],
    [
      "page__017__Example",
      "page.viewed",
      "customer 97980cfea0067",
      { title: "Welcome | Initech", url: "http://www.example.com", name: "Home" },
    ],
    [
      "email__061__Example",
      "email.marked.as.spam",
      "customer 019mr8mf4r",
      {
        email_id: "18vzF7u3z",
        email_subject: "First shirt on us!",
        campaign_id: "123",
        campaign_name: "New Customer Discount",
      },
    ],
  ])("when %s comes, then it is %s", (name, event, subject, properties) => {
    expect(take("interactions", file(name))).toMatchObject([{ name: event, subject, properties }]);
  });

  test("when a call knows the user and the group, then it counts for both", () => {
    expect(take("interactions", file("b2b-saas__056__Example"))).toMatchObject([
      { subject: "customer 019mr8mf4r", name: "trial.started" },
      { subject: "company acct_123", name: "trial.started" },
    ]);
  });

  test("when a track call carries the time zone of the common fields, then identify sets it", () => {
    const call = { ...file("common__001__Structure"), type: "identify" };
    expect(take("lifecycle", call)).toMatchObject([{ attributes: { zone: "Europe/Amsterdam" } }]);
  });

  test("when it is an alias, then it becomes nothing", () => {
    for (const source of ["orders", "lifecycle", "interactions"] as const)
      expect(take(source, file("alias__022__Examples"))).toEqual([]);
  });
});

describe.skipIf(!hasPayloads)("given Debezium's change events", () => {
  const take = taker("debezium", "lifecycle");

  test("when a row is inserted, then its columns are attributes at the time of the change", () => {
    expect(take(payload("debezium/mysql-insert-payload-only.json"))).toEqual([
      {
        subject: "customer 1016",
        name: "profile.updated",
        // date -u -d @1615928467
        at: "2021-03-16T21:01:07.000Z",
        eventId: null,
        order: null,
        properties: {},
        attributes: { id: 1016, first_name: "Smart", last_name: "Techie", email: "smarttechie@gmail.com" },
      },
    ]);
  });

  test("when a row is changed, then it is what it is after", () => {
    expect(take(payload("debezium/postgres-update-with-schema.json"))).toMatchObject([
      {
        subject: "customer b361f64c-8781-43c6-9c0d-d187d6df6b82",
        at: "2023-08-26T07:03:16.603Z",
        attributes: { email: "ehasan+1@firecrackervocabulary.com", name: "name_17" },
      },
    ]);
  });

  test("when a row is deleted, then its customer is known from before", () => {
    const { payload: change } = payload("debezium/postgres-update-with-schema.json") as { payload: object };
    expect(take({ payload: { ...change, op: "d", after: null } })).toMatchObject([
      {
        subject: "customer b361f64c-8781-43c6-9c0d-d187d6df6b82",
        name: "customer.deleted",
        attributes: null,
      },
    ]);
  });

  test("when it is another table, then it becomes nothing", () => {
    expect(take(payload("debezium/postgres-0.9-insert-payload-only.json"))).toEqual([]);
  });
});

describe.skipIf(!hasPayloads)("given Bitrix24's events and calls", () => {
  test("when a contact changed, then the event says who and when", () => {
    expect(taker("bitrix24", "lifecycle")(payload("bitrix24/event.ONCRMCONTACTUPDATE.json"))).toEqual([
      {
        subject: "customer 82",
        name: "contact.updated",
        // date -u -d @1724697689
        at: "2024-08-26T18:41:29.000Z",
        eventId: null,
        order: null,
        properties: {},
        attributes: null,
      },
    ]);
  });

  test("when a contact is written, then its fields are attributes, the birthday a day", () => {
    expect(taker("bitrix24", "lifecycle")(payload("bitrix24/crm.contact.update.json"))).toMatchObject([
      {
        subject: "customer 43",
        name: "profile.updated",
        // 16:59:53 at +02:00.
        at: "2024-08-16T14:59:53.000Z",
        attributes: {
          firstName: "Сергей",
          birthDate: "1999-11-11",
          type: "RECOMMENDATION",
          source: "WEB",
          position: "Администратор компьютерных сетей",
          company: "12",
          reachable: false,
        },
      },
    ]);
  });

  test("when a deal is won and nobody is named, then it is a dead letter; with a contact it is an order", () => {
    const take = taker("bitrix24", "orders");
    const call = payload("bitrix24/crm.deal.update.minimal.json");
    expect(take(call)).toEqual({
      faults: ["customerId from request.fields.CONTACT_ID: nothing, a customerId or a companyId"],
    });
    const { request } = call as { readonly request: { readonly fields: object } };
    const fields = {
      ...request.fields,
      CONTACT_ID: 43,
      COMPANY_ID: 0,
      OPPORTUNITY: "150.00",
      CURRENCY_ID: "USD",
    };
    expect(take({ ...call, request: { ...request, fields } })).toMatchObject([
      { subject: "customer 43", order: { orderId: "1234", action: "placed" }, properties: { total: 150 } },
    ]);
  });

  test.each(["crm.status.add.color", "crm.contact.userfield.add.enumeration"])(
    "when it is %s, then it becomes nothing",
    (file) => {
      for (const source of ["orders", "lifecycle"] as const)
        expect(taker("bitrix24", source)(payload(`bitrix24/${file}.json`))).toEqual([]);
    },
  );
});
