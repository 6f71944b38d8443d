/** Notes on definitions that read what no map gives: then nothing is at fault, but they hold for nobody. */
import type { Definition } from "@tidemark/core";
import { nearestName } from "../command-line/nearest.ts";
import type { BacktestOptions, InputFile } from "./arguments.ts";
import { readsOf } from "./definition-reads.ts";
import { mappedNames } from "./read-orders.ts";

/** What only a file of orders gives, by this name of the event. */
const orderEvent = "order.placed";

/** One sentence for each definition and what it misses. Silent where a file gives all that its rows hold. */
export function missingReads(
  definitions: readonly Definition[],
  options: BacktestOptions,
): readonly string[] {
  const { orders, events, customers, companies } = options;
  const ofOrders = orders?.map == null ? null : [...mappedNames(orders.map.entries), "orderId"];
  const profiles = [customers, companies].filter((file): file is InputFile => file !== null);
  const isOpen = profiles.some(({ map }) => map === null || map.hasRest);
  const ofProfiles = profiles.flatMap(({ map }) => map?.entries.map(({ name }) => name) ?? []);
  return definitions.flatMap((definition) => {
    const { properties, attributes } = readsOf(definition);
    const name = `${definition.kind}/${definition.id}`;
    const notes: string[] = [];
    if ("subject" in definition && definition.subject === "company" && !namesCompanies(options))
      notes.push(`${name} is about companies, but no file names any (company=COLUMN)`);
    if (ofOrders !== null && events === null)
      for (const path of properties.get(orderEvent) ?? [])
        if (!isGiven(path, ofOrders))
          notes.push(
            `${name} reads ${path} of ${orderEvent}, which --map does not give${hint(path, ofOrders)}`,
          );
    if (!isOpen)
      for (const path of attributes)
        if (!isGiven(path, ofProfiles))
          notes.push(`${name} reads the attribute ${path}, which no file gives${hint(path, ofProfiles)}`);
    return notes;
  });
}

/** Whether a map does; what a mapping does, only its records tell. */
function namesCompanies({ orders, events, companies, mapping }: BacktestOptions): boolean {
  const entries = [orders, events].flatMap((file) => file?.map?.entries ?? []);
  return companies !== null || mapping.length > 0 || entries.some(({ name }) => name === "company");
}

/** What lies above it or below it gives some of it. */
function isGiven(path: string, names: readonly string[]): boolean {
  return names.some((name) => name === path || path.startsWith(`${name}.`) || name.startsWith(`${path}.`));
}

function hint(path: string, names: readonly string[]): string {
  const below = names.find((name) => name.endsWith(`.${path}`));
  const nearest = below ?? nearestName(path, names);
  return nearest === undefined ? "" : `; is ${nearest} meant?`;
}
