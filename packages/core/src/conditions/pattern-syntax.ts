/**
 * The regular expressions of `matches`, read into a tree. The syntax, each as in JavaScript with the flag `u`:
 *  - characters; `\t \n \r \f \v \xHH \uHHHH \u{H}`; `^ $ \ . * + ? ( ) [ ] { } | /` after a backslash
 *  - `.` (any but a line's end), `[a-z]`, `[^a-z]`, `\d \w \s \D \W \S`
 *  - `^` and `$`: the text's own start and end
 *  - `(a)` and `(?:a)`, `a|b`, `a* a+ a? a{2} a{2,} a{2,5}`; a further `?` is read and changes nothing
 * Whatever looks elsewhere in the text (`\1`, `(?=a)`, `\b`) is refused: it is what makes time run away.
 */

/** Inclusive ranges of code points. */
export type Ranges = readonly (readonly [number, number])[];

export type PatternNode =
  | { readonly type: "characters"; readonly ranges: Ranges; readonly negated: boolean }
  | { readonly type: "start" | "end" }
  | { readonly type: "sequence" | "choice"; readonly of: readonly PatternNode[] }
  /** `most` null: without end. */
  | {
      readonly type: "repeat";
      readonly of: PatternNode;
      readonly least: number;
      readonly most: number | null;
    };

export interface PatternFault {
  /** In characters, from 1. */
  readonly position: number;
  readonly found: string;
  readonly expected: string;
}

const lastCodePoint = 0x10_ffff;
const mostRepeats = 1_000;
const deepestGroups = 100;

const digits: Ranges = [[0x30, 0x39]];
const wordCharacters: Ranges = [...digits, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
/** WhiteSpace and LineTerminator of ECMA-262. */
const spaces: Ranges = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const lineEnds: Ranges = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];

const classEscapes: Readonly<Record<string, Ranges>> = {
  d: digits,
  w: wordCharacters,
  s: spaces,
  D: complement(digits),
  W: complement(wordCharacters),
  S: complement(spaces),
};
const syntaxCharacters = [..."^$\\.*+?()[]{}|/"];
const controlEscapes: Readonly<Record<string, number>> = { t: 0x09, n: 0x0a, v: 0x0b, f: 0x0c, r: 0x0d };

function complement(ranges: Ranges): Ranges {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [from, to] of ranges) {
    if (from > next) gaps.push([next, from - 1]);
    next = to + 1;
  }
  return [...gaps, [next, lastCodePoint]];
}

/** Where reading stands; after the first fault it stands at the end, so reading comes to a stop. */
interface Reader {
  readonly characters: readonly string[];
  at: number;
  depth: number;
  fault: PatternFault | undefined;
}

export function readPattern(pattern: string): PatternNode | PatternFault {
  const reader: Reader = { characters: [...pattern], at: 0, depth: 0, fault: undefined };
  const node = readChoice(reader);
  if (peek(reader) === ")") fail(reader, reader.at, "`)` without its `(`", "a group, or `\\)`");
  return reader.fault ?? node;
}

export function isPatternFault(read: PatternNode | PatternFault): read is PatternFault {
  return "position" in read;
}

const nothing: PatternNode = { type: "sequence", of: [] };

function fail(reader: Reader, at: number, found: string, expected: string): PatternNode {
  reader.fault ??= { position: at + 1, found, expected };
  reader.at = reader.characters.length;
  return nothing;
}

function peek({ characters, at }: Reader): string | undefined {
  return characters[at];
}

function take(reader: Reader, character: string): boolean {
  if (peek(reader) !== character) return false;
  reader.at += 1;
  return true;
}

function readChoice(reader: Reader): PatternNode {
  const of = [readSequence(reader)];
  while (take(reader, "|")) of.push(readSequence(reader));
  const [only = nothing] = of;
  return of.length === 1 ? only : { type: "choice", of };
}

function readSequence(reader: Reader): PatternNode {
  const of: PatternNode[] = [];
  for (let next = peek(reader); next !== undefined && next !== "|" && next !== ")"; next = peek(reader))
    of.push(readRepeat(reader));
  return { type: "sequence", of };
}

function readRepeat(reader: Reader): PatternNode {
  const node = readAtom(reader);
  const begin = reader.at;
  const times = readTimes(reader);
  if (times === undefined) return node;
  if (node.type === "start" || node.type === "end")
    return fail(reader, begin, "a repetition of `^` or `$`", "something to repeat before it");
  take(reader, "?");
  return { type: "repeat", of: node, ...times };
}

function readTimes(reader: Reader): { readonly least: number; readonly most: number | null } | undefined {
  if (take(reader, "*")) return { least: 0, most: null };
  if (take(reader, "+")) return { least: 1, most: null };
  if (take(reader, "?")) return { least: 0, most: 1 };
  const begin = reader.at;
  if (!take(reader, "{")) return undefined;
  const least = readNumber(reader);
  const most = !take(reader, ",") ? least : peek(reader) === "}" ? null : readNumber(reader);
  if (least === undefined || most === undefined || !take(reader, "}")) {
    fail(reader, begin, "`{`", "a repetition such as {2,5}, or `\\{`");
    return undefined;
  }
  if (least > mostRepeats || (most !== null && (most < least || most > mostRepeats))) {
    const expected = `{low,high} with low not above high and both at most ${mostRepeats}`;
    fail(reader, begin, `{${least},${most ?? ""}}`, expected);
    return undefined;
  }
  return { least, most };
}

function readNumber(reader: Reader): number | undefined {
  let text = "";
  for (let next = peek(reader); next !== undefined && /^[0-9]$/.test(next); next = peek(reader)) {
    text += next;
    reader.at += 1;
  }
  return text === "" ? undefined : Number(text);
}

function readAtom(reader: Reader): PatternNode {
  const begin = reader.at;
  const next = peek(reader) ?? "";
  reader.at += 1;
  switch (next) {
    case "^":
      return { type: "start" };
    case "$":
      return { type: "end" };
    case ".":
      return { type: "characters", ranges: lineEnds, negated: true };
    case "(":
      return readGroup(reader, begin);
    case "[":
      return readClass(reader, begin);
    case "\\":
      return { type: "characters", ranges: readEscape(reader, begin), negated: false };
    case "*":
    case "+":
    case "?":
      return fail(reader, begin, `\`${next}\``, `something to repeat before it, or \`\\${next}\``);
    case "{":
    case "}":
    case "]":
      return fail(reader, begin, `\`${next}\``, `\`\\${next}\` where the character itself is meant`);
    default:
      return { type: "characters", ranges: single(codePoint(next)), negated: false };
  }
}

function readGroup(reader: Reader, begin: number): PatternNode {
  if (reader.depth >= deepestGroups)
    return fail(reader, begin, "deeper nesting", `at most ${deepestGroups} groups inside each other`);
  if (take(reader, "?") && !take(reader, ":")) {
    const found = `\`(?${reader.characters.slice(reader.at, reader.at + 2).join("")}\``;
    return fail(reader, begin, found, "a plain group: ( ) or (?: ); none that looks around or has a name");
  }
  reader.depth += 1;
  const node = readChoice(reader);
  reader.depth -= 1;
  return take(reader, ")") ? node : fail(reader, begin, "`(` without its `)`", "a closed group, or `\\(`");
}

function readClass(reader: Reader, begin: number): PatternNode {
  const negated = take(reader, "^");
  const ranges: (readonly [number, number])[] = [];
  while (!take(reader, "]")) {
    if (peek(reader) === undefined)
      return fail(reader, begin, "`[` without its `]`", "a closed class, or `\\[`");
    const at = reader.at;
    const low = readClassCharacter(reader);
    if (peek(reader) !== "-" || reader.characters[reader.at + 1] === "]") {
      ranges.push(...low);
      continue;
    }
    reader.at += 1;
    if (peek(reader) === undefined) continue;
    const [from, to] = [onlyOne(low), onlyOne(readClassCharacter(reader))];
    if (from === undefined || to === undefined || from > to)
      return fail(reader, at, "a range that has no order", "a range from a lower to a higher character");
    ranges.push([from, to]);
  }
  if (ranges.length === 0)
    return fail(reader, begin, "an empty class", "at least one character between [ and ]");
  return { type: "characters", ranges, negated };
}

function readClassCharacter(reader: Reader): Ranges {
  const begin = reader.at;
  const next = peek(reader) ?? "";
  reader.at += 1;
  return next === "\\" ? readEscape(reader, begin, true) : single(codePoint(next));
}

function readEscape(reader: Reader, begin: number, inClass = false): Ranges {
  const next = peek(reader) ?? "";
  reader.at += 1;
  const ranges = Object.hasOwn(classEscapes, next) ? classEscapes[next] : undefined;
  if (ranges !== undefined) return ranges;
  const control = Object.hasOwn(controlEscapes, next) ? controlEscapes[next] : undefined;
  if (control !== undefined) return single(control);
  if (next === "x" || next === "u") return single(readCodePoint(reader, begin, next));
  if (syntaxCharacters.includes(next) || (inClass && next === "-")) return single(codePoint(next));
  const found = next === "" ? "a `\\` at the end" : `\`\\${next}\``;
  const expected = /^[1-9k]$/.test(next)
    ? "no reference to a group: they cannot be found in linear time"
    : "one of \\d \\w \\s \\D \\W \\S \\t \\n \\r \\f \\v \\xHH \\uHHHH, or a character of the syntax after `\\`";
  fail(reader, begin, found, expected);
  return single(0);
}

function readCodePoint(reader: Reader, begin: number, letter: "x" | "u"): number {
  const rest = reader.characters.slice(reader.at, reader.at + 9).join("");
  const match = (letter === "x" ? /^([\da-f]{2})/i : /^(?:([\da-f]{4})|\{([\da-f]{1,6})\})/i).exec(rest);
  const point = Number.parseInt(match?.[1] ?? match?.[2] ?? "", 16);
  if (match === null || !(point <= lastCodePoint)) {
    fail(reader, begin, `\`\\${letter}\``, "\\xHH, \\uHHHH or \\u{H} with hexadecimal digits");
    return 0;
  }
  reader.at += match[0].length;
  return point;
}

function onlyOne(ranges: Ranges): number | undefined {
  const [first] = ranges;
  return first !== undefined && ranges.length === 1 && first[0] === first[1] ? first[0] : undefined;
}

function single(point: number): Ranges {
  return [[point, point]];
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}
