/** Reports, page by page, as ClickHouse tells them at this moment. */
import type { Clock, Warehouse } from "@tidemark/runtime";
import type { Upstream } from "../upstream.ts";
import { type ReportDescription, type ReportName, reports } from "./catalogue.ts";
import { valuesOf } from "./parameters.ts";

export interface ReportsPorts {
  readonly openWarehouse: () => Promise<Warehouse>;
  readonly clickHouse: Upstream;
  readonly clock: Pick<Clock, "now">;
}

interface ReportPage {
  readonly report: ReportName;
  /** What it was asked with, the defaults among them. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** For the next page; null on the last. */
  readonly after: number | null;
}

export interface Reports {
  /** Refuses with 503 where ClickHouse does not answer. */
  read(
    name: ReportName,
    given: Readonly<Record<string, unknown>>,
    page: { readonly limit: number; readonly after: number },
  ): Promise<ReportPage>;
}

export function createReports({ openWarehouse, clickHouse, clock }: ReportsPorts): Reports {
  let opened: Promise<Warehouse> | undefined;
  const warehouse = (): Promise<Warehouse> => {
    opened ??= openWarehouse().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  return {
    async read(name, given, { limit, after }) {
      const report: ReportDescription = reports[name];
      const values = valuesOf(report.parameters, given, clock.now());
      // One more than is asked for tells whether there is another page.
      const found = await clickHouse(async () =>
        (await warehouse()).query<Readonly<Record<string, unknown>>>(sqlOf(report), {
          ...values,
          limit: limit + 1,
          after,
        }),
      );
      return {
        report: name,
        parameters: values,
        rows: found.slice(0, limit),
        after: found.length > limit ? after + limit : null,
      };
    },
  };
}

function sqlOf({ from, order }: ReportDescription): string {
  return `SELECT * FROM ${from} ORDER BY ${order} LIMIT {limit:UInt32} OFFSET {after:UInt64} SETTINGS date_time_output_format = 'iso'`;
}
