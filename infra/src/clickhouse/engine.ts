import { mkdirSync } from "node:fs";
import { type ChdbResult, Session } from "chdb";
import { holdSessions, type SessionRequest } from "./sessions.ts";
import { quote } from "./statement.ts";

interface Run {
  readonly sql: string;
  readonly database?: string;
  /** Format of the answer unless the statement names one. */
  readonly format: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly parameters: ReadonlyMap<string, string>;
  /** Absent: the statement has a session of its own. */
  readonly session?: SessionRequest;
  /** SET or USE: what the statement changes is meant to outlast it. */
  readonly isForSession: boolean;
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
  const sessions = holdSessions(() => new Session(folder));
  return {
    version,
    run: async (run) => {
      if (run.session) return sessions.within(run.session, (session) => runAndRestore(session, run));
      // A session runs one thing at a time and remembers what was SET, so every request has its own (about 1 ms).
      const session = new Session(folder);
      try {
        return await runIn(session, run);
      } finally {
        session.close();
      }
    },
    close: () => {
      sessions.close();
      holder.close();
    },
  };
}

async function runIn(session: Session, run: Run): Promise<ChdbResult> {
  if (run.database !== undefined) await session.queryAsync(use(run.database));
  const assignments = [
    ...[...run.settings].map(([name, value]) => `${identifier(name)} = ${quote(value)}`),
    ...[...run.parameters].map(([name, value]) => `param_${identifier(name)} = ${quote(value)}`),
  ];
  if (assignments.length > 0) await session.queryAsync(`SET ${assignments.join(", ")}`);
  return await session.queryAsync(run.sql, { format: run.format });
}

/** Database and settings of the address are those of this statement only; the session has its own again afterwards. */
async function runAndRestore(session: Session, run: Run): Promise<ChdbResult> {
  if (run.isForSession) return session.queryAsync(run.sql, { format: run.format });
  const before = await stateOf(session, [...run.settings.keys()]);
  try {
    return await runIn(session, run);
  } finally {
    for (const statement of before) await session.queryAsync(statement);
  }
}

/** The statements that bring back the session's database and these settings. */
async function stateOf(session: Session, names: readonly string[]): Promise<string[]> {
  const database = await session.queryAsync("SELECT currentDatabase()", { format: "RawBLOB" });
  const list = ["", ...names].map(quote).join(", ");
  const settings = await session.queryAsync(
    `SELECT name, if(changed, value, NULL) FROM system.settings WHERE name IN (${list})`,
    { format: "JSONCompactEachRow" },
  );
  const rows = settings.text().split("\n").filter(Boolean);
  const assignments = rows.map((row) => {
    const [name, changedTo] = JSON.parse(row) as [string, string | null];
    return `${name} = ${changedTo === null ? "DEFAULT" : quote(changedTo)}`;
  });
  return [use(database.text()), ...(assignments.length > 0 ? [`SET ${assignments.join(", ")}`] : [])];
}

function use(database: string): string {
  return `USE \`${database.replaceAll("`", "\\`")}\``;
}

function identifier(name: string): string {
  if (!/^\w+$/.test(name)) throw new Error(`Code: 115. DB::Exception: Wrong name ${name}. (UNKNOWN_SETTING)`);
  return name;
}
