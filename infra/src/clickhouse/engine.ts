import { mkdirSync } from "node:fs";
import { type ChdbResult, Session } from "chdb";
import { quote } from "./statement.ts";

interface Run {
  readonly sql: string;
  readonly database?: string;
  /** Format of the answer unless the statement names one. */
  readonly format: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly parameters: ReadonlyMap<string, string>;
}

export interface Engine {
  readonly version: string;
  /** Rejects with the engine's own error, whose message begins with "Code: N.". */
  run(run: Run): Promise<ChdbResult>;
  close(): void;
}

/** Opens the engine on a data folder; one process at a time may hold it. */
export function openEngine(folder: string): Engine {
  mkdirSync(folder, { recursive: true });
  // One session held for the life of the process keeps the folder open between requests.
  const holder = new Session(folder);
  const version = holder.query("SELECT version()", "TabSeparated").trim();
  return {
    version,
    run: async (run) => {
      // A session runs one thing at a time and remembers what was SET, so every request has its own (about 1 ms).
      const session = new Session(folder);
      try {
        if (run.database !== undefined)
          await session.queryAsync(`USE \`${run.database.replaceAll("`", "\\`")}\``);
        const assignments = [
          ...[...run.settings].map(([name, value]) => `${identifier(name)} = ${quote(value)}`),
          ...[...run.parameters].map(([name, value]) => `param_${identifier(name)} = ${quote(value)}`),
        ];
        if (assignments.length > 0) await session.queryAsync(`SET ${assignments.join(", ")}`);
        return await session.queryAsync(run.sql, { format: run.format });
      } finally {
        session.close();
      }
    },
    close: () => holder.close(),
  };
}

function identifier(name: string): string {
  if (!/^\w+$/.test(name)) throw new Error(`Code: 115. DB::Exception: Wrong name ${name}. (UNKNOWN_SETTING)`);
  return name;
}
