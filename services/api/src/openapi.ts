/** What the OpenAPI page says beside the routes' own schemas. */
import { readFileSync } from "node:fs";
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import { mediaTypes } from "./document-text.ts";
import { problemType } from "./problem.ts";
import * as schemas from "./schemas.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

export const openApi: NonNullable<FastifyDynamicSwaggerOptions["openapi"]> = {
  openapi: "3.1.0",
  info: {
    title: "Tidemark",
    version,
    description:
      "Definitions of segments, and what is known of a customer. Errors are problem details (RFC 9457).",
  },
  tags: [
    { name: "definitions", description: "Metrics, segments, classifications, scorings, automations" },
    { name: "customers", description: "Profiles, memberships and when each would end" },
    { name: "reports", description: "What ClickHouse tells of segments and customers" },
    { name: "operations", description: "Health and metrics" },
  ],
};

/** For a route's `config`: its body is read by the route itself. */
interface RouteConfig {
  readonly takesDefinitions?: boolean;
}

const oneDefinition = {
  type: "object",
  required: ["kind", "id"],
  additionalProperties: true,
  description: "A definition, in YAML or JSON. Many: YAML documents one after the other, or a JSON array.",
  properties: {
    kind: { type: "string", enum: schemas.kind.options },
    id: { type: "string", description: "kebab-case, unique in its kind" },
    name: { type: "string" },
  },
  example: {
    kind: "segment",
    id: "lapsed-big-spender",
    name: "Spent 1,000 in a year, silent for 60 days",
    when: {
      all: [
        { sum: "total", of: "order.placed", during: { last: "365 days" }, atLeast: 1000 },
        { count: "order.placed", during: { last: "60 days" }, is: 0 },
      ],
    },
    mark: { color: "#e5484d", icon: "hourglass", label: "Win back" },
  },
};

export const withBodies: typeof jsonSchemaTransform = (given) => {
  const { schema, url } = jsonSchemaTransform(given);
  const { takesDefinitions } = (given.route.config ?? {}) as RouteConfig;
  if (!takesDefinitions) return { schema, url };
  return { schema: { ...schema, body: oneDefinition, consumes: [mediaTypes[0], "application/json"] }, url };
};

/** The answers that a route may give when it refuses, by status. */
export function refusals<Code extends number>(...codes: readonly Code[]) {
  const refusal = {
    description: "Refused",
    content: { [problemType]: { schema: schemas.problem } },
  };
  return Object.fromEntries(codes.map((code) => [code, refusal])) as Record<Code, typeof refusal>;
}
