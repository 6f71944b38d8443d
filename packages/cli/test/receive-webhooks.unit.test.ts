import type { Server } from "node:http";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { receiveWebhooks } from "../src/commands/receive-webhooks.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const body = '{"type":"tidemark.segment.entered"}';
let server: Server;
let url: string;
let received: string[];

beforeEach(async () => {
  received = [];
  server = await receiveWebhooks({
    host: "127.0.0.1",
    port: 0,
    secret,
    now: Date.now,
    onReceived: (id) => received.push(id),
  });
  const address = server.address();
  url = `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}/`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const send = async (id: string, at: Date, signed = body): Promise<number> => {
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, at, signed),
  };
  return (await fetch(url, { method: "POST", body, headers })).status;
};

describe("the demo's receiver of webhooks", () => {
  test("given a webhook signed by the reference library, when it comes twice, then it is taken once and shown", async () => {
    expect(await send("a", new Date())).toBe(204);
    expect(await send("a", new Date())).toBe(204);
    expect(received).toEqual(["a"]);
    const shown = await (await fetch(url)).json();
    expect(shown).toMatchObject([{ id: "a", event: { type: "tidemark.segment.entered" } }]);
  });

  test("given another body, an old timestamp or no signature, when it comes, then it is refused and not shown", async () => {
    expect(await send("b", new Date(), "{}")).toBe(401);
    expect(await send("c", new Date(Date.now() - 3_600_000))).toBe(401);
    expect((await fetch(url, { method: "POST", body })).status).toBe(401);
    expect(received).toEqual([]);
  });
});
