/** What `npm start` was asked to do. */
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { zoneCalendar } from "@tidemark/core";
import { describeSettings } from "@tidemark/runtime";
import { describeOptions, type Options, readOptions } from "../command-line/options.ts";
import { type Mapping, parseMapping } from "../orders-file/mapping.ts";
import { startSettings } from "../run/settings.ts";

export interface StartOptions {
  readonly isCheck: boolean;
  readonly isKept: boolean;
  readonly isFresh: boolean;
  /** null: whatever the data on disk were made with, else one of our own. */
  readonly seed: number | null;
  /** IANA; null: whatever the data on disk were made with, else UTC. */
  readonly zone: string | null;
  readonly orders: OrdersOptions | null;
}

export interface OrdersOptions {
  readonly file: string;
  readonly map: string;
  readonly mapping: Mapping;
  readonly hasHeader: boolean;
  readonly guest: string | null;
}

const options = {
  check: {
    type: "flag",
    about: "wait until all is drained, judge the run, print one line of JSON, stop; exits 1 on a fault",
  },
  keep: { type: "flag", about: "leave everything up in the background at the end; npm stop stops it" },
  fresh: { type: "flag", about: "begin anew: the data of earlier starts are removed" },
  seed: { type: "text", value: "N", about: "seed of the generated events (a whole number)" },
  zone: { type: "text", value: "ZONE", about: "the workspace's IANA zone, such as Europe/Berlin (UTC)" },
  orders: { type: "text", value: "FILE", about: "your own order lines instead of the demo: CSV, gzip too" },
  map: { type: "text", value: "SPEC", about: "which column holds what, see below" },
  guest: { type: "text", value: "ID", about: "a customer in the file that stands for nobody, such as 0" },
  "no-header": { type: "flag", about: "the file has no header: columns are #1, #2, ... or #-1 for the last" },
  help: { type: "flag", about: "print this" },
} as const satisfies Options;

export const usage = `Usage: npm start -- [OPTIONS]

Starts the stack and every service on this machine, loads the demo, shows what came out, and goes on with a trickle of
live events until Ctrl-C.

${describeOptions(options)}

--map FIELD=COLUMN,... takes customer, time, order, and total or quantity and price; also sku, category, channel,
country, currency. Lines with one order id become one order; without order= each line is an order. Times are read as
ISO 8601, yyyy-mm-dd hh:mm[:ss], yyyymmdd or M/d/yyyy [h:mm]; another format stands behind an @:

  npm start -- --fresh --orders orders.csv --map customer=Customer,time=Date@d.M.yyyy,order=No,total=Amount@comma

Settings, from the environment:
${describeSettings(startSettings)}
`;

export type StartArguments =
  | { readonly help: true }
  | { readonly faults: readonly string[] }
  | { readonly options: StartOptions };

/** Every fault at once. Files are looked for from `folder`. */
export function readStartArguments(given: readonly string[], folder: string): StartArguments {
  const { values, positionals, faults: found } = readOptions(options, given);
  if (values.help) return { help: true };
  const faults = [...found, ...positionals.map((word) => `"${word}" is no option`)];
  const seed = values.seed === undefined ? null : Number(values.seed);
  if (seed !== null && !(Number.isInteger(seed) && seed >= 0 && seed <= 0xffff_ffff))
    faults.push(`--seed is "${values.seed}"; expected a whole number from 0 to 4294967295`);
  const zone = values.zone ?? null;
  if (zone !== null && zoneCalendar(zone) === undefined)
    faults.push(`--zone is "${zone}"; expected an IANA zone such as Europe/Berlin`);
  const orders = ordersOptions(values, folder, faults);
  if (faults.length > 0) return { faults };
  return {
    options: {
      isCheck: values.check,
      isKept: values.keep,
      isFresh: values.fresh,
      seed,
      zone,
      orders,
    },
  };
}

function ordersOptions(
  values: ReturnType<typeof readOptions<typeof options>>["values"],
  folder: string,
  faults: string[],
): OrdersOptions | null {
  if (values.orders === undefined) {
    for (const name of ["map", "guest", "no-header"] as const) {
      if (values[name]) faults.push(`--${name} says how to read a file, but --orders FILE is missing`);
    }
    return null;
  }
  const file = resolve(folder, values.orders);
  if (!existsSync(file)) faults.push(`--orders: there is no file ${file}`);
  else if (!statSync(file).isFile()) faults.push(`--orders: ${file} is no file`);
  if (values.map === undefined) {
    faults.push("--map SPEC is missing: --map customer=COLUMN,time=COLUMN,order=COLUMN,total=COLUMN");
    return null;
  }
  const { mapping, faults: wrong } = parseMapping(values.map);
  faults.push(...wrong);
  return {
    file,
    map: values.map,
    mapping,
    hasHeader: !values["no-header"],
    guest: values.guest ?? null,
  };
}
