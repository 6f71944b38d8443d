/** What `backtest` was asked to do. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type ZoneCalendar, zoneCalendar } from "@tidemark/core";
import { instantOfReading, isoDates, type Mapping, readMappingText, type SourceName } from "@tidemark/intake";
import { type ColumnMap, parseColumnMap } from "./column-map.ts";
import type { backtestOptions } from "./options.ts";

export interface BacktestOptions {
  readonly definitions: string;
  readonly orders: InputFile | null;
  readonly events: InputFile | null;
  readonly customers: InputFile | null;
  readonly companies: InputFile | null;
  /** Empty where none was given. */
  readonly mapping: Mapping;
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
  /** Null where none was given: then the mapping or, of events, the usual columns say what is where. */
  readonly map: ColumnMap | null;
}

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
  const mapping = mappingIn(text("mapping"), folder, faults);
  const input = (name: InputName): InputFile | null => inputFile(name, text, mapping, folder, faults);
  const inputs = {
    orders: input("orders"),
    events: input("events"),
    customers: input("customers"),
    companies: input("companies"),
  };
  if (inputNames.every((name) => text(name) === null))
    faults.push("--orders FILE is missing (or --events, --customers, --companies)");
  const output = (name: OutputName): string | null => outputFile(name, text(name), folder, faults);
  const outputs = { members: output("members"), metrics: output("metrics"), history: output("history") };
  faults.push(...sharedFiles(inputs, outputs));
  const options = {
    definitions: resolve(folder, definitions ?? ""),
    ...inputs,
    mapping,
    guests: text("guests"),
    hasHeader: values["no-header"] !== true,
    delimiter: delimiterOf(text("delimiter"), faults),
    membersFile: outputs.members,
    metricsFile: outputs.metrics,
    historyFile: outputs.history,
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

function mappingIn(given: string | null, folder: string, faults: string[]): Mapping {
  if (given === null) return [];
  const file = resolve(folder, given);
  if (!isFile(file)) {
    faults.push(`--mapping: there is no file ${file}`);
    return [];
  }
  const read = readMappingText(readFileSync(file, "utf8"), file);
  faults.push(...read.faults);
  return read.mapping;
}

const inputNames = ["orders", "events", "customers", "companies"] as const;
type InputName = (typeof inputNames)[number];

/** Whose rules of a mapping read it. */
const sources: Readonly<Record<InputName, SourceName | null>> = {
  orders: "orders",
  events: "interactions",
  customers: "lifecycle",
  companies: null,
};

function inputFile(
  name: InputName,
  text: (name: keyof Values) => string | null,
  mapping: Mapping,
  folder: string,
  faults: string[],
): InputFile | null {
  const mapName = name === "orders" ? "map" : (`map-${name}` as const);
  const [given, mapText] = [text(name), text(mapName)];
  if (given === null) {
    if (mapText !== null) faults.push(`--${mapName} says how to read a file, but --${name} FILE is missing`);
    return null;
  }
  const file = resolve(folder, given);
  if (!isFile(file)) faults.push(`--${name}: there is no file ${file}`);
  const isMapped = mapping.some(({ source }) => source === sources[name]);
  if (mapText === null) {
    if (name !== "events" && !isMapped && text("mapping") === null)
      faults.push(`--${mapName} MAP is missing: ${examples[name]}`);
    else if (name !== "events" && !isMapped)
      faults.push(`--${mapName} MAP is missing, and the mapping has no rules for ${sources[name] ?? name}`);
    return { file, map: null };
  }
  if (isMapped)
    faults.push(`--${mapName} and --mapping both say how to read --${name}; expected one of the two`);
  const map = parseColumnMap(`--${mapName}`, mapText);
  faults.push(...map.faults);
  return { file, map };
}

const examples: Readonly<Record<InputName, string>> = {
  orders: "--map customer=COLUMN,time=COLUMN,order=COLUMN,total=COLUMN",
  events: "--map-events customer=COLUMN,time=COLUMN,event=COLUMN",
  customers: "--map-customers id=COLUMN,birthDate=COLUMN",
  companies: "--map-companies id=COLUMN,industry=COLUMN",
};

type OutputName = "members" | "metrics" | "history";

function outputFile(name: OutputName, given: string | null, folder: string, faults: string[]): string | null {
  if (given === null) return null;
  const file = resolve(folder, given);
  if (!existsSync(dirname(file))) faults.push(`--${name}: there is no folder ${dirname(file)}`);
  else if (existsSync(file) && !isFile(file)) faults.push(`--${name}: ${file} is no file`);
  return file;
}

/** A result would overwrite another, or what is read. */
function sharedFiles(
  inputs: Readonly<Record<InputName, InputFile | null>>,
  outputs: Readonly<Record<OutputName, string | null>>,
): readonly string[] {
  const taken = new Map<string, string>();
  for (const [name, input] of Object.entries(inputs)) if (input !== null) taken.set(input.file, name);
  return Object.entries(outputs).flatMap(([name, file]) => {
    if (file === null) return [];
    const other = taken.get(file);
    taken.set(file, name);
    return other === undefined ? [] : [`--${name} and --${other} are the same file ${file}`];
  });
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

const namedDelimiters: Readonly<Record<string, string>> = { tab: "\t", "\\t": "\t", blank: " ", space: " " };

function delimiterOf(text: string | null, faults: string[]): string | null {
  if (text === null) return null;
  const mark = namedDelimiters[text] ?? text;
  if (mark.length !== 1 || /["\r\n]/.test(mark))
    faults.push(`--delimiter is "${text}"; expected one character, tab, or blank (for runs of blanks)`);
  return mark;
}
