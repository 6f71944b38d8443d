/** What people see on standard error while they wait: bars on a terminal, a line now and then elsewhere. */

export interface Bar {
  readonly name: string;
  readonly done: number;
  /** 0 where it is not known. */
  readonly total: number;
}

export interface Progress {
  /** A line that stays. */
  say(message: string): void;
  /** Replaces the bars shown. */
  bars(bars: readonly Bar[]): void;
  /** Takes the bars away. */
  clear(): void;
}

export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const quietMs = 5_000;
const barCells = 30;

export function showProgress(screen: Screen, now: () => number): Progress {
  return screen.isTTY ? onTerminal(screen) : inLines(screen, now);
}

function onTerminal(screen: Screen): Progress {
  let shown: readonly string[] = [];
  const wipe = (): string => (shown.length === 0 ? "" : `\u001B[${shown.length}A\u001B[J`);
  const draw = (message: string, lines: readonly string[]): void => {
    screen.write(`${wipe()}${message}${lines.map((line) => `${line}\n`).join("")}`);
    shown = lines;
  };
  return {
    say: (message) => draw(`${message}\n`, shown),
    bars: (bars) => {
      const width = (screen.columns ?? 100) - 1;
      const nameWidth = Math.max(...bars.map(({ name }) => name.length));
      draw(
        "",
        bars.map((bar) => drawBar(bar, nameWidth).slice(0, width)),
      );
    },
    clear: () => draw("", []),
  };
}

function inLines(screen: Screen, now: () => number): Progress {
  let saidAt = Number.NEGATIVE_INFINITY;
  let last = "";
  return {
    say: (message) => screen.write(`${message}\n`),
    bars: (bars) => {
      const line = bars
        .filter(({ done, total }) => done !== total)
        .map(({ name, done, total }) => `${name} ${figures(done, total)}`)
        .join(", ");
      if (line === "" || line === last || now() - saidAt < quietMs) return;
      saidAt = now();
      last = line;
      screen.write(`${line}\n`);
    },
    clear: () => {},
  };
}

function drawBar({ name, done, total }: Bar, nameWidth: number): string {
  const part = total === 0 ? 0 : Math.min(done / total, 1);
  const full = Math.floor(part * barCells);
  return `  ${name.padEnd(nameWidth)} ${"█".repeat(full)}${"░".repeat(barCells - full)} ${figures(done, total)}`;
}

function figures(done: number, total: number): string {
  const count = done.toLocaleString("en-US");
  return total === 0 ? count : `${count} of ${total.toLocaleString("en-US")}`;
}
