/** Parquet. Dates become `YYYY-MM-DD`; timestamps ISO 8601, without a zone where the file says they are local. */
import { statSync } from "node:fs";
import {
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  type SchemaElement,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { namedColumns } from "./named-columns.ts";
import { type Row, type Table, TableError } from "./table.ts";

const batchRows = 20_000;
const dayMs = 86_400_000;

const parsers = { dateFromDays: (days: number) => new Date(days * dayMs).toISOString().slice(0, 10) };

export async function openParquet(name: string): Promise<Table> {
  const file = await asyncBufferFromFile(name);
  const fail = (error: unknown): never => {
    throw new TableError(
      `${name} is no Parquet file that can be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  };
  const metadata = await parquetMetadataAsync(file).catch(fail);
  const elements = topColumns(metadata);
  const columns = elements.map((element) => element.name);
  const total = Number(metadata.num_rows);
  if (total === 0) throw new TableError(`${name} holds no rows`);
  const plain = elements.map(plainReader);
  const bytes = statSync(name).size;
  return {
    ...namedColumns(columns),
    async *rows(_, onBytes) {
      for (let start = 0; start < total; start += batchRows) {
        const end = Math.min(start + batchRows, total);
        const objects = await parquetReadObjects({
          file,
          metadata,
          columns,
          rowStart: start,
          rowEnd: end,
          compressors,
          parsers,
        }).catch(fail);
        onBytes(Math.floor((bytes * end) / total));
        yield objects.map((object, index): Row => {
          const cells = columns.map((column, at) => plain[at]?.(object[column]));
          return { line: start + index + 1, cells };
        });
      }
    },
  };
}

function topColumns({ schema }: FileMetaData): SchemaElement[] {
  const found: SchemaElement[] = [];
  // Depth first, each with the number of its children; the first is the root.
  for (let index = 1; index < schema.length; ) {
    const element = schema[index];
    if (element === undefined) break;
    found.push(element);
    let open = 1;
    while (open > 0) {
      open += (schema[index]?.num_children ?? 0) - 1;
      index += 1;
    }
  }
  return found;
}

function plainReader(element: SchemaElement): (value: unknown) => unknown {
  const { logical_type: logical, type } = element;
  const isLocal = logical?.type === "TIMESTAMP" && !logical.isAdjustedToUTC;
  const isSingle = type === "FLOAT";
  return (value) => {
    if (isSingle && typeof value === "number") return shortestSingle(value);
    return value instanceof Date && isLocal ? value.toISOString().slice(0, -1) : plainValue(value);
  };
}

function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainValue(inner)]));
}

/** 2.55 stored with 24 bits is 2.549999952316284 with 53: the shortest decimal that would be stored so is meant. */
function shortestSingle(value: number): number {
  if (!Number.isFinite(value)) return value;
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
