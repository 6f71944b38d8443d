/**
 * Merges and erasures on the real stack: texts are planted wherever a customer leaves any, the customer is merged and
 * erased while services are killed, and then everything that the product keeps is searched for the texts.
 */
import { topicNames } from "@tidemark/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compactSoon, findPlanted } from "./planted.ts";
import { openTestProduct, type TestProduct } from "./product.ts";

const merged = "zq-bea-4712";
const customer = "zq-ann-4711";
const other = "zq-other-99";
const personal = [
  merged,
  customer,
  "ann.zq@example.org",
  "bea.zq@example.org",
  "Mrs-Zqkowalska-next-door",
  "zq-order-1",
  "zq-order-2",
  "zq-order-broken",
  "zq-promo-phrase",
  "ęł-zq-unicode",
];

/** What the interface says, as far as it is looked at. */
interface Answer {
  readonly mergedInto?: object | null;
  readonly absorbed?: readonly object[];
  readonly done?: boolean;
  readonly parts?: Readonly<Record<string, { readonly state: string; readonly found: number | null }>>;
  readonly status?: number;
}

const now = Date.now();
const at = (minutesAgo: number) => now - minutesAgo * 60_000;

describe("a customer who was merged and is erased", () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await openTestProduct(4);
    await compactSoon(product);
    const { webhooks, pipeline } = product.services("UTC");
    for (const plan of [webhooks, ...pipeline])
      product.supervisor.start({ ...plan, env: { ...plan.env, WAREHOUSE_LETTERS_MS: "1000" } });
    await product.supervisor.ready();
  });
  afterAll(() => product?.close());

  const send = (topic: string, ...events: readonly (object | string)[]) =>
    product.log.append(
      topic,
      0,
      events.map((event) => ({
        key: null,
        value: Buffer.from(typeof event === "string" ? event : JSON.stringify(event)),
      })),
    );
  const order = (
    orderId: string,
    customerId: string,
    total: number,
    minutesAgo: number,
    more: object = {},
  ) => ({
    ...{ type: "order.placed", orderId, customerId, total, occurredAt: at(minutesAgo), ...more },
  });
  const get = async (path: string) => (await fetch(product.apiUrl + path)).json() as Promise<Answer>;
  const page = (id: string) => get(`/v1/customers/${id}`);
  const until = async <Value>(
    read: () => Promise<Value>,
    isThere: (value: Value) => boolean,
  ): Promise<Value> => {
    for (;;) {
      const value = await read();
      if (isThere(value)) return value;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };

  it("given a merge asked for as a lifecycle event, then the pages of both say so, and one has what both had", async () => {
    await send(
      topicNames.orders,
      order("zq-order-1", customer, 60, 30, { properties: { note: "Mrs-Zqkowalska-next-door" } }),
      order("zq-order-2", merged, 50, 29, { items: [{ name: "ęł-zq-unicode", price: 50 }] }),
      order("kept-order", other, 70, 28),
      // Refused: they go to dead letters with all that they say.
      {
        ...order("zq-order-broken", customer, 1, 27),
        total: "much",
        properties: { mail: "ann.zq@example.org" },
      },
      { ...order("kept-broken", other, 1, 27), total: "much" },
      `{"type":"order.placed","customerId":"${customer}","note":"zq-promo-phrase"`,
    );
    await send(
      topicNames.lifecycle,
      {
        name: "profile.updated",
        customerId: customer,
        occurredAt: at(40),
        attributes: { email: "ann.zq@example.org" },
      },
      {
        name: "profile.updated",
        customerId: merged,
        occurredAt: at(39),
        attributes: { contact: { second: "bea.zq@example.org" } },
      },
    );
    await send(topicNames.interactions, {
      name: "search.done",
      customerId: customer,
      occurredAt: at(20),
      properties: { phrase: "zq-promo-phrase" },
    });
    await product.drained();
    await send(topicNames.lifecycle, {
      name: "customer.merged",
      customerId: merged,
      intoCustomerId: customer,
      occurredAt: at(1),
    });

    expect(
      await until(
        () => page(merged),
        ({ mergedInto }) => mergedInto != null,
      ),
    ).toMatchObject({
      mergedInto: { id: customer, at: new Date(at(1)).toISOString() },
    });
    const whole = await until(
      () => page(customer),
      ({ absorbed = [] }) => absorbed.length > 0,
    );
    expect(whole).toMatchObject({
      absorbed: [{ id: merged }],
      attributes: { email: "ann.zq@example.org", contact: { second: "bea.zq@example.org" } },
    });
    await product.drained();
    // The search finds what is there: each text somewhere, and ids everywhere.
    const found = await findPlanted(product, personal);
    for (const text of personal) expect(found.filter((place) => place.endsWith(`: ${text}`))).not.toEqual([]);
    for (const place of ["redis", "table customer_events", "table segment_changes", "dead letters"])
      expect(found).toContain(`${place}: ${customer}`);
    expect(found.filter((place) => /^(?:logs|metrics|mutations)/.test(place))).toEqual([]);
  });

  it("given an erasure over HTTP while services are killed, then the receipt comes to its end and no planted text is found anywhere", async () => {
    const answer = await fetch(`${product.apiUrl}/v1/customers/${customer}`, { method: "DELETE" });
    expect(answer.status).toBe(202);
    const { id } = (await answer.json()) as { id: string };
    for (const service of ["segments", "warehouse"]) {
      const pid = product.pidOf(service);
      if (pid !== undefined) process.kill(pid, "SIGKILL");
    }
    // Stragglers, dated before the erasure.
    await send(
      topicNames.orders,
      order("zq-order-3", customer, 5, 10, { properties: { note: "Mrs-Zqkowalska-next-door" } }),
      order("zq-order-4", merged, 5, 10, { properties: { note: "Mrs-Zqkowalska-next-door" } }),
    );

    const receiptOf = () => get(`/v1/erasures/${id}`);
    const receipt = await until(receiptOf, ({ done }) => done === true);
    expect(receipt.parts).toMatchObject({
      events: { state: "removed" },
      changes: { state: "removed" },
      deadLetters: { state: "removed" },
    });
    expect(receipt.parts?.deadLetters?.found).toBe(2);
    // The one merged before has a receipt of its own.
    await until(
      () => get(`/v1/customers/${merged}/erasure`),
      ({ done }) => done === true,
    );
    await product.drained();
    await until(
      () => findPlanted(product, personal),
      (found) => found.length === 0,
    );
    expect(await findPlanted(product, [...personal, "zq-order-3", "zq-order-4"])).toEqual([]);
  });

  it("given that, then others are as they were, and every leave was told with its cause", async () => {
    expect(await findPlanted(product, [other, "kept-order", "kept-broken"])).toEqual(
      expect.arrayContaining([`redis: ${other}`, `dead letters: ${other}`, "dead letters: kept-broken"]),
    );
    const changes: { subject: string; definition: string; to: string; cause: string; sequence: number }[] =
      [];
    for (let partition = 0; partition < 4; partition += 1)
      for await (const records of product.log.read(topicNames.segmentChanges, partition, 0))
        for (const { value } of records) {
          const decoded = await product.codec.decode(value as Buffer);
          if (decoded.type === "tidemark.changes.SegmentChange")
            changes.push(decoded.value as (typeof changes)[number]);
        }
    for (const [subject, cause] of [
      [merged, "merge"],
      [customer, "erased"],
    ] as const) {
      const own = changes.filter((change) => change.subject === subject);
      const state = new Map(own.map(({ definition, to }) => [definition, to]));
      expect(state.size).toBeGreaterThan(0);
      expect([...state.values()].every((to) => to === "out")).toBe(true);
      expect(own.filter((change) => change.cause === cause).length).toBeGreaterThan(0);
    }
    expect((await page(customer)).status).toBe(404);
  });
});
