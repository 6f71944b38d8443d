import { createLocalCodec, UnreadableError } from "@tidemark/contracts";
import { describe, expect, it } from "vitest";
import { createSourceDecoder } from "../src/decode.ts";

const recordType = "tidemark.source.InteractionEvent";
const event = {
  name: "page.viewed",
  customerId: "a",
  companyId: null,
  occurredAt: 1_772_357_400_000,
  eventId: null,
  properties: null,
};

async function codecAndDecoder(now = () => 0) {
  const codec = createLocalCodec();
  await codec.prepare("", [recordType, "tidemark.source.LifecycleEvent"]);
  return { codec, decoder: createSourceDecoder(codec, recordType, now) };
}

describe("given the bytes of a source record", () => {
  it.each([
    ["plain", '{"a":1}'],
    ["with white space before it", ' \t\r\n{"a":1}'],
    ["with a byte order mark", '\ufeff{"a":1}'],
    ["with both", '\ufeff\n {"a":1} '],
  ])("JSON %s is read", async (_, text) => {
    const { decoder } = await codecAndDecoder();
    expect(decoder.decodeSync(Buffer.from(text))).toEqual({ outcome: "decoded", raw: { a: 1 } });
  });

  it("Avro in the Confluent wire format is read", async () => {
    const { codec, decoder } = await codecAndDecoder();
    const decoded = decoder.decodeSync(codec.encode(recordType, event));
    expect(decoded).toMatchObject({ outcome: "decoded", raw: event });
  });

  const magic = (id: number, ...body: readonly number[]) => {
    const head = Buffer.alloc(5);
    head.writeInt32BE(id, 1);
    return Buffer.concat([head, Buffer.from(body)]);
  };

  it.each([
    ["no value", null, "nothing"],
    ["an empty value", Buffer.alloc(0), "nothing"],
    ["text", Buffer.from("hello"), "5 bytes from 0x68656c6c"],
    ["a JSON list", Buffer.from("[{}]"), "4 bytes from 0x5b7b7d5d"],
    ["JSON in UTF-16", Buffer.from('\ufeff{"a":1}', "utf16le"), "16 bytes from 0xfffe7b00"],
    ["bytes that are not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), '"bytes that are not UTF-8"'],
    ["JSON that ends too early", Buffer.from('{"a":'), "text that ends too early"],
    ["JSON with a fault", Buffer.from('{"a":1,}'), "text that is no JSON at character 7"],
    ["a schema id cut short", Buffer.from([0, 0, 0]), "not in the Confluent wire format"],
    ["an Avro body cut short", magic(2, 22, 112), "the Avro body of"],
  ])("%s is unreadable, and it says so", async (_, value, found) => {
    const { decoder } = await codecAndDecoder();
    const decoded = decoder.decodeSync(value);
    expect(decoded?.outcome).toBe("unreadable");
    const [fault] = decoded?.outcome === "unreadable" ? decoded.faults : [];
    expect(fault?.found).toContain(found);
    expect(fault?.reason).toBe("unreadable");
  });

  it("what is wrong is told without the text, which may hold secrets", async () => {
    const { decoder } = await codecAndDecoder();
    const decoded = decoder.decodeSync(Buffer.from('{"password":"hunter2" oops}'));
    expect(JSON.stringify(decoded)).not.toContain("hunter2");
  });

  it("a record of another kind is unreadable here", async () => {
    const { codec, decoder } = await codecAndDecoder();
    const other = codec.encode("tidemark.source.LifecycleEvent", { ...event, attributes: null });
    expect(decoder.decodeSync(other)).toMatchObject({
      outcome: "unreadable",
      faults: [{ found: '"tidemark.source.LifecycleEvent"', expected: `a record of ${recordType}` }],
    });
  });

  it("a schema that nobody knows is asked for once in five seconds", async () => {
    let now = 0;
    let asked = 0;
    const { codec } = await codecAndDecoder();
    const counting = {
      ...codec,
      decode: async (bytes: Buffer) => {
        asked += 1;
        return codec.decode(bytes);
      },
    };
    const decoder = createSourceDecoder(counting, recordType, () => now);
    const value = magic(999_999, 1, 2, 3);
    expect(decoder.decodeSync(value)).toBeUndefined();
    expect((await decoder.decode(value)).outcome).toBe("unreadable");
    expect(decoder.decodeSync(value)?.outcome).toBe("unreadable");
    now = 5_001;
    expect(decoder.decodeSync(value)).toBeUndefined();
    expect(asked).toBe(1);
  });

  it("a bad body under a schema seen for the first time says nothing about the schema", async () => {
    const { codec } = await codecAndDecoder();
    let known = false;
    const fetching = {
      ...codec,
      decodeSync: (bytes: Buffer) => (known ? codec.decodeSync(bytes) : undefined),
      decode: async (bytes: Buffer) => {
        known = true;
        return codec.decode(bytes);
      },
    };
    const decoder = createSourceDecoder(fetching, recordType, () => 0);
    const good = codec.encode(recordType, event);
    expect((await decoder.decode(good.subarray(0, 8))).outcome).toBe("unreadable");
    expect(decoder.decodeSync(good)?.outcome).toBe("decoded");
  });

  it("a registry that does not answer is no fault of the record", async () => {
    const { codec } = await codecAndDecoder();
    const away = {
      ...codec,
      decode: async () => {
        throw new TypeError("fetch failed");
      },
    };
    const decoder = createSourceDecoder(away, recordType, () => 0);
    await expect(decoder.decode(magic(9, 1))).rejects.toThrow("fetch failed");
    const unreadable = {
      ...codec,
      decode: async () => {
        throw new UnreadableError("no schema has the id 9");
      },
    };
    const decided = await createSourceDecoder(unreadable, recordType, () => 0).decode(magic(9, 1));
    expect(decided).toMatchObject({ outcome: "unreadable", faults: [{ found: "no schema has the id 9" }] });
  });
});
