/** Opens the files of a backtest and binds their maps, so that all that is wrong is known before anything is read. */
import { basename } from "node:path";
import type { SourceName } from "@tidemark/intake";
import { openTable } from "../table/open-table.ts";
import { TableError } from "../table/table.ts";
import type { BacktestOptions, InputFile } from "./arguments.ts";
import type { PrepareFile } from "./file-context.ts";
import type { PreparedFile } from "./load-events.ts";
import { interactionRecords, lifecycleRecords, orderRecords } from "./prepare-records.ts";
import { companyRows, customerRows, eventRows, orderRows } from "./prepare-rows.ts";
import { fileFaults } from "./row-faults.ts";

/** All that is wrong with any of the files or maps goes to `faults`. */
export async function prepareFiles(
  options: BacktestOptions,
  faults: string[],
): Promise<readonly PreparedFile[]> {
  const { customers, companies, orders, events, mapping, guests, zone } = options;
  // A map of columns says more exactly what is meant than the mapping does.
  const either = (given: InputFile | null, source: SourceName, rows: PrepareFile, records: PrepareFile) => {
    const isMapped = given?.map === null && mapping.some((rule) => rule.source === source);
    return isMapped ? records : rows;
  };
  const inputs: readonly (readonly [InputFile | null, string, PrepareFile])[] = [
    [customers, "--map-customers", either(customers, "lifecycle", customerRows, lifecycleRecords)],
    [companies, "--map-companies", companyRows],
    [orders, "--map", either(orders, "orders", orderRows, orderRecords)],
    [events, "--map-events", either(events, "interactions", eventRows, interactionRecords)],
  ];
  const prepared: PreparedFile[] = [];
  for (const [given, option, prepare] of inputs) {
    if (given === null) continue;
    const { file, map } = given;
    const found = fileFaults(file);
    try {
      const table = await openTable(file, options);
      const binding = { option, file: basename(file), table, zone, faults, used: new Set<string>() };
      prepared.push({ faults: found, read: prepare({ binding, map, mapping, guests, found }) });
    } catch (error) {
      if (!(error instanceof TableError)) throw error;
      faults.push(error.message);
    }
  }
  return prepared;
}
