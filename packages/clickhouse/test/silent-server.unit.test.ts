/** A server that takes a question and never answers. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { createClickHouseWarehouse } from "../src/index.ts";

describe("a ClickHouse that does not answer", () => {
  it("given a bound of its own, then the question ends with an error and not after the usual minute", async () => {
    const server = createServer(() => {}).listen(0, "127.0.0.1");
    await new Promise((listening) => server.once("listening", listening));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    await expect(createClickHouseWarehouse({ url, database: "any", timeoutMs: 100 })).rejects.toThrow(
      /timeout/i,
    );
    server.closeAllConnections();
    server.close();
  }, 30_000);
});
