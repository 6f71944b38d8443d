/**
 * Just enough of SQL's surface to know where an INSERT's data begin.
 *
 * The engine reads data inside the SQL text only up to the first blank line and runs the rest as SQL, so data never
 * stay in the text: they go to a file, and the statement says FROM INFILE.
 */

export interface Insert {
  /** Up to where FROM INFILE belongs: the table and its columns. */
  readonly head: string;
  /** SETTINGS of the statement, or empty. */
  readonly settings: string;
  readonly format: string;
  /** What follows the format in the text: data, for a statement sent as one piece. */
  readonly inlineData: string;
}

export interface Statement {
  /** Present when the statement takes data from outside of itself. */
  readonly insert?: Insert;
  /** Format that the statement itself asks for. */
  readonly format?: string;
  readonly isEmpty: boolean;
  /** SET or USE: it changes the session that it is run in. */
  readonly isForSession: boolean;
  /** Something follows a semicolon: a second statement, which the protocol does not allow. */
  readonly isMultiple: boolean;
}

interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const skipped = /(?:\s+|--[^\n]*|#(?:!| )[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const token =
  /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`\\]|\\[\s\S]|``)*`|\$(\w*)\$[\s\S]*?\$\1\$|\w+|[\s\S]/y;
const quotedBodyStart = /^(?:SELECT|WITH|FROM|WATCH)$/;

export function readStatement(sql: string): Statement {
  const first = nextToken(sql, 0);
  if (!first) return { isEmpty: true, isForSession: false, isMultiple: false };
  const verb = first.text.toUpperCase();
  const isInsert = verb === "INSERT";
  let depth = 0;
  let settingsAt: number | undefined;
  let format: string | undefined;
  let isSelect = !isInsert;
  let isMultiple = false;
  for (let current: Token | undefined = first; current; current = nextToken(sql, current.end)) {
    const { text, start, end }: Token = current;
    const word = text.toUpperCase();
    if (text === "(" || text === "[" || text === "{") depth += 1;
    else if (text === ")" || text === "]" || text === "}") depth -= 1;
    else if (text === ";" && nextToken(sql, end)) isMultiple = true;
    if (depth > 0) continue;
    if (!isSelect && quotedBodyStart.test(word)) isSelect = true;
    else if (!isSelect && word === "SETTINGS") settingsAt = start;
    else if (!isSelect && word === "VALUES") {
      return {
        insert: cut(sql, start, end, settingsAt, "Values"),
        isEmpty: false,
        isForSession: false,
        isMultiple: false,
      };
    } else if (word === "FORMAT") {
      const name = nextToken(sql, end);
      if (!name || !/^\w+$/.test(name.text)) continue;
      if (!isSelect) {
        return {
          insert: cut(sql, start, name.end, settingsAt, name.text),
          isEmpty: false,
          isForSession: false,
          isMultiple: false,
        };
      }
      format = name.text;
    }
  }
  return {
    ...(format === undefined ? {} : { format }),
    isEmpty: false,
    isForSession: verb === "SET" || verb === "USE",
    isMultiple,
  };
}

/** The statement that inserts the data of a file. */
export function insertFromFile(insert: Insert, path: string): string {
  return `${insert.head} FROM INFILE ${quote(path)} COMPRESSION 'none' ${insert.settings} FORMAT ${insert.format}`;
}

/** A text as an SQL literal. */
export function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function cut(
  sql: string,
  start: number,
  end: number,
  settingsAt: number | undefined,
  format: string,
): Insert {
  return {
    head: sql.slice(0, settingsAt ?? start),
    settings: settingsAt === undefined ? "" : sql.slice(settingsAt, start),
    format,
    // One line break after the format's name belongs to the statement, further blank lines are data.
    inlineData: sql.slice(end).replace(/^[ \t]*\r?\n?/, ""),
  };
}

function nextToken(sql: string, from: number): Token | undefined {
  skipped.lastIndex = from;
  const start = skipped.test(sql) ? skipped.lastIndex : from;
  token.lastIndex = start;
  const found = token.exec(sql);
  return found ? { text: found[0], start, end: token.lastIndex } : undefined;
}
