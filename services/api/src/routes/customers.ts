import { z } from "zod";
import type { Customers } from "../customers.ts";
import { refusals } from "../openapi.ts";
import * as schemas from "../schemas.ts";
import type { Server } from "../server.ts";

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
      async ({ params }) => copied(await customers().find(kind, params.id)),
    );
  }
}

/** What is sent is checked against its schema, and the checker wants lists that could be written. */
function copied<Page extends Awaited<ReturnType<Customers["find"]>>>(page: Page) {
  return {
    ...page,
    attributes: { ...page.attributes },
    metrics: { ...page.metrics },
    scores: { ...page.scores },
    segments: page.segments.map((one) => ({ ...one, mark: one.mark && { ...one.mark } })),
    classifications: page.classifications.map((one) => ({ ...one, mark: one.mark && { ...one.mark } })),
    filling: [...page.filling],
  };
}
