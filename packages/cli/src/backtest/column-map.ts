/** The short form of a mapping, `customer=Who,time=When@d.M.yyyy,items.sku="Article, no."`, taken apart. */

export interface MapEntry {
  /** What it becomes: a role, a property or an attribute. */
  readonly name: string;
  readonly source:
    | { readonly type: "constant"; readonly text: string }
    /** A column, perhaps with `@` and a format; or an expression over columns. */
    | { readonly type: "columns"; readonly text: string };
}

export interface ColumnMap {
  readonly entries: readonly MapEntry[];
  /** Whether `*` is there: all other columns under their own names. */
  readonly hasRest: boolean;
  readonly faults: readonly string[];
}

/** Reads the text of an option such as `--map`; every fault at once, one sentence each. */
export function parseColumnMap(option: string, text: string): ColumnMap {
  const entries: MapEntry[] = [];
  const faults: string[] = [];
  let hasRest = false;
  for (const part of splitParts(text)) {
    const entry = part.trim();
    if (entry === "*") {
      hasRest = true;
      continue;
    }
    const equals = entry.indexOf("=");
    const name = entry.slice(0, Math.max(equals, 0)).trim();
    const source = entry.slice(equals + 1).trim();
    if (equals < 0 || source === "") faults.push(`${option}: "${entry}" is no NAME=COLUMN`);
    else if (!/^[^\s.]+(?:\.[^\s.]+)*$/.test(name)) faults.push(`${option}: "${name}" is no name`);
    else if (entries.some((other) => clash(other.name, name)))
      faults.push(`${option}: ${name} is given twice`);
    else entries.push({ name, source: sourceOf(source) });
  }
  return { entries, hasRest, faults };
}

/** One of them is the other, or holds it. */
function clash(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}

function sourceOf(text: string): MapEntry["source"] {
  const constant = /^'(.*)'$/.exec(text)?.[1];
  return constant === undefined ? { type: "columns", text } : { type: "constant", text: constant };
}

/** At commas outside of double quotes, and of single ones around a whole value. */
function splitParts(text: string): readonly string[] {
  return (text.match(/(?:"[^"]*"|=\s*'[^']*'(?=\s*(?:,|$))|[^,])+/g) ?? []).filter(
    (part) => part.trim() !== "",
  );
}

/** `COLUMN@FORMAT`: what stands before and behind the first `@` outside of quotes. Quotes around either are taken off. */
export function splitFormat(text: string): { readonly column: string; readonly format: string | null } {
  const [, column = text, format] = /^((?:"[^"]*"|[^"@])+)@(.+)$/.exec(text) ?? [];
  return { column: unquote(column), format: format === undefined ? null : unquote(format) };
}

function unquote(text: string): string {
  return /^"([^"]*)"$/.exec(text.trim())?.[1] ?? text.trim();
}
