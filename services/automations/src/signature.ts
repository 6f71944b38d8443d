/** Signatures as Standard Webhooks says: HMAC-SHA256 over `id.timestamp.body`. */
import { createHmac } from "node:crypto";

const prefix = "whsec_";
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The specification's bounds of a key, in bytes. */
export const keyBytes = { least: 24, most: 64 };

/** The key in a secret, `whsec_` and base64; undefined where it is none. */
export function parseSecret(secret: string): Buffer | undefined {
  const text = secret.startsWith(prefix) ? secret.slice(prefix.length) : undefined;
  if (text === undefined || !base64.test(text)) return undefined;
  const key = Buffer.from(text, "base64");
  return key.length >= keyBytes.least && key.length <= keyBytes.most ? key : undefined;
}

/** The headers that sign a body. `at` in ms; the receiver refuses what is five minutes off. */
export function signatureHeaders(key: Buffer, id: string, at: number, body: string): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}
