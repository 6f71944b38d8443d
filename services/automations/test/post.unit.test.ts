import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { postOverHttp } from "../src/post.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function post(url: string, given: { timeoutMs?: number; signal?: AbortSignal } = {}) {
  const { timeoutMs = 5_000, signal = new AbortController().signal } = given;
  return postOverHttp({ url, headers: { "x-test": "yes" }, body: "Łódź", timeoutMs, signal });
}

describe("a request", () => {
  test("given a server, then body and headers reach it and its answer comes back in short", async () => {
    let seen = "";
    const url = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      seen = `${request.method} ${request.headers["x-test"]} ${Buffer.concat(chunks)}`;
      response.writeHead(503, { "retry-after": "7" }).end(`${"come again\n".repeat(100)}`);
    });
    const outcome = await post(url);
    expect(seen).toBe("POST yes Łódź");
    expect(outcome).toMatchObject({ status: 503, retryAfter: "7" });
    expect((outcome as { text: string }).text).toHaveLength(300);
    expect((outcome as { text: string }).text).toMatch(/^come again come again/);
  });

  test("given a redirect, then it is an answer and is not followed", async () => {
    let followed = 0;
    const target = await serve((_, response) => {
      followed += 1;
      response.end();
    });
    const url = await serve((_, response) => response.writeHead(307, { location: target }).end());
    expect(await post(url)).toMatchObject({ status: 307 });
    expect(followed).toBe(0);
  });

  test("given a server that says nothing, then it ends in time", async () => {
    const url = await serve(() => {});
    expect(await post(url, { timeoutMs: 50 })).toEqual({ failure: "timeout" });
  });

  test("given an answer that never ends, then the status counts", async () => {
    const url = await serve((_, response) => {
      response.writeHead(200);
      response.write("a");
    });
    expect(await post(url, { timeoutMs: 100 })).toMatchObject({ status: 200 });
  });

  test("given an answer without bounds, then no more than a little of it is read", async () => {
    const url = await serve((_, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (response.write("a".repeat(10_000)));
        response.once("drain", more);
      };
      more();
    });
    expect(await post(url)).toEqual({ status: 200, retryAfter: null, text: "a".repeat(300) });
  });

  test("given nobody there, then the code says so, and the address is not told", async () => {
    const url = await serve(() => {});
    for (const close of closers.splice(0)) close();
    expect(await post(`${url}/secret-path`)).toEqual({ failure: "ECONNREFUSED" });
  });

  test("given a connection that breaks, then it is a failure", async () => {
    const url = await serve((request) => void request.socket.destroy());
    const outcome = await post(url);
    expect(outcome).toHaveProperty("failure");
    expect(JSON.stringify(outcome)).not.toContain("127.0.0.1");
  });

  test("given that it is cut off, then it says so", async () => {
    const url = await serve(() => {});
    const controller = new AbortController();
    const outcome = post(url, { signal: controller.signal });
    controller.abort();
    expect(await outcome).toEqual({ failure: "cut off" });
  });
});
