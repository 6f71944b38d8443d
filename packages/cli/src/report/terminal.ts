/** A report for a terminal: a chart of block characters, and a table. */
import type { Report, ReportRow } from "./ask-report.ts";
import { type Bars, type Chart, chartOf, type Grid, type Lines } from "./chart.ts";

const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const heights = "▁▂▃▄▅▆▇█";
const shades = [" ", "░", "▒", "▓", "█"];
const barCells = 40;
const lineCells = 60;

export function describeReport(report: Report): string {
  if (report.rows.length === 0) return "There is nothing to report\n";
  const chart = chartOf(report);
  // A grid says all there is of it; the table would be longer than a screen.
  const parts = chart === undefined ? [table(report.rows)] : [draw(chart), table(report.rows)];
  return `${parts.join("\n\n")}\n`;
}

function draw(chart: Chart): string {
  if (chart.shape === "bars") return drawBars(chart);
  return chart.shape === "lines" ? drawLines(chart) : drawGrid(chart);
}

function drawBars({ title, bars }: Bars): string {
  const width = Math.max(...bars.map(({ label }) => label.length));
  const most = Math.max(...bars.map(({ value }) => Math.abs(value)), Number.MIN_VALUE);
  const rows = bars.map(({ label, value }) => {
    const cells = Math.round((Math.abs(value) / most) * barCells * 8);
    const bar = "█".repeat(Math.floor(cells / 8)) + (eighths[cells % 8] ?? "");
    return `${label.padEnd(width)}  ${value < 0 ? "-" : ""}${bar} ${short(value)}`;
  });
  return [title, ...rows].join("\n");
}

/** Where there are more days than cells, a cell is the last of its days. */
function drawLines({ title, days, lines }: Lines): string {
  const width = Math.max(...lines.map(({ label }) => label.length));
  const step = Math.max(1, Math.ceil(days.length / lineCells));
  const rows = lines.map(({ label, values }) => {
    const seen = values.filter((_, at) => (values.length - 1 - at) % step === 0);
    const known = seen.filter((value) => value !== null);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const cells = seen.map((value) => {
      if (value === null) return " ";
      const place = high === low ? 3 : Math.round(((value - low) / (high - low)) * 7);
      return heights[place] ?? "";
    });
    return `${label.padEnd(width)}  ${cells.join("")}  ${short(low)} to ${short(high)}`;
  });
  return [`${title}, ${days[0]} to ${days.at(-1)}`, ...rows].join("\n");
}

function drawGrid({ title, across, down, cells }: Grid): string {
  const most = Math.max(...cells.flat().map((cell) => cell?.value ?? 0), Number.MIN_VALUE);
  const left = Math.max(...down.map((name) => name.length));
  const width =
    Math.max(...across.map((name) => name.length), ...cells.flat().map((cell) => (cell?.text ?? "").length)) +
    2;
  const head = `${" ".repeat(left)}  ${across.map((name) => name.padStart(width)).join(" ")}`;
  const rows = down.map((name, row) => {
    const shown = (cells[row] ?? []).map((cell) => {
      if (cell === null) return " ".repeat(width);
      const shade = shades[Math.min(4, Math.ceil((cell.value / most) * 4))] ?? " ";
      return `${shade}${cell.text.padStart(width - 1)}`;
    });
    return `${name.padEnd(left)}  ${shown.join(" ")}`;
  });
  return [title, head, ...rows].map((line) => line.trimEnd()).join("\n");
}

function table(rows: readonly ReportRow[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => names.map((name) => shown(row[name])));
  const widths = names.map((name, at) => Math.max(name.length, ...cells.map((row) => row[at]?.length ?? 0)));
  const line = (texts: readonly string[], row?: ReportRow) =>
    texts
      .map((text, at) => {
        const isNumber = row !== undefined && typeof row[names[at] ?? ""] === "number";
        return isNumber ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0);
      })
      .join("  ")
      .trimEnd();
  return [line(names), ...cells.map((row, at) => line(row, rows[at]))].join("\n");
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "-";
  if (typeof value === "number") return short(value);
  return Array.isArray(value) ? value.join(" ") : String(value);
}

function short(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}
