/** How many would that be? Definitions that are not written, or are, as the HTTP interface answers from the archive. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { zoneCalendar } from "@tidemark/core";
import { instantOfReading, isoDates } from "@tidemark/intake";
import { nearestName } from "../command-line/nearest.ts";
import { ApplyError, type Fault, faultLine } from "./apply.ts";

interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

interface Group {
  readonly size: Estimate;
  readonly members: readonly string[];
}

interface Previewed extends Partial<Group> {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  readonly notes: readonly string[];
  readonly base?: Estimate;
  readonly share?: Estimate;
  readonly against?: { readonly entering: Group; readonly leaving: Group; readonly staying: Estimate } | null;
  readonly overlap?: readonly {
    readonly definition: string;
    readonly category: string;
    readonly shared: Estimate;
    readonly jaccard: Estimate;
  }[];
  readonly categories?: readonly (Group & { readonly category: string; readonly share: Estimate })[];
  readonly moves?: readonly (Group & { readonly from: string; readonly to: string })[] | null;
  readonly distribution?: {
    readonly present: Estimate;
    readonly share: Estimate;
    readonly mean: Estimate | null;
    readonly lowest: number | null;
    readonly highest: number | null;
    readonly quantiles: readonly { readonly share: number; readonly number: Estimate }[];
  };
}

interface Preview {
  readonly asOf: string;
  readonly mode: "estimate" | "exact";
  readonly fraction: number;
  readonly seconds: number;
  readonly previews: readonly Previewed[];
}

interface Surroundings {
  readonly apiUrl: string;
  /** What paths are taken from. */
  readonly folder: string;
  /** IANA: a date without a time begins there. */
  readonly workspaceZone: string;
}

/** What is asked about, as it is sent. */
interface Sent {
  readonly file: string;
  readonly text: string;
}

/**
 * `word`: a file, or the id (or `kind/id`) of a definition that is written. Rejects with every fault, or where the
 * interface does not answer.
 */
export async function preview(
  { apiUrl, folder, workspaceZone }: Surroundings,
  word: string,
  values: Readonly<Record<string, unknown>>,
): Promise<Preview> {
  const parameters = parametersOf(values, workspaceZone);
  const path = resolve(folder, word);
  const sent = existsSync(path)
    ? { file: path, text: await readFile(path, "utf8") }
    : await written(apiUrl, word);
  const response = await fetch(`${apiUrl}/v1/definitions/preview?${parameters}`, {
    method: "POST",
    headers: { "content-type": "application/yaml" },
    body: sent.text,
  });
  if (response.ok) return (await response.json()) as Preview;
  const { detail = "no reason", faults = [] } = (await response.json().catch(() => ({}))) as {
    readonly detail?: string;
    readonly faults?: readonly Fault[];
  };
  throw new ApplyError(
    faults.length > 0
      ? faults.map((fault) => faultLine(fault, [{ ...sent, firstLine: 1 }]))
      : [`${apiUrl} answered ${response.status}: ${detail}`],
  );
}

/** The options as the interface takes them. Throws with every fault. */
function parametersOf(values: Readonly<Record<string, unknown>>, workspaceZone: string): URLSearchParams {
  const parameters = new URLSearchParams();
  const faults: string[] = [];
  const asOf = values["as-of"];
  if (typeof asOf === "string") {
    const [reading, zone] = [isoDates(asOf), zoneCalendar(workspaceZone)];
    if ("fault" in reading)
      faults.push(`--as-of: "${asOf}" ${reading.fault}; expected 2026-01-01T12:00:00Z or a date`);
    else if (zone === undefined)
      faults.push(`WORKSPACE_ZONE is "${workspaceZone}"; expected an IANA zone such as Europe/Berlin`);
    else parameters.set("asOf", new Date(instantOfReading(reading, zone)).toISOString());
  }
  for (const name of ["sample", "members"]) {
    const given = values[name];
    if (typeof given !== "string") continue;
    if (/^\d+$/.test(given)) parameters.set(name, given);
    else faults.push(`--${name} is "${given}"; expected a whole number`);
  }
  if (values.exact === true) parameters.set("exact", "true");
  if (faults.length > 0) throw new ApplyError(faults);
  return parameters;
}

async function written(apiUrl: string, word: string): Promise<Sent> {
  const response = await fetch(`${apiUrl}/v1/definitions`);
  if (!response.ok) throw new ApplyError([`${apiUrl} answered ${response.status}: ${await response.text()}`]);
  const { definitions } = (await response.json()) as {
    readonly definitions: readonly {
      readonly kind: string;
      readonly id: string;
      readonly document: unknown;
    }[];
  };
  const found = definitions.filter(({ kind, id }) => word === id || word === `${kind}/${id}`);
  const [first] = found;
  if (first !== undefined && found.length === 1) return { file: word, text: JSON.stringify(first.document) };
  if (found.length > 1)
    throw new ApplyError([
      `${word} is ${found.map(({ kind, id }) => `${kind}/${id}`).join(" and ")}: expected one of them`,
    ]);
  const nearest = nearestName(
    word,
    definitions.flatMap(({ kind, id }) => [id, `${kind}/${id}`]),
  );
  throw new ApplyError([
    `there is no file and no definition ${word}${nearest === undefined ? "" : `; is ${nearest} meant?`}`,
  ]);
}

/** For people. */
export function describePreview({ asOf, mode, fraction, seconds, previews }: Preview): string {
  const how =
    mode === "exact"
      ? "everybody was looked at"
      : `an estimate from one of ${Math.round(1 / fraction)}, with intervals of 95 %`;
  const head = `As of ${asOf}: ${how}, in ${seconds.toFixed(2)} s`;
  return [head, ...previews.map(describeOne)].join("\n\n");
}

function describeOne(one: Previewed): string {
  const { kind, id, name, notes, base, size, share, members, against, overlap } = one;
  const lines = [`${kind}/${id}${name === id ? "" : ` "${name}"`}`];
  if (size !== undefined && share !== undefined && base !== undefined)
    lines.push(`  ${many(size)} of ${many(base)}: ${percent(share)}`, listed("such as", members ?? []));
  if (against === null) lines.push("  nothing is published under this id yet");
  else if (against !== undefined)
    lines.push(
      `  would enter  ${many(against.entering.size)}${inBrackets(against.entering.members)}`,
      `  would leave  ${many(against.leaving.size)}${inBrackets(against.leaving.members)}`,
      `  would stay   ${many(against.staying)}`,
    );
  for (const { definition, category, shared, jaccard } of overlap ?? []) {
    const where = category === "in" ? definition : `${definition}/${category}`;
    lines.push(`  shares ${many(shared)} with ${where}: ${percent(jaccard)} of both (Jaccard)`);
  }
  lines.push(...describeCategories(one), ...describeDistribution(one), ...notes.map((note) => `  ${note}`));
  return lines.filter((line) => line !== "").join("\n");
}

function describeCategories({ categories = [], moves = [] }: Previewed): string[] {
  return [
    ...categories.map(
      ({ category, size, share, members }) =>
        `  ${category === "" ? "none" : category}  ${many(size)}, ${percent(share)}${inBrackets(members)}`,
    ),
    ...(moves ?? []).map(
      ({ from, to, size, members }) =>
        `  would move from ${from === "" ? "none" : from} to ${to === "" ? "none" : to}  ${many(size)}${inBrackets(members)}`,
    ),
  ];
}

function describeDistribution({ distribution, base }: Previewed): string[] {
  if (distribution === undefined || base === undefined) return [];
  const { present, share, mean, lowest, highest, quantiles } = distribution;
  return [
    `  ${many(present)} of ${many(base)} have a number: ${percent(share)}`,
    ...(mean === null ? [] : [`  mean ${many(mean)}, from ${lowest} to ${highest}`]),
    ...quantiles.map(({ share: at, number }) => `  ${Math.round(at * 100)} % have at most ${many(number)}`),
  ];
}

function many({ value, low, high }: Estimate): string {
  const shown = (number: number): string => number.toLocaleString("en-US", { maximumFractionDigits: 4 });
  return low === high ? shown(value) : `about ${shown(value)} (${shown(low)} to ${shown(high)})`;
}

function percent({ value, low, high }: Estimate): string {
  const shown = (share: number): string => (share * 100).toFixed(2);
  return low === high ? `${shown(value)} %` : `${shown(value)} % (${shown(low)} to ${shown(high)})`;
}

function listed(words: string, members: readonly string[]): string {
  return members.length === 0 ? "" : `  ${words} ${members.join(", ")}`;
}

function inBrackets(members: readonly string[]): string {
  return members.length === 0 ? "" : `: ${members.slice(0, 5).join(", ")}`;
}
