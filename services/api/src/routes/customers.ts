import { z } from "zod";
import type { Customers } from "../customers.ts";
import type { Server } from "../new-server.ts";
import { refusals } from "../openapi.ts";
import * as schemas from "../schemas.ts";

const places = [
  { kind: "customer", path: "/v1/customers/:id", name: "customer" },
  { kind: "company", path: "/v1/companies/:id", name: "company" },
] as const;

export function customerRoutes(server: Server, customers: () => Customers): void {
  for (const { kind, path, name } of places) {
    server.get(
      path,
      {
        schema: {
          tags: ["customers"],
          summary: `What is known of a ${name}, at this instant`,
          params: z.object({ id: z.string().min(1).max(1_000) }),
          response: { 200: schemas.customer, ...refusals(400, 404, 503) },
        },
      },
      async ({ params }) => customers().find(kind, params.id),
    );
  }
}
