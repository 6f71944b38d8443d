import { z } from "zod";
import type { Identity } from "../identity.ts";
import type { Server } from "../new-server.ts";
import { refusals } from "../openapi.ts";
import * as schemas from "../schemas.ts";

const places = [
  { kind: "customer", path: "/v1/customers/:id", name: "customer" },
  { kind: "company", path: "/v1/companies/:id", name: "company" },
] as const;

const id = z.string().min(1).max(256);

export function identityRoutes(server: Server, identity: () => Identity): void {
  for (const { kind, path, name } of places) {
    server.delete(
      path,
      {
        schema: {
          tags: ["privacy"],
          summary: `Erases a ${name}: all that is kept of it goes; what is dated later begins a new one`,
          description: "Answers with a receipt at once; ask for it again until it says `done`.",
          params: z.object({ id }),
          response: { 202: schemas.erasure, ...refusals(400, 503) },
        },
      },
      async ({ params }, reply) => {
        const receipt = await identity().erase(kind, params.id);
        return reply.code(202).header("location", `/v1/erasures/${receipt.id}`).send(receipt);
      },
    );

    server.get(
      `${path}/erasure`,
      {
        schema: {
          tags: ["privacy"],
          summary: `The receipt of the last erasure of a ${name}, however it was asked for`,
          params: z.object({ id }),
          response: { 200: schemas.erasure, ...refusals(400, 404, 503) },
        },
      },
      async ({ params }) => identity().lastErasure(kind, params.id),
    );

    server.put(
      `${path}/merged-into/:into`,
      {
        schema: {
          tags: ["customers"],
          summary: `Makes a ${name} part of another: what was known of it, and what still comes, counts for that one`,
          description: "A merge that would go round is refused later, and is on `rejected-events`.",
          params: z.object({ id, into: id }),
          response: { 202: schemas.mergeAsked, ...refusals(400, 503) },
        },
      },
      async ({ params }, reply) => {
        await identity().merge(kind, params.id, params.into);
        return reply.code(202).send({ note: `It is on its way; GET ${path} says when it is done.` });
      },
    );
  }

  server.get(
    "/v1/erasures/:id",
    {
      schema: {
        tags: ["privacy"],
        summary: "The receipt of an erasure",
        params: z.object({ id: z.string().max(100) }),
        response: { 200: schemas.erasure, ...refusals(400, 404, 503) },
      },
    },
    async ({ params }) => identity().receipt(params.id),
  );
}
