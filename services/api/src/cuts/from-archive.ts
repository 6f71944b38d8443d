/** Cut points worked out from the archive: exact quantiles of everybody who is in a population. */
import type { CutRequest, Definition } from "@tidemark/core";
import type { Warehouse } from "@tidemark/runtime";
import { type CutsRow, cutsQuery } from "@tidemark/sql";
import { hadMerges, zonesOf } from "../preview/archive.ts";
import { type QueryBounds, settingsOf } from "../preview/bounds.ts";

export interface FoundCuts {
  /** By key, in units; those without a population are left out. */
  readonly cuts: Readonly<Record<string, readonly number[]>>;
  /** By key, how many are in it. */
  readonly populations: Readonly<Record<string, number>>;
}

interface Surroundings extends QueryBounds {
  /** IANA. */
  readonly zone: string;
}

/** As of an instant in ms. Rejects where ClickHouse does not answer, or not in time. */
export async function cutsFromArchive(
  warehouse: Pick<Warehouse, "query">,
  definitions: readonly Definition[],
  requests: readonly CutRequest[],
  at: number,
  { zone, ...bounds }: Surroundings,
): Promise<FoundCuts> {
  const merges = await hadMerges(warehouse);
  const cuts: Record<string, readonly number[]> = {};
  const populations: Record<string, number> = {};
  for (const subject of ["customer", "company"] as const) {
    const own = requests.filter((request) => request.subject === subject);
    if (own.length === 0) continue;
    const { sql, parameters } = cutsQuery(definitions, subject, own, {
      ...{ zone, at, hasMerges: merges.has(subject), settings: settingsOf(bounds) },
      customerZones: await zonesOf(warehouse, subject),
    });
    const [row] = await warehouse.query<CutsRow>(sql, parameters);
    own.forEach(({ key }, index) => {
      const [subjects, points] = row?.cuts[index] ?? [0, []];
      populations[key] = subjects;
      if (points.length > 0) cuts[key] = points;
    });
  }
  return { cuts, populations };
}
