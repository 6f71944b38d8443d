import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { parseSecret, signatureHeaders } from "../src/signature.ts";

const vectorFile = fileURLToPath(
  new URL("../../../../shared/data/payloads/standard-webhooks/vectors.json", import.meta.url),
);
const hasVectors = existsSync(vectorFile);
if (!hasVectors) console.warn("skipped: the vectors of Standard Webhooks are not on this machine");

const someSecret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

describe("signatures of Standard Webhooks", () => {
  test.skipIf(!hasVectors)("given the specification's vector, then the signature is the one expected", () => {
    const { sign } = JSON.parse(readFileSync(vectorFile, "utf8"));
    const key = parseSecret(sign.key);
    expect(signatureHeaders(key!, sign.msgId, sign.timestamp * 1000, sign.payload)).toEqual({
      "webhook-id": sign.msgId,
      "webhook-timestamp": String(sign.timestamp),
      "webhook-signature": sign.expected,
    });
  });

  test("given any id, time, key and body, then the library of the specification signs and verifies alike", () => {
    const now = Date.now();
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 24, maxLength: 64 }),
        fc.stringMatching(/^[a-z0-9/-]{1,40}$/),
        fc.integer({ min: now - 200_000, max: now }),
        fc.json(),
        (bytes, id, at, body) => {
          const secret = `whsec_${Buffer.from(bytes).toString("base64")}`;
          const headers = signatureHeaders(parseSecret(secret)!, id, at, body);
          expect(headers["webhook-signature"]).toBe(new Webhook(secret).sign(id, new Date(at), body));
          expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
        },
      ),
      { numRuns: 200 },
    );
  });

  test("given a body, id or time that was changed on the way, then the library refuses it", () => {
    const headers = signatureHeaders(parseSecret(someSecret)!, "m-1", Date.now(), '{"a":1}');
    const verify = (body: string, given: Record<string, string>) =>
      new Webhook(someSecret).verify(body, { ...headers, ...given });
    expect(verify('{"a":1}', {})).toEqual({ a: 1 });
    expect(() => verify('{"a":2}', {})).toThrow("No matching signature");
    expect(() => verify('{"a":1}', { "webhook-id": "m-2" })).toThrow("No matching signature");
    const later = String(Number(headers["webhook-timestamp"]) + 1);
    expect(() => verify('{"a":1}', { "webhook-timestamp": later })).toThrow("No matching signature");
  });

  test.each([
    ["no prefix", Buffer.alloc(32).toString("base64")],
    ["23 bytes", `whsec_${Buffer.alloc(23).toString("base64")}`],
    ["65 bytes", `whsec_${Buffer.alloc(65).toString("base64")}`],
    ["characters that base64 has not", `whsec_${"*".repeat(32)}`],
    ["base64 cut off", `whsec_${Buffer.alloc(32).toString("base64").slice(0, -2)}`],
    ["nothing", ""],
  ])("given a secret with %s, then it is none", (_, secret) => {
    expect(parseSecret(secret)).toBeUndefined();
  });
});
