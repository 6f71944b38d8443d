/** Orders written with an older and with a newer version of the schema than ours. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createCodec } from "@tidemark/contracts";
import { createCurrencies } from "@tidemark/intake";
import avro from "avsc";
import { describe, expect, it } from "vitest";
import { createSourceDecoder } from "../../../packages/intake/src/decode.ts";
import { orderNormaliser } from "../src/order.ts";

const registryUrl = process.env.SCHEMA_REGISTRY_URL ?? "http://127.0.0.1:8081/apis/ccompat/v7";
const recordType = "tidemark.source.OrderEvent";
const at = 1_772_357_400_000;

interface RecordSchema {
  readonly fields: readonly { readonly name: string }[];
}

const ours: RecordSchema = JSON.parse(
  readFileSync(new URL("../../../schemas/order-event.avsc", import.meta.url), "utf8"),
);

async function register(subject: string, schema: object): Promise<number> {
  const response = await fetch(`${registryUrl}/subjects/${subject}/versions`, {
    method: "POST",
    headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  });
  if (!response.ok) throw new Error(`the registry answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { readonly id: number }).id;
}

function write(schema: object, id: number, value: object): Buffer {
  const head = Buffer.alloc(5);
  head.writeInt32BE(id, 1);
  return Buffer.concat([head, avro.Type.forSchema(schema as avro.Schema).toBuffer(value)]);
}

async function read(bytes: Buffer): Promise<unknown> {
  const decoder = createSourceDecoder(await createCodec({ url: registryUrl }), recordType, () => Date.now());
  const decoded = decoder.decodeSync(bytes) ?? (await decoder.decode(bytes));
  if (decoded.outcome === "unreadable") return decoded;
  const currencies = createCurrencies({ workspace: "EUR", rates: "", zone: "UTC" });
  return orderNormaliser(currencies)(decoded.raw, at);
}

describe("given orders in Avro of other versions", () => {
  it("an older one, which knows neither versions nor items, takes our defaults", async () => {
    const newer = new Set(["version", "items", "properties", "previousCustomerId"]);
    const schema = { ...ours, fields: ours.fields.filter(({ name }) => !newer.has(name)) };
    const id = await register(`test-${randomUUID()}-older`, schema);
    const value = { type: "order.placed", orderId: "o-1", customerId: "c-1", occurredAt: at, total: 9.5 };
    expect(await read(write(schema, id, value))).toMatchObject({
      outcome: "admitted",
      events: [
        {
          subject: "c-1",
          properties: '{"orderId":"o-1","total":9.5,"currency":"EUR"}',
          order: { orderId: "o-1", version: null },
        },
      ],
    });
  });

  it("a newer one, which knows more, is read without what we do not know", async () => {
    const warehouse = { name: "warehouse", type: ["null", { type: "map", values: "long" }], default: null };
    const [first, ...rest] = ours.fields;
    const schema = { ...ours, fields: [first, warehouse, ...rest] };
    const id = await register(`test-${randomUUID()}-newer`, schema);
    const value = {
      type: "order.placed",
      warehouse: { shelf: 7 },
      orderId: "o-2",
      customerId: "c-2",
      occurredAt: at,
      version: 4,
      items: [{ sku: "a", category: "books", quantity: 2, price: 3.5 }],
    };
    expect(await read(write(schema, id, value))).toMatchObject({
      outcome: "admitted",
      events: [
        {
          properties:
            '{"orderId":"o-2","total":7,"currency":"EUR","items":[{"sku":"a","category":"books","quantity":2,"price":3.5}]}',
          order: { version: 4 },
        },
      ],
    });
  });

  it("one that cannot be resolved to ours is unreadable, and it says so", async () => {
    const fields = ours.fields.map((field) =>
      field.name === "occurredAt" ? { name: "occurredAt", type: "string" } : field,
    );
    const schema = { ...ours, fields };
    const id = await register(`test-${randomUUID()}-other`, schema);
    const value = { type: "order.placed", orderId: "o-3", occurredAt: "yesterday" };
    expect(await read(write(schema, id, value))).toMatchObject({
      outcome: "unreadable",
      faults: [{ found: `the schema with the id ${id} cannot be read as ours` }],
    });
  });

  it("an id that the registry does not know is unreadable, and it says so", async () => {
    expect(await read(write(ours, 2_000_000_000, { type: "a", orderId: "b", occurredAt: 1 }))).toMatchObject({
      outcome: "unreadable",
      faults: [{ found: "no schema has the id 2000000000" }],
    });
  });
});
