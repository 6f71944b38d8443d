/** Rows of a report, all pages of it, as the HTTP interface tells them. */
import { nearestName } from "../command-line/nearest.ts";

export type ReportRow = Readonly<Record<string, unknown>>;

export interface Report {
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly rows: readonly ReportRow[];
}

interface Page {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly rows: readonly ReportRow[];
  readonly after: number | null;
}

interface Listed {
  readonly name: string;
  readonly about: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly about: string;
    readonly required: boolean;
  }[];
}

const pageRows = 10_000;

/** Rejects with a sentence where there is no such report, or it does not take what is given. */
export async function askReport(
  apiUrl: string,
  name: string,
  given: Readonly<Record<string, string>>,
): Promise<Report> {
  const rows: ReportRow[] = [];
  let parameters: Report["parameters"] = {};
  for (let after: number | null = 0; after !== null; ) {
    const query = new URLSearchParams({ ...given, limit: String(pageRows), after: String(after) });
    const response: Response = await fetch(`${apiUrl}/v1/reports/${encodeURIComponent(name)}?${query}`);
    if (response.status === 404) throw new Error(await unknownReport(apiUrl, name));
    if (!response.ok)
      throw new Error(`${apiUrl} answered ${response.status}: ${faultsOf(await response.text())}`);
    const page = (await response.json()) as Page;
    rows.push(...page.rows);
    ({ parameters } = page);
    after = page.after;
  }
  return { name, parameters, rows };
}

/** A line for each report, and one for each of its parameters. */
export async function listReports(apiUrl: string): Promise<string> {
  const reports = await listed(apiUrl);
  return reports
    .map(({ name, about, parameters }) => {
      const lines = parameters.map(
        (one) => `    --${kebab(one.name)}${one.required ? " (required)" : ""}: ${one.about}`,
      );
      return [`${name}: ${about}`, ...lines].join("\n");
    })
    .join("\n");
}

async function listed(apiUrl: string): Promise<readonly Listed[]> {
  const response = await fetch(`${apiUrl}/v1/reports`);
  if (!response.ok) throw new Error(`${apiUrl} answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { readonly reports: readonly Listed[] }).reports;
}

async function unknownReport(apiUrl: string, name: string): Promise<string> {
  const names = (await listed(apiUrl)).map((report) => report.name);
  const nearest = nearestName(name, names);
  return `"${name}" is no report${nearest === undefined ? "" : `; is ${nearest} meant?`} There are ${names.join(", ")}`;
}

/** What is wrong, of a problem; the text itself where it is none. */
function faultsOf(text: string): string {
  try {
    const { detail, faults = [] } = JSON.parse(text) as {
      readonly detail?: string;
      readonly faults?: readonly { path: string; found: string; expected: string }[];
    };
    const lines = faults.map(({ path, found, expected }) => `--${kebab(path)}: ${expected} (found ${found})`);
    return [detail ?? text, ...lines].join("\n");
  } catch {
    return text;
  }
}

/** holdoutCategory as an option: holdout-category. */
function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export function camel(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
