/** A file as a table; what it is, its bytes and its name tell. */

import { readHead, readMagic } from "./bytes.ts";
import { type CsvOptions, openCsv } from "./csv-table.ts";
import { openJson } from "./json-table.ts";
import { openParquet } from "./parquet-table.ts";
import { type Table, TableError } from "./table.ts";

/** Rejects with `TableError` where the file cannot be used at all. */
export async function openTable(file: string, options: CsvOptions): Promise<Table> {
  if ((await readMagic(file)).toString("latin1") === "PAR1") return openParquet(file);
  const head = (await readHead(file)).trimStart();
  if (head.startsWith("["))
    throw new TableError(`${file} is a JSON list; expected a JSON object on each line`);
  if (head.startsWith("{")) return openJson(file);
  return openCsv(file, options);
}
