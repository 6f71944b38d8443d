import { z } from "zod";
import type { Audit } from "../audit/audit.ts";
import type { Server } from "../new-server.ts";
import { refusals } from "../openapi.ts";

const tags = ["operations"];

const difference = z.object({
  kind: z.string(),
  subject: z.string(),
  definition: z.string().describe("kind/id"),
  stream: z.string().nullable().describe("What is published: in or out, or the category"),
  sql: z.string().nullable().describe("What the archived events say"),
  evidence: z.object({
    partition: z.number().nullable(),
    events: z.number().describe("Events that count, under the subject's own id"),
    newest: z.array(z.record(z.string(), z.unknown())).readonly(),
    changes: z.array(z.record(z.string(), z.unknown())).readonly().describe("Published of the definition"),
  }),
});

const shown = z.discriminatedUnion("state", [
  z.object({ state: z.literal("none") }),
  z.object({ state: z.literal("running"), startedAt: z.string() }),
  z.object({ state: z.literal("failed"), startedAt: z.string(), reason: z.string() }),
  z.object({
    state: z.literal("done"),
    startedAt: z.string(),
    seconds: z.number(),
    at: z.string().describe("The instant that was compared"),
    definitions: z.array(z.string()).readonly(),
    skipped: z
      .array(z.string())
      .readonly()
      .describe("Not in force everywhere yet, or the stream's alone to say"),
    subjects: z.number(),
    compared: z.number().describe("Subjects times definitions"),
    differences: z.number().describe("Subjects that differ"),
    passing: z.number().describe("Subjects that differed at a first look only"),
    found: z.array(difference).readonly(),
  }),
]);

export function auditRoutes(server: Server, audit: () => Audit): void {
  server.post(
    "/v1/audits",
    {
      schema: {
        tags,
        summary: "Begins an audit: what is published of everybody, against SQL over the archived events",
        description: "Answers at once; ask for `/v1/audits/last` until it says `done`. One runs at a time.",
        response: { 202: shown, ...refusals(503) },
      },
    },
    async (_request, reply) => reply.code(202).send(audit().begin()),
  );

  server.get(
    "/v1/audits/last",
    {
      schema: {
        tags,
        summary: "The audit under way, or what the last one found",
        response: { 200: shown, ...refusals(503) },
      },
    },
    async () => audit().show(),
  );
}
