/**
 * A million order lines through `tidemark backtest` with the RFM pack, all of its results written: how long, how much
 * processor time, how much memory at most. The file is made by a seeded generator: invoices of one to nine lines over
 * two years, quoted descriptions, as a shop would export them.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { processUsage } from "./process-usage.ts";
import { seededRandom } from "./random.ts";

interface BacktestFigures {
  readonly lines: number;
  readonly fileBytes: number;
  readonly orders: number;
  readonly customers: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly mostResidentBytes: number;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const map = "customer=CustomerID,time=InvoiceDate,order=InvoiceNo,total=Quantity*UnitPrice,country=Country";

export async function measureBacktest(
  lines: number,
  say: (message: string) => void,
): Promise<BacktestFigures> {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-backtest-"));
  try {
    const file = join(folder, "lines.csv");
    writeLines(file, lines);
    say(`backtest: ${lines} lines written`);
    const figures = await run(file, folder);
    say(`backtest: ${JSON.stringify(figures)}`);
    return { lines, fileBytes: statSync(file).size, ...figures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(file: string, folder: string): Promise<Omit<BacktestFigures, "lines" | "fileBytes">> {
  const results = ["members", "metrics", "history"].flatMap((name) => [
    `--${name}`,
    join(folder, `${name}.csv`),
  ]);
  const words = [
    "--definitions",
    "packs/rfm",
    "--orders",
    file,
    "--map",
    map,
    "--as-of",
    "2026-01-01",
    "--json",
  ];
  const from = performance.now();
  const child = spawn(process.execPath, ["packages/cli/src/main.ts", "backtest", ...words, ...results], {
    cwd: root,
    env: { ...process.env, INIT_CWD: root },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  let used = { cpuUs: 0, residentBytes: 0 };
  const looking = setInterval(() => {
    try {
      const now = processUsage(child.pid ?? 0);
      used = { cpuUs: now.cpuUs, residentBytes: Math.max(used.residentBytes, now.residentBytes) };
    } catch {
      // It ended between two looks.
    }
  }, 20);
  const code = await new Promise((ended) => child.once("close", ended));
  clearInterval(looking);
  if (code !== 0) throw new Error(`backtest exited with ${code}`);
  const { events, customers } = JSON.parse(text) as { readonly events: number; readonly customers: number };
  return {
    orders: events,
    customers,
    seconds: Math.round(performance.now() - from) / 1000,
    cpuSeconds: used.cpuUs / 1e6,
    mostResidentBytes: used.residentBytes,
  };
}

const firstDay = Date.UTC(2024, 0, 1);

function writeLines(file: string, lines: number): void {
  const random = seededRandom(1);
  const below = (bound: number): number => Math.floor(random() * bound);
  const handle = openSync(file, "w");
  let text = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
  for (let invoice = 0, line = 0; line < lines; invoice += 1) {
    const at = new Date(firstDay + below(730 * 86_400) * 1000).toISOString().slice(0, 19).replace("T", " ");
    const customer = 10_000 + below(50_000);
    for (let left = 1 + below(9); left > 0 && line < lines; left -= 1, line += 1) {
      const article = below(4_000);
      const price = (below(2_000) / 100).toFixed(2);
      text += `${500_000 + invoice},${20_000 + article},"GLASS ""${article}"", LARGE",${1 + below(12)},${at},${price},${customer},United Kingdom\n`;
    }
    if (text.length < 1_000_000) continue;
    writeSync(handle, text);
    text = "";
  }
  writeSync(handle, text);
  closeSync(handle);
}
