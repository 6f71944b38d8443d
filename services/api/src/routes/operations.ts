import type { Registry } from "@tidemark/runtime";
import { z } from "zod";
import { sendProblem } from "../answer.ts";
import type { Server } from "../new-server.ts";
import { refusals } from "../openapi.ts";
import { problem } from "../problem.ts";

const tags = ["operations"];

export interface OperationPorts {
  /** What is away, by name, each with a sentence; empty where all is well. */
  readonly missing: () => Readonly<Record<string, string>>;
  readonly metrics: Registry;
}

export function operationRoutes(server: Server, { missing, metrics }: OperationPorts): void {
  for (const path of ["/live", "/health"]) {
    server.get(
      path,
      {
        schema: {
          tags,
          summary: "Whether the process runs",
          response: { 200: z.object({ status: z.literal("ok") }) },
        },
      },
      async () => ({ status: "ok" as const }),
    );
  }

  server.get(
    "/ready",
    {
      schema: {
        tags,
        summary: "Whether it can do its work, and what is missing",
        response: { 200: z.object({ status: z.literal("ready") }), ...refusals(503) },
      },
    },
    async (_request, reply) => {
      const reasons = missing();
      const sentences = Object.values(reasons);
      if (sentences.length === 0) return { status: "ready" as const };
      return sendProblem(reply, problem("unavailable", sentences.join(" "), { reasons }));
    },
  );

  server.get(
    "/metrics",
    {
      schema: { tags, summary: "Metrics for Prometheus", response: { 200: z.string() } },
      serializerCompiler: () => String,
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()),
  );

  server.get("/openapi.json", { schema: { hide: true } }, async (_request, reply) =>
    reply.type("application/json").send(JSON.stringify(server.swagger())),
  );

  server.get("/", { schema: { hide: true } }, async () => ({
    name: "tidemark",
    documentation: "/docs",
    openapi: "/openapi.json",
    definitions: "/v1/definitions{?kind}",
    definition: "/v1/definitions/{kind}/{id}",
    validate: "/v1/definitions/validate",
    preview: "/v1/definitions/preview",
    customer: "/v1/customers/{id}",
    company: "/v1/companies/{id}",
    live: "/live",
    erasure: "/v1/erasures/{id}",
    ready: "/ready",
    metrics: "/metrics",
  }));
}
