/**
 * The tables of worked examples in the packs' READMEs, read as expectations of golden cases. A row is an instant, a
 * customer, what happened, and everything that customer is then:
 *
 *     `gold-and-up` until 2026-03-31 12:00     a member of that segment; it ends then
 *     `value: gold` for good                   in that category; nothing will end it but a further event
 *     not `about-to-slip` until 2026-03-24     no member, and will be one then
 *     `points = 7.5`                           a metric's value, engagement points, or the code of a score card
 */
import type { Definition } from "../../packages/core/src/index.ts";
import type { Expectation } from "../golden/golden-case.ts";

interface Row {
  readonly at: string;
  readonly subject: string;
  readonly entries: readonly Entry[];
}

interface Entry {
  readonly not: boolean;
  readonly id: string;
  readonly category?: string;
  readonly value?: number | null;
  /** Null: for good. Absent: not said. */
  readonly changesAt?: string | null;
}

/** Each table whose columns are those of a worked example, in the order of the page. */
export function exampleTables(page: string): Row[][] {
  const tables = page.match(/(?:^\|.*\|\n)+/gm) ?? [];
  return tables
    .map((table) => table.trimEnd().split("\n").map(cellsOf))
    .filter(([head = []]) => head[0] === "when (UTC)")
    .map((lines) => lines.slice(2).map(rowOf));
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split("|")
    .map((cell) => cell.trim());
}

function rowOf([at = "", subject = "", , is = ""]: readonly string[]): Row {
  const entries = is === "nothing" ? [] : is.split(", ").map(entryOf);
  return { at: instantOf(at), subject: subject.toLowerCase(), entries };
}

const instant = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d{3})?)?`;
const entryPattern = new RegExp(
  String.raw`^(not )?\`([a-z0-9-]+)(?:: ([a-z0-9-]+)| = (-?\d+(?:\.\d+)?|none))?\`(?: (for good)| until (${instant}))?$`,
);

function entryOf(text: string): Entry {
  const match = entryPattern.exec(text);
  if (match === null) throw new Error(`a cell that cannot be read: ${text}`);
  const [, not, id = "", category, value, forGood, until] = match;
  return {
    not: not !== undefined,
    id,
    ...(category === undefined ? {} : { category }),
    ...(value === undefined ? {} : { value: value === "none" ? null : Number(value) }),
    ...(forGood === undefined ? {} : { changesAt: null }),
    ...(until === undefined ? {} : { changesAt: instantOf(until) }),
  };
}

function instantOf(text: string): string {
  if (!new RegExp(`^${instant}$`).test(text)) throw new Error(`no instant: ${text}`);
  return `${text.replace(" ", "T")}Z`;
}

/**
 * What a table says, by instant and then in the order of the definitions. A definition that any row names is asked of
 * everybody at every instant.
 */
export function expectationsOf(rows: readonly Row[], definitions: readonly Definition[]): Expectation[] {
  const named = new Set(rows.flatMap(({ entries }) => entries.map(({ id }) => id)));
  for (const id of named)
    if (!definitions.some((definition) => definition.id === id)) throw new Error(`no definition ${id}`);
  const asked = definitions.filter(({ id }) => named.has(id));
  return [...Map.groupBy(rows, ({ at }) => at)].flatMap(([at, group]) =>
    asked.flatMap((definition) => {
      const found = expectationOf(at, group, definition);
      return found === undefined ? [] : [found];
    }),
  );
}

function expectationOf(at: string, rows: readonly Row[], definition: Definition): Expectation | undefined {
  const { kind, id } = definition;
  const found = rows.flatMap(({ subject, entries }) =>
    entries.filter((entry) => entry.id === id).map((entry) => [subject, entry] as const),
  );
  const by = <Value>(read: (entry: Entry) => Value | undefined): Record<string, Value> =>
    Object.fromEntries(
      found.flatMap(([subject, entry]): [string, Value][] => {
        const value = read(entry);
        return value === undefined ? [] : [[subject, value]];
      }),
    );
  const changes = by(({ changesAt }) => changesAt);
  const changesAt = Object.keys(changes).length === 0 ? {} : { changesAt: changes };
  switch (kind) {
    case "segment": {
      const members = found.filter(([, { not }]) => !not).map(([subject]) => subject);
      return { at, segment: id, members, ...changesAt };
    }
    case "classification":
      return { at, classification: id, categories: by(({ category }) => category), ...changesAt };
    case "metric":
      return found.length === 0 ? undefined : { at, metric: id, values: by(({ value }) => value) };
    case "engagement":
      return found.length === 0 ? undefined : { at, engagement: id, values: by(({ value }) => value) };
    case "scoring":
      if (found.length === 0) return undefined;
      return {
        at,
        scoring: id,
        scores: by(({ value }) => (value === undefined ? undefined : { code: value })),
      };
    default:
      throw new Error(`a ${kind} has no members: ${id}`);
  }
}
