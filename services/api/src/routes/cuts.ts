import { z } from "zod";
import type { Cuts } from "../cuts.ts";
import type { Server } from "../new-server.ts";
import { refusals } from "../openapi.ts";
import { refuse } from "../problem.ts";

const tags = ["cuts"];

const shown = z.object({
  version: z.number().describe("Of those in force; 0 where none were ever published"),
  publishedAt: z.iso.datetime().nullable(),
  ageSeconds: z.number().nullable(),
  stale: z
    .boolean()
    .describe(
      "Older than twice as often as they are worked out, or some that are asked for are not in force",
    ),
  partitionsLeft: z
    .int()
    .describe("Partitions that do not have these yet, or are still going through the customers near them"),
  cuts: z
    .array(
      z.object({
        key: z.string().describe("scoring/ID/PART, or metric/ID/QUANTILE for top and bottom"),
        subject: z.string(),
        shares: z.array(z.number()).readonly().describe("The quantiles that are wanted"),
        values: z.array(z.number()).readonly().nullable().describe("Null where there are none in force"),
      }),
    )
    .readonly(),
});

const given = z.strictObject({ cuts: z.record(z.string().max(300), z.array(z.number()).max(1_000)) });

/** The body comes as bytes: other routes take YAML. */
function readCuts(body: unknown): Readonly<Record<string, readonly number[]>> {
  let document: unknown;
  try {
    document = JSON.parse(String(body));
  } catch {
    return refuse("unreadable-document", "The body is no JSON.");
  }
  const read = given.safeParse(document);
  if (read.success) return read.data.cuts;
  return refuse("wrong-request", z.prettifyError(read.error));
}

export function cutRoutes(server: Server, cuts: () => Cuts): void {
  server.get(
    "/v1/cuts",
    {
      schema: {
        tags,
        summary: "The cut points of the population that the definitions ask for, and those in force",
        response: { 200: shown, ...refusals(503) },
      },
    },
    async () => cuts().read(),
  );

  server.put(
    "/v1/cuts",
    {
      schema: {
        tags,
        summary: "Puts new cut points in force, in place of all before",
        description:
          "Numbers of the metric, or seconds since the event. Customers between an old and a new cut get their changes with the cause `cuts`; nobody else is looked at.",
        response: { 202: z.object({ version: z.number() }), ...refusals(400, 422, 503) },
      },
    },
    async ({ body }, reply) => reply.code(202).send({ version: await cuts().publish(readCuts(body)) }),
  );

  server.post(
    "/v1/cuts/compute",
    {
      schema: {
        tags,
        summary: "Works all cut points out from the archive, and puts them in force",
        description:
          "Exact quantiles of everybody who is in a population, as of now. One that nobody is in has no cut points.",
        response: {
          202: z.object({
            version: z.number(),
            populations: z.record(z.string(), z.number()).describe("By key, how many are in it"),
          }),
          ...refusals(400, 503),
        },
      },
    },
    async (_request, reply) => reply.code(202).send(await cuts().compute()),
  );
}
