/** Definitions as SQL for analysts: those in force, or those of files. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import {
  buildPlan,
  type Definition,
  parseDefinitions,
  type SubjectKind,
  toUnits,
  zoneCalendar,
} from "@tidemark/core";
import { instantOfReading, isoDates } from "@tidemark/intake";
import { compileQuery, type Query, readableSql } from "@tidemark/sql";
import { readDefinitionFiles } from "../backtest/definition-files.ts";
import { nearestName } from "../command-line/nearest.ts";

interface Asked {
  readonly definitions: readonly Definition[];
  readonly cuts: Readonly<Record<string, readonly number[]>>;
}

interface Surroundings {
  readonly apiUrl: string;
  /** What paths are taken from. */
  readonly folder: string;
  /** IANA. */
  readonly workspaceZone: string;
  /** ms. */
  readonly now: number;
}

interface Wanted {
  readonly subject: SubjectKind;
  /** `kind/id`. */
  readonly names: readonly string[];
}

interface Faults {
  readonly faults: readonly string[];
}

/** What is to be printed, or every fault of what was asked. Rejects where the HTTP interface is away. */
export async function sqlOf(
  names: readonly string[],
  values: Readonly<Record<string, unknown>>,
  { apiUrl, folder, workspaceZone, now }: Surroundings,
): Promise<{ readonly text: string } | Faults> {
  const faults: string[] = [];
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  const zoneName = text("zone") ?? workspaceZone;
  const zone = zoneCalendar(zoneName);
  if (zone === undefined) faults.push(`--zone is "${zoneName}"; expected an IANA zone such as Europe/Berlin`);
  const customerZones = (text("customer-zones") ?? "").split(",").filter((name) => name !== "");
  for (const name of customerZones)
    if (zoneCalendar(name) === undefined)
      faults.push(`--customer-zones: "${name}" is no IANA zone such as Europe/Berlin`);
  const given = text("as-of");
  const reading = given === undefined ? ({ type: "instant", ms: now } as const) : isoDates(given);
  if ("fault" in reading)
    faults.push(`--as-of: "${given}" ${reading.fault}; expected 2026-01-01T12:00:00Z or a date`);
  const path = text("definitions");
  if (path !== undefined && !existsSync(resolve(folder, path)))
    faults.push(`--definitions: there is no file or folder ${resolve(folder, path)}`);
  if (faults.length > 0 || zone === undefined || "fault" in reading) return { faults };
  const asked = path === undefined ? await inForce(apiUrl) : fromFiles(resolve(folder, path));
  if ("faults" in asked) return asked;
  const wanted = wantedOf(asked.definitions, names);
  if ("faults" in wanted) return wanted;
  const asOf = instantOfReading(reading, zone);
  const options = { zone: zoneName, asOf: [asOf], cuts: asked.cuts, customerZones };
  const query = compileQuery(asked.definitions, wanted.subject, wanted.names, options);
  if (values.json === true) return { text: `${JSON.stringify(query, null, 2)}\n` };
  const first = `One row for each ${wanted.subject} known by ${new Date(asOf).toISOString()}, zone ${zoneName}`;
  return { text: readableSql(query, [first, ...columnsOf(query, asked.definitions), ...missingCuts(asked)]) };
}

const units: Readonly<Record<string, string>> = {
  segment: "true for members",
  classification: "the category",
  metric: "in 1/10,000, null where there is none",
  engagement: "points in 1/10,000",
  scoring: "(recency, frequency, monetary, total, code)",
};

function columnsOf({ columns }: Query, definitions: readonly Definition[]): string[] {
  return Object.entries(columns).map(([name, column]) => {
    const found = definitions.find(({ kind, id }) => `${kind}/${id}` === name);
    const label = found === undefined || found.name === found.id ? "" : ` "${found.name}"`;
    return `${column}: ${name}${label}, ${units[found?.kind ?? ""]}`;
  });
}

function missingCuts({ definitions, cuts }: Asked): string[] {
  const inputs = definitions.map((definition) => ({ definition, version: 1, filling: false }));
  return buildPlan(inputs, { zone: "UTC", forecasts: false })
    .cutRequests.filter(({ key }) => !Object.hasOwn(cuts, key))
    .map(({ key }) => `No cut points are in force for ${key}: what asks for them holds for nobody`);
}

const answering = ["segment", "classification", "metric", "engagement", "scoring"];

/** Those named (`kind/id`, or an id alone), or all that are about the same kind of subject as the first. */
function wantedOf(definitions: readonly Definition[], names: readonly string[]): Wanted | Faults {
  const all = definitions.flatMap((one) =>
    one.kind !== "automation" && answering.includes(one.kind)
      ? [{ name: `${one.kind}/${one.id}`, id: one.id, subject: one.subject }]
      : [],
  );
  const faults: string[] = [];
  const named = names.flatMap((asked) => {
    const found = all.filter(({ name, id }) => asked === name || asked === id);
    if (found.length === 1) return found;
    const known = all.flatMap(({ name, id }) => (asked.includes("/") ? [name] : [name, id]));
    const nearest = nearestName(asked, known);
    const meant = nearest === undefined ? "" : `; is ${nearest} meant?`;
    faults.push(
      found.length === 0
        ? `there is no ${asked} that SQL could answer; expected KIND/ID of a ${answering.join(", ")}${meant}`
        : `${asked} is ${found.map(({ name }) => name).join(" and ")}: expected one of them`,
    );
    return [];
  });
  const [first] = names.length === 0 ? all : named;
  if (faults.length === 0 && first === undefined)
    faults.push("there are no definitions that SQL could answer");
  if (faults.length > 0 || first === undefined) return { faults };
  const chosen = (names.length === 0 ? all : named).filter(({ subject }) => subject === first.subject);
  if (names.length > 0 && chosen.length < named.length)
    return {
      faults: ["one query is about one kind of subject, and these are about customers and companies"],
    };
  return { subject: first.subject, names: [...new Set(chosen.map(({ name }) => name))] };
}

function fromFiles(path: string): Asked | Faults {
  const { definitions, faults } = readDefinitionFiles(path);
  return faults.length > 0 ? { faults } : { definitions, cuts: {} };
}

async function inForce(apiUrl: string): Promise<Asked | Faults> {
  const read = async <Shown>(path: string): Promise<Shown> => {
    const response = await fetch(`${apiUrl}${path}`);
    if (!response.ok) throw new Error(`${apiUrl} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Shown;
  };
  const [{ definitions }, { cuts }] = await Promise.all([
    read<{ readonly definitions: readonly { readonly document: unknown }[] }>("/v1/definitions"),
    read<{
      readonly cuts: readonly { readonly key: string; readonly values: readonly number[] | null }[];
    }>("/v1/cuts"),
  ]);
  const parsed = parseDefinitions(definitions.map(({ document }) => document));
  if (parsed.faults.length > 0)
    return {
      faults: parsed.faults.map(
        ({ definition, path, found, expected }) =>
          `${definition}: ${path}: found ${found}, expected ${expected}`,
      ),
    };
  const points = cuts.flatMap(({ key, values }) => (values === null ? [] : [[key, values.map(toUnits)]]));
  return { definitions: parsed.definitions, cuts: Object.fromEntries(points) };
}
