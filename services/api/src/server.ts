/** The HTTP interface: routes, errors, metrics and the page about itself. */
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { Clock, Logger, Registry } from "@tidemark/runtime";
import type { FastifyError } from "fastify";
import { jsonSchemaTransformObject, serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { problemOf, sendProblem } from "./answer.ts";
import type { Audit } from "./audit/audit.ts";
import type { Customers } from "./customers.ts";
import type { Cuts } from "./cuts.ts";
import type { Definitions } from "./definitions.ts";
import { mediaTypes } from "./document-text.ts";
import type { Identity } from "./identity.ts";
import { requestMetrics } from "./metrics.ts";
import { newServer, type Server, type ServerOptions } from "./new-server.ts";
import { openApi, withBodies } from "./openapi.ts";
import type { Preview } from "./preview/preview.ts";
import { problem } from "./problem.ts";
import type { Reports } from "./reports/reports.ts";
import { auditRoutes } from "./routes/audits.ts";
import { customerRoutes } from "./routes/customers.ts";
import { cutRoutes } from "./routes/cuts.ts";
import { definitionRoutes } from "./routes/definitions.ts";
import { identityRoutes } from "./routes/identity.ts";
import { type OperationPorts, operationRoutes } from "./routes/operations.ts";
import { previewRoutes } from "./routes/previews.ts";
import { reportRoutes } from "./routes/reports.ts";

export interface ServerPorts extends OperationPorts {
  /** Refuses with 503 while they cannot be had yet. */
  readonly definitions: () => Definitions;
  readonly customers: () => Customers;
  readonly identity: () => Identity;
  readonly cuts: () => Cuts;
  readonly reports: () => Reports;
  readonly audit: () => Audit;
  readonly preview: () => Preview;
  readonly clock: Clock;
  readonly logger: Logger;
}

export async function buildServer(ports: ServerPorts, options: ServerOptions): Promise<Server> {
  const server = newServer(options);
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser([...mediaTypes], { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
  handleErrors(server, ports, options);
  measure(server, ports.metrics);
  await server.register(swagger, {
    openapi: openApi,
    transform: withBodies,
    transformObject: jsonSchemaTransformObject,
  });
  await server.register(swaggerUi, {
    routePrefix: "/docs",
    uiConfig: { validatorUrl: null },
    staticCSP: "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'",
  });
  definitionRoutes(server, ports.definitions);
  customerRoutes(server, ports.customers);
  identityRoutes(server, ports.identity);
  cutRoutes(server, ports.cuts);
  reportRoutes(server, ports.reports);
  auditRoutes(server, ports.audit);
  previewRoutes(server, ports.preview, ports.definitions);
  operationRoutes(server, ports);
  await server.ready();
  return server;
}

function handleErrors(server: Server, { logger }: ServerPorts, { bodyBytes }: ServerOptions): void {
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const answer = problemOf(error, request, bodyBytes);
    if (answer) return sendProblem(reply, answer);
    const { id, method } = request;
    logger.error({ err: error, request: id, method, route: request.routeOptions.url }, "a request failed");
    return sendProblem(reply, problem("failed", `What went wrong is in the log, under ${id}.`));
  });
  server.setNotFoundHandler((request, reply) => {
    const place = `${request.method} ${request.url.slice(0, 200)}`;
    return sendProblem(
      reply,
      problem("not-found", `There is nothing at ${place}. GET / lists what there is.`),
    );
  });
}

function measure(server: Server, registry: Registry): void {
  const measured = requestMetrics(registry);
  server.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "unknown";
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    measured(labels, reply.elapsedTime);
  });
}
