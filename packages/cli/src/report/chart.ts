/** What is drawn of a report: rows as bars, as lines over days, or as a grid of two columns. */
import type { Report, ReportRow } from "./ask-report.ts";

export interface Bars {
  readonly shape: "bars";
  readonly title: string;
  readonly bars: readonly { readonly label: string; readonly value: number }[];
}

export interface Lines {
  readonly shape: "lines";
  readonly title: string;
  /** In order. */
  readonly days: readonly string[];
  /** A value for each day; null where there is none. */
  readonly lines: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
}

export interface Grid {
  readonly shape: "grid";
  readonly title: string;
  readonly across: readonly string[];
  readonly down: readonly string[];
  /** By row, then column. */
  readonly cells: readonly (readonly ({ readonly value: number; readonly text: string } | null)[])[];
}

export type Chart = Bars | Lines | Grid;

const percent = (value: number): string => `${(value * 100).toFixed(1)}%`;
const text = (row: ReportRow, name: string): string => String(row[name] ?? "");
const number = (row: ReportRow, name: string): number => Number(row[name] ?? 0);
const member = (row: ReportRow): string =>
  text(row, "category") === "in"
    ? text(row, "definition")
    : `${text(row, "definition")}/${text(row, "category")}`;

/** Undefined where there is nothing to draw. */
export function chartOf({ name, rows }: Report): Chart | undefined {
  if (rows.length === 0) return undefined;
  switch (name) {
    case "sizes":
      return lines("Members by day", rows, member, "members");
    case "flow":
      return lines("Entered less left, by day", rows, member, "net");
    case "migration":
      return lines(
        "Moves by day",
        rows,
        (row) => `${text(row, "from_category")} > ${text(row, "to_category")}`,
        "moves",
      );
    case "matrix":
      return grid("From (down) to (across)", rows, {
        down: (row) => text(row, "from_category") || "none",
        across: (row) => text(row, "to_category") || "none",
        value: (row) => number(row, "share"),
        show: percent,
      });
    case "cohorts":
      return grid("Retention by month since the first", rows, {
        down: (row) => [text(row, "cohort").slice(0, 7), text(row, "source")].filter(Boolean).join(" "),
        across: (row) => text(row, "period"),
        value: (row) => number(row, "retention"),
        show: percent,
      });
    case "rfm":
      return grid("Customers by recency (down) and frequency (across)", rows, {
        down: (row) => `R${text(row, "recency_score")}`,
        across: (row) => `F${text(row, "frequency_score")}`,
        value: (row) => number(row, "customers"),
        show: String,
        isSorted: true,
      });
    case "overlap":
      return bars("Jaccard", rows, (row) => `${text(row, "one")} & ${text(row, "other")}`, "jaccard");
    case "funnel":
      return bars("Reached", rows, (row) => text(row, "name"), "reached");
    case "exits":
      return bars(
        "Stays ended",
        rows,
        (row) => `${member(row)} by ${text(row, "cause_event") || text(row, "cause")}`,
        "stays",
      );
    case "outcomes":
      return bars(
        "Conversion rate",
        rows,
        (row) => `${text(row, "grouping")}, ${text(row, "period")}`,
        "conversion_rate",
      );
    case "lift":
      return bars("Difference", rows, (row) => text(row, "measure"), "difference");
    case "review":
      return bars("Members", rows, (row) => text(row, "definition"), "members");
    default:
      return undefined;
  }
}

function bars(
  title: string,
  rows: readonly ReportRow[],
  label: (row: ReportRow) => string,
  value: string,
): Bars {
  return {
    shape: "bars",
    title,
    bars: rows.map((row) => ({ label: label(row), value: number(row, value) })),
  };
}

function lines(
  title: string,
  rows: readonly ReportRow[],
  label: (row: ReportRow) => string,
  value: string,
): Lines {
  const days = [...new Set(rows.map((row) => text(row, "day")))].sort();
  const byLabel = Map.groupBy(rows, label);
  return {
    shape: "lines",
    title,
    days,
    lines: [...byLabel].map(([name, own]) => {
      const byDay = new Map(own.map((row) => [text(row, "day"), number(row, value)]));
      return { label: name, values: days.map((day) => byDay.get(day) ?? null) };
    }),
  };
}

interface GridOptions {
  readonly down: (row: ReportRow) => string;
  readonly across: (row: ReportRow) => string;
  readonly value: (row: ReportRow) => number;
  readonly show: (value: number) => string;
  /** Columns by name rather than as they come. */
  readonly isSorted?: boolean;
}

function grid(title: string, rows: readonly ReportRow[], options: GridOptions): Grid {
  const named = [...new Set(rows.map(options.across))];
  const across = options.isSorted ? named.sort() : named;
  const byDown = Map.groupBy(rows, options.down);
  return {
    shape: "grid",
    title,
    across,
    down: [...byDown.keys()],
    cells: [...byDown.values()].map((own) => {
      const byAcross = new Map(own.map((row) => [options.across(row), options.value(row)]));
      return across.map((name) => {
        const value = byAcross.get(name);
        return value === undefined ? null : { value, text: options.show(value) };
      });
    }),
  };
}
