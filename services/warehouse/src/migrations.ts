/**
 * The warehouse's own migrations: numbered files, each applied once and recorded with its checksum.
 *
 * DDL is not transactional, so every statement can be run again (IF NOT EXISTS, OR REPLACE): a run that was cut off
 * is finished by the next, and two processes that start at once do no harm.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import type { Warehouse } from "@tidemark/runtime";

export interface Migration {
  /** The file's name without its ending, such as `001-tables`. */
  readonly name: string;
  readonly sql: string;
}

/** A migration that was applied is not the one in the folder any more. */
export class MigrationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "MigrationError";
  }
}

const migrationFile = /^(\d{3}-[a-z0-9-]+)\.sql$/;

/** The migrations of a folder in the order of their numbers; of this service's own where none is named. */
export async function readMigrations(
  folder: URL = new URL("../migrations/", import.meta.url),
): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).flatMap((file) => migrationFile.exec(file)?.[1] ?? []).sort();
  return Promise.all(
    names.map(async (name) => ({ name, sql: await readFile(new URL(`${name}.sql`, folder), "utf8") })),
  );
}

/**
 * Applies what has not been applied, in order, and answers the names of those. Throws `MigrationError` where one that
 * was applied has changed or is gone.
 */
export async function migrate(
  warehouse: Warehouse,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  await warehouse.execute(`
    CREATE TABLE IF NOT EXISTS migrations (
      name String COMMENT 'Name of the file',
      checksum String COMMENT 'SHA-256 of the file, hexadecimal',
      applied_at DateTime DEFAULT now() COMMENT 'When it was applied'
    ) ENGINE = MergeTree ORDER BY name SETTINGS non_replicated_deduplication_window = 1000
    COMMENT 'Which migrations were applied.'`);
  const recorded = await warehouse.query<{ name: string; checksum: string }>(
    "SELECT name, checksum FROM migrations",
  );
  const checksums = new Map(recorded.map(({ name, checksum }) => [name, checksum]));
  const known = new Set(migrations.map(({ name }) => name));
  for (const name of checksums.keys()) {
    if (!known.has(name))
      throw new MigrationError(`the database knows the migration ${name}, this program does not`);
  }
  const applied: string[] = [];
  for (const { name, sql } of migrations) {
    const checksum = createHash("sha256").update(sql).digest("hex");
    const before = checksums.get(name);
    if (before !== undefined && before !== checksum) {
      throw new MigrationError(`the migration ${name} was changed after it had been applied`);
    }
    if (before !== undefined) continue;
    for (const statement of statements(sql)) await warehouse.execute(statement);
    await warehouse.insert("migrations", [{ name, checksum }], name);
    applied.push(name);
  }
  return applied;
}

/** Statements end with a semicolon at the end of a line. */
function statements(sql: string): readonly string[] {
  return sql
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}
