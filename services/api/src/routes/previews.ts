import { z } from "zod";
import type { Definitions } from "../definitions.ts";
import type { Server } from "../new-server.ts";
import { refusals } from "../openapi.ts";
import type { Preview } from "../preview/preview.ts";
import { documentsOf } from "./body.ts";

const text = z.string();
const estimate = z
  .object({
    value: z.number(),
    low: z.number().describe("Lower end of the interval of 95 %; the value itself where it is exact"),
    high: z.number(),
  })
  .meta({ id: "Estimate" });
const group = {
  size: estimate,
  members: z.array(text).readonly().describe("Some of them; the same each time"),
};

const previewed = z
  .object({
    kind: text,
    id: text,
    name: text,
    notes: z.array(text).readonly().describe("What a reader should know, in sentences"),
    base: estimate.optional().describe("Customers (or companies) with an event by then"),
    size: estimate.optional().describe("Of a segment: how many would be in it"),
    share: estimate.optional().describe("Of the base"),
    members: z.array(text).readonly().optional(),
    against: z
      .object({ entering: z.object(group), leaving: z.object(group), staying: estimate })
      .nullable()
      .optional()
      .describe("Against what is published under the same id; null where nothing is"),
    overlap: z
      .array(
        z.object({
          definition: text,
          category: text.describe("`in` for a segment"),
          size: estimate,
          shared: estimate,
          jaccard: estimate.describe("Shared / in either"),
        }),
      )
      .readonly()
      .optional()
      .describe("Live segments and categories that share members, the most alike first"),
    categories: z
      .array(z.object({ category: text, ...group, share: estimate }))
      .readonly()
      .optional()
      .describe("Of a classification; of a scoring the codes"),
    moves: z
      .array(z.object({ from: text, to: text, ...group }))
      .readonly()
      .nullable()
      .optional()
      .describe("Who would be in another category than is published; null where nothing is"),
    distribution: z
      .object({
        present: estimate.describe("How many have a number"),
        share: estimate,
        mean: estimate.nullable(),
        lowest: z.number().nullable().describe("Of those that were looked at"),
        highest: z.number().nullable(),
        quantiles: z.array(z.object({ share: z.number(), number: estimate })).readonly(),
      })
      .optional()
      .describe("Of a metric, or the points of an engagement"),
  })
  .meta({ id: "Preview" });

const shown = z.object({
  asOf: z.iso.datetime(),
  mode: z.enum(["estimate", "exact"]),
  fraction: z.number().describe("The share of the customers that was looked at"),
  seconds: z.number(),
  previews: z.array(previewed).readonly(),
});

export function previewRoutes(server: Server, preview: () => Preview, definitions: () => Definitions): void {
  server.post(
    "/v1/definitions/preview",
    {
      config: { takesDefinitions: true },
      schema: {
        tags: ["definitions"],
        summary: "How many these definitions would have; writes nothing",
        description:
          "Answered from the archive: an estimate from a sample of the customers with intervals of 95 %, or the exact answer. They may name what is there, and each other.",
        querystring: z.strictObject({
          asOf: z.iso.datetime({ offset: true }).optional().describe("What happened later is left out (now)"),
          exact: z.enum(["true", "false"]).default("false").describe("Looks at everybody"),
          sample: z.coerce
            .number()
            .int()
            .min(1)
            .max(1_000_000)
            .optional()
            .describe("Customers that an estimate looks at, at most"),
          members: z.coerce.number().int().min(0).max(1_000).default(10).describe("Ids in each list"),
          only: text.max(200).optional().describe("One of the definitions sent, as kind/id"),
        }),
        response: { 200: shown, ...refusals(400, 413, 415, 422, 503) },
      },
    },
    async (request) => {
      const { asOf, exact, sample, members, only } = request.query;
      const { proposed, definitions: all } = await definitions().resolve(documentsOf(request));
      const names = proposed.map(({ kind, id }) => `${kind}/${id}`);
      return preview().ask({
        names: only === undefined ? names : names.filter((name) => name === only),
        definitions: all,
        live: definitions().parsed(),
        isExact: exact === "true",
        members: Number(members),
        ...(asOf === undefined ? {} : { at: Date.parse(asOf) }),
        ...(sample === undefined ? {} : { sampleSubjects: Number(sample) }),
      });
    },
  );
}
