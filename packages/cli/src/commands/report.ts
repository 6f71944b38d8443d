/** A report, in the form that was asked for. */

import type { Options } from "../command-line/options.ts";
import { askReport, camel, listReports, type Report, type ReportRow } from "../report/ask-report.ts";
import { chartOf } from "../report/chart.ts";
import { svgOf } from "../report/svg.ts";
import { describeReport } from "../report/terminal.ts";

const parameters = {
  definition: { type: "text", value: "ID", about: "a segment or classification" },
  category: { type: "text", value: "ID", about: "a category of the classification" },
  from: { type: "text", value: "DAY", about: "first day, in UTC (30 days ago)" },
  to: { type: "text", value: "DAY", about: "last day, in UTC (today)" },
  until: { type: "text", value: "DAY", about: "last day that counts (today)" },
  day: { type: "text", value: "DAY", about: "the day that it is about (today)" },
  days: { type: "text", value: "N", about: "how many days (30)" },
  "as-of": { type: "text", value: "INSTANT", about: "the instant that it is about (now)" },
  basis: {
    type: "text",
    value: "NAME",
    about: "of cohorts: first-order, or an attribute such as registeredAt",
  },
  source: { type: "text", value: "NAME", about: "attribute that splits cohorts" },
  unit: { type: "text", value: "SECONDS", about: "that recency is counted in (86400)" },
  ties: { type: "text", value: "HOW", about: "equal frequencies: together or apart (together)" },
  stages: { type: "text", value: "A,B,C", about: "of a funnel: segments and classification/category" },
  holdout: { type: "text", value: "ID", about: "who is left in peace" },
  "holdout-category": { type: "text", value: "ID", about: "the category of those (in)" },
  control: { type: "text", value: "ID", about: "a segment whose entries are the holdout" },
  "control-category": { type: "text", value: "ID", about: "the category of those (in)" },
} as const satisfies Options;

export const reportOptions = {
  json: { type: "flag", about: "rows as JSON" },
  csv: { type: "flag", about: "rows as CSV" },
  svg: { type: "flag", about: "the chart as SVG" },
  ...parameters,
} as const satisfies Options;

/** Without a name the reports there are. Rejects with a sentence. */
export async function report(
  apiUrl: string,
  name: string | undefined,
  values: Readonly<Record<string, unknown>>,
): Promise<string> {
  if (name === undefined) return `${await listReports(apiUrl)}\n`;
  const given = Object.fromEntries(
    Object.keys(parameters).flatMap((option) => {
      const value = values[option];
      return typeof value === "string" ? [[camel(option), value]] : [];
    }),
  );
  const found = await askReport(apiUrl, name, given);
  if (values.json) return `${JSON.stringify(found.rows, null, 2)}\n`;
  if (values.csv) return csvOf(found.rows);
  return values.svg ? chartText(found) : describeReport(found);
}

function chartText(found: Report): string {
  const chart = chartOf(found);
  if (chart === undefined) {
    const why = found.rows.length === 0 ? "it has no rows" : "it is a list";
    throw new Error(`There is no chart of ${found.name}: ${why}`);
  }
  return svgOf(chart);
}

/** RFC 4180, with the names first. */
function csvOf(rows: readonly ReportRow[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cell = (value: unknown): string => {
    const text =
      value === null || value === undefined ? "" : Array.isArray(value) ? value.join(" ") : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [names, ...rows.map((row) => names.map((name) => row[name]))]
    .map((cells) => `${cells.map(cell).join(",")}\r\n`)
    .join("");
}
