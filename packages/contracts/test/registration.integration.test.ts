/** Several instances that start at once, on the real registry. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createCodec } from "../src/codec.ts";

const url = process.env.SCHEMA_REGISTRY_URL ?? "http://127.0.0.1:8081/apis/ccompat/v7";
const type = "tidemark.log.Clock";
const schema = readFileSync(new URL("../../../schemas/clock.avsc", import.meta.url), "utf8");

async function compatibilityOf(subject: string): Promise<string> {
  const response = await fetch(`${url}/config/${subject}`);
  return ((await response.json()) as { compatibilityLevel: string }).compatibilityLevel;
}

describe("registering a schema", () => {
  it("given instances that start at once on a registry that knows nothing, then all go on, under one id", async () => {
    for (let round = 0; round < 5; round += 1) {
      const topic = `at-once-${randomUUID()}`;
      const codecs = await Promise.all(Array.from({ length: 6 }, () => createCodec({ url })));
      await Promise.all(codecs.map((codec) => codec.prepare(topic, [type])));
      const written = codecs.map((codec) => codec.encode(type, { at: 1, max: 2 }).toString("hex"));
      expect(new Set(written).size).toBe(1);
      expect(await compatibilityOf(`${topic}-${type}`)).toBe("BACKWARD");
    }
  });

  it("given an instance that died between the schema and its compatibility, then the next one sets it", async () => {
    const topic = `died-${randomUUID()}`;
    const response = await fetch(`${url}/subjects/${topic}-${type}/versions`, {
      method: "POST",
      headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
      body: JSON.stringify({ schema }),
    });
    expect(response.ok).toBe(true);
    await (await createCodec({ url })).prepare(topic, [type]);
    expect(await compatibilityOf(`${topic}-${type}`)).toBe("BACKWARD");
  });
});
