/** Rows of a preview as an answer: what was counted in the sample, as estimates of everybody. */
import { fromUnits } from "@tidemark/core";
import { type NumbersRow, previewShares, type StateRow } from "@tidemark/sql";
import { type Estimate, exactly, mean, quantiles, share, total } from "./interval.ts";

export interface Extent {
  /** The share of the subjects that was looked at. */
  readonly fraction: number;
  /** Whether the definition is published. */
  readonly isLive: boolean;
  /** What else is, as `segment/ID/in` and `classification/ID/CATEGORY`. */
  readonly live: readonly string[];
  /** Ids in each list at most. */
  readonly members: number;
}

/** So many, and some of them. */
interface Group {
  readonly size: Estimate;
  readonly members: readonly string[];
}

interface Members extends Group {
  /** Of the base. */
  readonly share: Estimate;
  /** Against what is published of the same id; null where nothing is. */
  readonly against: {
    readonly entering: Group;
    readonly leaving: Group;
    readonly staying: Estimate;
  } | null;
  /** Live segments and categories that share members, those first that are most alike. */
  readonly overlap: readonly {
    readonly definition: string;
    readonly category: string;
    readonly size: Estimate;
    readonly shared: Estimate;
    /** Shared / in either. */
    readonly jaccard: Estimate;
  }[];
}

interface Categories {
  readonly categories: readonly (Group & { readonly category: string; readonly share: Estimate })[];
  /** Who would be in another category than is published; null where nothing is. An empty one is none. */
  readonly moves: readonly (Group & { readonly from: string; readonly to: string })[] | null;
}

interface Distribution {
  /** Subjects that have a number. */
  readonly present: Estimate;
  readonly share: Estimate;
  readonly mean: Estimate | null;
  /** Of those that were looked at. */
  readonly lowest: number | null;
  readonly highest: number | null;
  readonly quantiles: readonly { readonly share: number; readonly number: Estimate }[];
}

export interface Previewed extends Partial<Members>, Partial<Categories> {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  /** What a reader should know. */
  readonly notes: readonly string[];
  /** Customers or companies there are. */
  readonly base?: Estimate;
  readonly distribution?: Distribution;
}

export function baseOf(subjects: number, { fraction }: Extent): Estimate {
  return total(subjects, fraction);
}

export function membersOf(rows: readonly StateRow[], extent: Extent): Members {
  const { fraction, isLive, live } = extent;
  const group = groupOf(extent);
  const inside = rows.filter(({ state }) => state === "in");
  const [own, everybody] = [count(inside), count(rows)];
  const [shared, sizes] = [placesOf(inside), placesOf(rows)];
  const overlap = live.flatMap((one, index) => {
    const [both, other] = [shared.get(index + 1) ?? 0, sizes.get(index + 1) ?? 0];
    if (both === 0) return [];
    const [kind = "", id = "", category = ""] = one.split("/");
    return [
      {
        definition: `${kind}/${id}`,
        category,
        size: total(other, fraction),
        shared: total(both, fraction),
        jaccard: share(both, own + other - both, fraction),
      },
    ];
  });
  return {
    ...group(inside),
    share: share(own, everybody, fraction),
    against: isLive
      ? {
          entering: group(inside.filter(({ published }) => published !== "in")),
          leaving: group(rows.filter(({ state, published }) => state !== "in" && published === "in")),
          staying: total(count(inside.filter(({ published }) => published === "in")), fraction),
        }
      : null,
    overlap: overlap.sort((a, b) => b.jaccard.value - a.jaccard.value),
  };
}

export function categoriesOf(rows: readonly StateRow[], extent: Extent): Categories {
  const group = groupOf(extent);
  const byState = Map.groupBy(rows, ({ state }) => state);
  const everybody = count(rows);
  return {
    categories: [...byState]
      .map(([category, own]) => ({
        category,
        ...group(own),
        share: share(count(own), everybody, extent.fraction),
      }))
      .sort((a, b) => b.size.value - a.size.value),
    moves: extent.isLive
      ? rows
          .filter(({ state, published }) => state !== published)
          .map((row) => ({ from: row.published, to: row.state, ...group([row]) }))
          .sort((a, b) => b.size.value - a.size.value)
      : null,
  };
}

export function numbersOf(row: NumbersRow, { fraction }: Extent): Distribution {
  const { subjects, present, numbers } = row;
  const isAny = present > 0;
  const isSample = fraction < 1;
  const shares = isSample
    ? quantiles(numbers, fraction)
    : row.quantiles.map((number) => exactly(number ?? 0));
  return {
    present: total(present, fraction),
    share: share(present, subjects, fraction),
    mean: isAny ? inOnes(isSample ? mean(numbers, fraction) : exactly(row.mean ?? 0)) : null,
    lowest: isAny ? fromUnits(row.lowest) : null,
    highest: isAny ? fromUnits(row.highest) : null,
    quantiles: isAny
      ? previewShares.flatMap((at, index) => {
          const number = shares[index];
          return number === undefined ? [] : [{ share: at, number: inOnes(number) }];
        })
      : [],
  };
}

/** Rounded to four places. */
function inOnes({ value, low, high }: Estimate): Estimate {
  const ones = (units: number): number => fromUnits(Math.round(units));
  return { value: ones(value), low: ones(low), high: ones(high) };
}

function groupOf({ fraction, members }: Extent): (rows: readonly StateRow[]) => Group {
  return (rows) => ({
    size: total(count(rows), fraction),
    members: rows.flatMap(({ sample }) => sample).slice(0, members),
  });
}

function count(rows: readonly StateRow[]): number {
  return rows.reduce((sum, { subjects }) => sum + subjects, 0);
}

/** By place in `live`, how many of the rows' subjects are there. */
function placesOf(rows: readonly StateRow[]): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const {
    shared: [places, counts],
  } of rows)
    places.forEach((place, index) => {
      found.set(place, (found.get(place) ?? 0) + (counts[index] ?? 0));
    });
  return found;
}
