/** The HTTP port of a service: is it alive, is it ready, what does it measure. */
import { createServer, type Server } from "node:http";
import type { Registry } from "prom-client";
import type { Readiness } from "./readiness.ts";

export interface OperationsPorts {
  readonly metrics: Registry;
  readonly ready: () => Readiness;
}

/**
 * Listens on `/live` (and `/health`, the same), `/ready` (503 and the reason where it is not) and `/metrics`. `port` 0
 * takes a free one. Rejects where it cannot listen.
 */
export function listenForOperations(
  { metrics, ready }: OperationsPorts,
  port: number,
  host: string,
): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url?.split("?")[0];
    if (path === "/live" || path === "/health") {
      response.end("ok\n");
    } else if (path === "/ready") {
      const state = ready();
      response.statusCode = state.ready ? 200 : 503;
      response.end(`${state.ready ? "ready" : (state.reason ?? "not ready")}\n`);
    } else if (path === "/metrics") {
      metrics.metrics().then(
        (text) => response.setHeader("content-type", metrics.contentType).end(text),
        () => response.writeHead(500).end(),
      );
    } else {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(server));
  });
}
