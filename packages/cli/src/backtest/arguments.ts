/** What `backtest` was asked to do. */
import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type ZoneCalendar, zoneCalendar } from "@tidemark/core";
import { instantOfReading, isoDates } from "@tidemark/intake";
import type { Options } from "../command-line/options.ts";
import { type ColumnMap, parseColumnMap } from "./column-map.ts";

export interface BacktestOptions {
  readonly definitions: string;
  readonly orders: InputFile | null;
  readonly events: (Omit<InputFile, "map"> & { readonly map: ColumnMap | null }) | null;
  readonly customers: InputFile | null;
  readonly companies: InputFile | null;
  /** ms since the epoch. */
  readonly asOf: number;
  readonly zone: ZoneCalendar;
  readonly guests: string | null;
  readonly hasHeader: boolean;
  readonly delimiter: string | null;
  readonly membersFile: string | null;
  readonly metricsFile: string | null;
  readonly historyFile: string | null;
  readonly isJson: boolean;
}

export interface InputFile {
  readonly file: string;
  readonly map: ColumnMap;
}

export const backtestOptions = {
  definitions: { type: "text", value: "PATH", about: "a file of definitions, or a folder of such" },
  orders: { type: "text", value: "FILE", about: "order lines" },
  map: { type: "text", value: "MAP", about: "which column of --orders holds what" },
  events: { type: "text", value: "FILE", about: "other events" },
  "map-events": { type: "text", value: "MAP", about: "which column of --events holds what" },
  customers: { type: "text", value: "FILE", about: "attributes of customers" },
  "map-customers": { type: "text", value: "MAP", about: "which column of --customers holds what" },
  companies: { type: "text", value: "FILE", about: "attributes of companies" },
  "map-companies": { type: "text", value: "MAP", about: "which column of --companies holds what" },
  "as-of": { type: "text", value: "INSTANT", about: "when to look; what happened later is left out" },
  zone: {
    type: "text",
    value: "ZONE",
    about: "IANA zone of times without one, and of the definitions (UTC)",
  },
  guests: { type: "text", value: "ID", about: "a customer that stands for nobody, such as 0: left out" },
  "no-header": { type: "flag", about: "the CSV files have no header: columns are 1, 2, 3, ..." },
  delimiter: {
    type: "text",
    value: "MARK",
    about: "between the cells of CSV, tab and blank by name (found out)",
  },
  members: { type: "text", value: "FILE", about: "write who is in what, since when, until when" },
  metrics: { type: "text", value: "FILE", about: "write everybody's metrics and scores" },
  history: { type: "text", value: "FILE", about: "write every change" },
  json: { type: "flag", about: "print one JSON object in place of the table" },
} as const satisfies Options;

type Values = { readonly [K in keyof typeof backtestOptions]?: string | boolean | undefined };

/** Every fault at once. Files are looked for from `folder`. */
export function readBacktestOptions(
  given: Readonly<Record<string, unknown>>,
  folder: string,
): { readonly options: BacktestOptions } | { readonly faults: readonly string[] } {
  const values = given as Values;
  const faults: string[] = [];
  const text = (name: keyof Values): string | null => {
    const value = values[name];
    return typeof value === "string" ? value : null;
  };
  const zone = zoneCalendar(text("zone") ?? "UTC");
  if (zone === undefined)
    faults.push(`--zone is "${text("zone")}"; expected an IANA zone such as Europe/Berlin`);
  const asOf = instantOf(text("as-of"), zone, faults);
  const definitions = text("definitions");
  if (definitions === null) faults.push("--definitions PATH is missing");
  else if (!existsSync(resolve(folder, definitions)))
    faults.push(`--definitions: there is no file or folder ${resolve(folder, definitions)}`);
  const input = (name: "orders" | "events" | "customers" | "companies"): InputFile | null => {
    const mapName = name === "orders" ? "map" : (`map-${name}` as const);
    return inputFile(name, text(name), mapName, text(mapName), folder, faults);
  };
  const [orders, customers, companies] = [input("orders"), input("customers"), input("companies")];
  const events = input("events");
  if ([orders, events, customers, companies].every((file) => file === null) && text("orders") === null)
    faults.push("--orders FILE is missing (or --events or --customers)");
  const output = (name: "members" | "metrics" | "history"): string | null =>
    outputFile(name, text(name), folder, faults);
  const options = {
    definitions: resolve(folder, definitions ?? ""),
    orders,
    events:
      events === null ? null : { file: events.file, map: text("map-events") === null ? null : events.map },
    customers,
    companies,
    guests: text("guests"),
    hasHeader: values["no-header"] !== true,
    delimiter: delimiterOf(text("delimiter"), faults),
    membersFile: output("members"),
    metricsFile: output("metrics"),
    historyFile: output("history"),
    isJson: values.json === true,
  };
  return faults.length > 0 || zone === undefined ? { faults } : { options: { ...options, asOf, zone } };
}

function instantOf(text: string | null, zone: ZoneCalendar | undefined, faults: string[]): number {
  if (text === null) {
    faults.push("--as-of INSTANT is missing, such as 2026-01-01 or 2026-01-01T12:00:00Z");
    return 0;
  }
  const reading = isoDates(text);
  if ("fault" in reading)
    faults.push(`--as-of: "${text}" ${reading.fault}; expected 2026-01-01T12:00:00Z or a date`);
  return "fault" in reading || zone === undefined ? 0 : instantOfReading(reading, zone);
}

function inputFile(
  name: string,
  given: string | null,
  mapName: string,
  mapText: string | null,
  folder: string,
  faults: string[],
): InputFile | null {
  if (given === null) {
    if (mapText !== null) faults.push(`--${mapName} says how to read a file, but --${name} FILE is missing`);
    return null;
  }
  const file = resolve(folder, given);
  if (!existsSync(file)) faults.push(`--${name}: there is no file ${file}`);
  else if (!statSync(file).isFile()) faults.push(`--${name}: ${file} is no file`);
  if (mapText === null && name !== "events")
    faults.push(`--${mapName} MAP is missing: ${examples[name] ?? ""}`);
  const map = parseColumnMap(`--${mapName}`, mapText ?? "");
  faults.push(...map.faults);
  return { file, map };
}

const examples: Readonly<Record<string, string>> = {
  orders: "--map customer=COLUMN,time=COLUMN,order=COLUMN,total=COLUMN",
  customers: "--map-customers id=COLUMN,birthDate=COLUMN",
  companies: "--map-companies id=COLUMN,industry=COLUMN",
};

function outputFile(name: string, given: string | null, folder: string, faults: string[]): string | null {
  if (given === null) return null;
  const file = resolve(folder, given);
  if (!existsSync(dirname(file))) faults.push(`--${name}: there is no folder ${dirname(file)}`);
  else if (existsSync(file) && !statSync(file).isFile()) faults.push(`--${name}: ${file} is no file`);
  return file;
}

const namedDelimiters: Readonly<Record<string, string>> = { tab: "\t", "\\t": "\t", blank: " ", space: " " };

function delimiterOf(text: string | null, faults: string[]): string | null {
  if (text === null) return null;
  const mark = namedDelimiters[text] ?? text;
  if (mark.length !== 1 || /["\r\n]/.test(mark))
    faults.push(`--delimiter is "${text}"; expected one character, tab, or blank (for runs of blanks)`);
  return mark;
}
