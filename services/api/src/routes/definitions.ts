import { z } from "zod";
import type { Definitions, Listed, Written } from "../definitions.ts";
import type { Server } from "../new-server.ts";
import { refusals } from "../openapi.ts";
import * as schemas from "../schemas.ts";
import { documentsOf } from "./body.ts";

const tags = ["definitions"];
const config = { takesDefinitions: true };
const params = z.object({ kind: schemas.kind, id: z.string().min(1).max(100) });
const path = "/v1/definitions/:kind/:id";

export function definitionRoutes(server: Server, definitions: () => Definitions): void {
  server.get(
    "/v1/definitions",
    {
      schema: {
        tags,
        summary: "All definitions, or those of a kind",
        querystring: z.object({ kind: schemas.kind.optional() }),
        response: {
          200: z.object({ definitions: z.array(schemas.definition) }),
          ...refusals(400, 503),
        },
      },
    },
    async ({ query }) => ({ definitions: definitions().list(query.kind).map(shown) }),
  );

  server.get(
    path,
    {
      schema: {
        tags,
        summary: "A definition",
        params,
        response: { 200: schemas.definition, ...refusals(400, 404, 503) },
      },
    },
    async (request) => shown(definitions().get(request.params)),
  );

  server.put(
    path,
    {
      config,
      schema: {
        tags,
        summary: "Creates or replaces a definition",
        description: "202 where it is not in force: `status` and `note` say why.",
        params,
        response: {
          200: schemas.writtenDefinition,
          201: schemas.writtenDefinition,
          202: schemas.writtenDefinition,
          ...refusals(400, 413, 415, 422, 503),
        },
      },
    },
    async (request, reply) => {
      const written = await definitions().write(documentsOf(request), request.params);
      const [first] = written;
      if (first === undefined) throw new TypeError("a write answered nothing");
      reply.header("location", `/v1/definitions/${first.definition.kind}/${first.definition.id}`);
      return reply.code(codeOf(written)).send({ ...shown(first), change: first.change });
    },
  );

  server.post(
    "/v1/definitions",
    {
      config,
      schema: {
        tags,
        summary: "Creates or replaces one or many definitions: all or nothing",
        response: {
          200: z.object({ definitions: z.array(schemas.writtenDefinition) }),
          201: z.object({ definitions: z.array(schemas.writtenDefinition) }),
          202: z.object({ definitions: z.array(schemas.writtenDefinition) }),
          ...refusals(400, 413, 415, 422, 503),
        },
      },
    },
    async (request, reply) => {
      const written = await definitions().write(documentsOf(request));
      const all = written.map((one) => ({ ...shown(one), change: one.change }));
      return reply.code(codeOf(written)).send({ definitions: all });
    },
  );

  server.post(
    "/v1/definitions/validate",
    {
      config,
      schema: {
        tags,
        summary: "What writing these definitions would do; writes nothing",
        response: { 200: schemas.checkedDefinitions, ...refusals(400, 413, 415, 422, 503) },
      },
    },
    async (request) => {
      const { proposed, eventsExist } = await definitions().check(documentsOf(request));
      return {
        valid: true as const,
        definitions: proposed.map(({ kind, id, change }) => ({
          kind,
          id,
          change,
          filling: eventsExist && change !== "unchanged" && kind !== "automation",
        })),
      };
    },
  );

  server.delete(
    path,
    {
      schema: {
        tags,
        summary: "Deletes a definition that no other refers to",
        params,
        response: {
          202: z.object({ note: z.string() }),
          204: z.null(),
          ...refusals(400, 404, 409, 503),
        },
      },
    },
    async (request, reply) => {
      const missing = await definitions().remove(request.params);
      if (missing === 0) return reply.code(204).send(null);
      return reply.code(202).send({ note: `It is on its way to ${missing} partitions.` });
    },
  );
}

/** 202 where anything is not in force, 201 where anything is new. */
function codeOf(written: readonly Written[]): 200 | 201 | 202 {
  if (written.some(({ status }) => status !== "active")) return 202;
  return written.some(({ change }) => change === "created") ? 201 : 200;
}

function shown({ definition, document, name, status, note, fill }: Listed) {
  const { kind, id, version, writtenAt } = definition;
  return {
    kind,
    id,
    name,
    version,
    status,
    filling: status === "filling",
    ...(note === undefined ? {} : { note }),
    ...(fill === undefined ? {} : { fill }),
    writtenAt: new Date(writtenAt).toISOString(),
    document: document as Record<string, unknown>,
  };
}
