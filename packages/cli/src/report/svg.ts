/** A chart as an SVG document that stands alone. */
import type { Bars, Chart, Grid, Lines } from "./chart.ts";

const colors = ["#3e63dd", "#e5484d", "#30a46c", "#f76b15", "#8e4ec6", "#12a594", "#ffb224", "#60646c"];
const font = 'font-family="system-ui, sans-serif" font-size="12" fill="#1c2024"';

export function svgOf(chart: Chart): string {
  if (chart.shape === "bars") return svgBars(chart);
  return chart.shape === "lines" ? svgLines(chart) : svgGrid(chart);
}

function documentOf(title: string, width: number, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="22" ${font} font-weight="600">${escaped(title)}</text>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function svgBars({ title, bars }: Bars): string {
  const left = 24 + widthOf(bars.map(({ label }) => label));
  const most = Math.max(...bars.map(({ value }) => Math.abs(value)), Number.MIN_VALUE);
  const parts = bars.flatMap(({ label, value }, at) => {
    const y = 38 + at * 24;
    const length = fixed((Math.abs(value) / most) * 400);
    return [
      `<text x="${left - 8}" y="${y + 13}" ${font} text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${left}" y="${y}" width="${length}" height="18" fill="${value < 0 ? colors[1] : colors[0]}"/>`,
      `<text x="${left + Number(length) + 6}" y="${y + 13}" ${font}>${Number(value.toPrecision(6))}</text>`,
    ];
  });
  return documentOf(title, left + 520, 50 + bars.length * 24, parts);
}

function svgLines({ title, days, lines }: Lines): string {
  const [left, top, width, height] = [70, 40, 640, 280];
  const known = lines.flatMap(({ values }) => values.filter((value) => value !== null));
  const low = Math.min(0, ...known);
  const high = Math.max(...known, low + 1);
  const x = (at: number) => fixed(left + (days.length < 2 ? 0 : (at / (days.length - 1)) * width));
  const y = (value: number) => fixed(top + height - ((value - low) / (high - low)) * height);
  const axis = [low, (low + high) / 2, high].flatMap((value) => [
    `<line x1="${left}" y1="${y(value)}" x2="${left + width}" y2="${y(value)}" stroke="#d9d9e0"/>`,
    `<text x="${left - 8}" y="${Number(y(value)) + 4}" ${font} text-anchor="end">${Number(value.toPrecision(6))}</text>`,
  ]);
  const ends = [
    `<text x="${left}" y="${top + height + 20}" ${font}>${days[0]}</text>`,
    `<text x="${left + width}" y="${top + height + 20}" ${font} text-anchor="end">${days.at(-1)}</text>`,
  ];
  const drawn = lines.flatMap(({ label, values }, at) => {
    const color = colors[at % colors.length];
    const points = values.flatMap((value, day) => (value === null ? [] : [`${x(day)},${y(value)}`]));
    const legend = top + height + 44 + at * 18;
    return [
      `<polyline points="${points.join(" ")}" fill="none" stroke="${color}" stroke-width="2"/>`,
      `<rect x="${left}" y="${legend - 9}" width="10" height="10" fill="${color}"/>`,
      `<text x="${left + 16}" y="${legend}" ${font}>${escaped(label)}</text>`,
    ];
  });
  return documentOf(title, left + width + 30, top + height + 50 + lines.length * 18, [
    ...axis,
    ...ends,
    ...drawn,
  ]);
}

function svgGrid({ title, across, down, cells }: Grid): string {
  const left = 24 + widthOf(down);
  const cell = Math.max(56, 12 + widthOf(across), 12 + widthOf(cells.flat().map((one) => one?.text ?? "")));
  const most = Math.max(...cells.flat().map((one) => one?.value ?? 0), Number.MIN_VALUE);
  const head = across.map(
    (name, at) =>
      `<text x="${left + at * cell + cell / 2}" y="48" ${font} text-anchor="middle">${escaped(name)}</text>`,
  );
  const rows = down.flatMap((name, row) => [
    `<text x="${left - 8}" y="${74 + row * 26}" ${font} text-anchor="end">${escaped(name)}</text>`,
    ...(cells[row] ?? []).flatMap((one, at) => {
      if (one === null) return [];
      const share = one.value / most;
      return [
        `<rect x="${left + at * cell}" y="${57 + row * 26}" width="${cell - 2}" height="24" fill="${colors[0]}" fill-opacity="${fixed(Math.max(0, share))}"/>`,
        `<text x="${left + at * cell + cell / 2 - 1}" y="${74 + row * 26}" ${font.replace("#1c2024", share > 0.6 ? "#ffffff" : "#1c2024")} text-anchor="middle">${escaped(one.text)}</text>`,
      ];
    }),
  ]);
  return documentOf(title, left + across.length * cell + 20, 75 + down.length * 26, [...head, ...rows]);
}

/** Room for texts, in pixels: seven for a letter is enough. */
function widthOf(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length)) * 7;
}

function fixed(value: number): string {
  return String(Number(value.toFixed(2)));
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
