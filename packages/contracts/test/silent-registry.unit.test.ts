/** A registry that takes a question and never answers. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { createCodec } from "../src/index.ts";

describe("a schema registry that does not answer", () => {
  it("given a bound of its own, then a record of an unknown schema is refused as not yet readable, not as unreadable", async () => {
    const server = createServer(() => {}).listen(0, "127.0.0.1");
    await new Promise((listening) => server.once("listening", listening));
    const { port } = server.address() as AddressInfo;
    const codec = await createCodec({ url: `http://127.0.0.1:${port}`, timeoutMs: 100 });
    // Magic byte, then schema id 7.
    await expect(codec.decode(Buffer.from([0, 0, 0, 0, 7, 0]))).rejects.toMatchObject({
      name: "TimeoutError",
    });
    server.closeAllConnections();
    server.close();
  }, 30_000);
});
