import { z } from "zod";
import type { Server } from "../new-server.ts";
import { refusals } from "../openapi.ts";
import { type ReportDescription, reportNames, reports } from "../reports/catalogue.ts";
import { nameOf, parameters } from "../reports/parameters.ts";
import type { Reports } from "../reports/reports.ts";

const tags = ["reports"];

const paging = {
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000).describe("Rows of a page"),
  after: z.coerce.number().int().min(0).default(0).describe("As the page before says"),
};

const page = z.object({
  report: z.enum(reportNames),
  parameters: z.record(z.string(), z.unknown()).describe("What it was asked with, the defaults among them"),
  rows: z.array(z.record(z.string(), z.unknown())).readonly(),
  after: z.number().nullable().describe("Ask for the next page with it; null on the last"),
});

const listed = z.object({
  reports: z.array(
    z.object({
      name: z.enum(reportNames),
      about: z.string(),
      parameters: z.array(z.object({ name: z.string(), about: z.string(), required: z.boolean() })),
    }),
  ),
});

export function reportRoutes(server: Server, read: () => Reports): void {
  server.get(
    "/v1/reports",
    { schema: { tags, summary: "The reports there are", response: { 200: listed } } },
    async () => ({
      reports: reportNames.map((name) => ({
        name,
        about: reports[name].about,
        parameters: described(reports[name]),
      })),
    }),
  );
  for (const name of reportNames) {
    const report: ReportDescription = reports[name];
    const own = Object.fromEntries(report.parameters.map((key) => [nameOf(key), parameters[key].schema]));
    server.get(
      `/v1/reports/${name}`,
      {
        schema: {
          tags,
          summary: report.about,
          description: "Columns and formulas: docs/reports.md. Days are those of UTC.",
          querystring: z.strictObject({ ...own, ...paging }),
          response: { 200: page, ...refusals(400, 503) },
        },
      },
      async ({ query }) => {
        const { limit, after, ...given } = query;
        return read().read(name, given, { limit: Number(limit), after: Number(after) });
      },
    );
  }
}

function described({ parameters: keys }: ReportDescription) {
  return keys.map((key) => {
    const { schema, fallback } = parameters[key];
    return { name: nameOf(key), about: schema.description ?? "", required: fallback(0) === undefined };
  });
}
