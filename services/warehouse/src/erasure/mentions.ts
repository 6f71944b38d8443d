/**
 * Whether a dead letter is about a subject. Letters are what nobody could make sense of, so the id is looked for
 * wherever it may stand: rather one letter too many goes than one too few.
 */
import { type SubjectKind, subjectKey } from "@tidemark/contracts";

export interface Named {
  readonly kind: SubjectKind;
  readonly id: string;
}

/** A shorter id is like many other texts: it counts only where fields have the name of an id. */
const tellingCharacters = 5;

const idField =
  /(?:id|no|key|number|customer|company|client|contact|user|member|account|subject|into|from)$/i;

const maxDepth = 64;

/** Whether a value, at any depth, in JSON within text too, is the id or the key of the subject. */
export function valueMentions(value: unknown, subject: Named): boolean {
  const key = subjectKey(subject.kind, subject.id);
  return someText(value, "", maxDepth, {
    text: (text, field) => text === key || (text === subject.id && isTelling(text, field)),
    bytes: (bytes) => rawMentions(bytes, subject),
  });
}

/** Longer texts are no ids. */
const maxIdCharacters = 1_000;

/** Whoever a value may name: all whose ids `valueMentions` would find by, and perhaps more. */
export function namedInValue(value: unknown): readonly Named[] {
  const named: Named[] = [];
  const both = (id: string): void => void named.push({ kind: "customer", id }, { kind: "company", id });
  someText(value, "", maxDepth, {
    text(text, field) {
      if (text.length > maxIdCharacters) return false;
      const [, kind, id] = /^(customer|company):(.+)$/.exec(text) ?? [];
      if (kind !== undefined && id !== undefined) named.push({ kind: kind as SubjectKind, id });
      if (isTelling(text, field)) both(text);
      return false;
    },
    bytes(bytes) {
      named.push(...namedInBytes(bytes));
      return false;
    },
  });
  return named;
}

/** The same of bytes that nobody can read: each word, and what stands between blanks, quotes and brackets. */
export function namedInBytes(bytes: Buffer): readonly Named[] {
  const text = bytes.toString();
  const found = [
    ...text.matchAll(/[0-9A-Za-z\u0080-\uffff]+/g),
    ...text.matchAll(/[^\s"'`,;(){}[\]<>=&?\p{Cc}]+/gu),
  ].map(([word]) => word);
  return [...new Set(found)]
    .filter((id) => id.length <= maxIdCharacters)
    .flatMap((id) => [{ kind: "customer", id } as const, { kind: "company", id } as const]);
}

interface TextTest {
  /** `field`: the name that it stands under; empty for what is a name itself. */
  readonly text: (text: string, field: string) => boolean;
  /** What looks like JSON and is none. */
  readonly bytes: (bytes: Buffer) => boolean;
}

/** Whether a test says so of any text, or of any number where fields have the name of an id. */
function someText(value: unknown, field: string, depth: number, test: TextTest): boolean {
  if (depth === 0) return false;
  if (typeof value === "string") return someWithin(value, field, depth, test);
  if (typeof value === "number" || typeof value === "bigint")
    return idField.test(field) && test.text(String(value), field);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  if (Array.isArray(value)) return value.some((item) => someText(item, field, depth - 1, test));
  return Object.entries(value).some(
    ([name, item]) => test.text(name, "") || someText(item, name, depth - 1, test),
  );
}

function someWithin(text: string, field: string, depth: number, test: TextTest): boolean {
  const trimmed = text.trim();
  if (test.text(trimmed, field)) return true;
  if (!/^[[{]/.test(trimmed)) return false;
  let parsed: unknown;
  try {
    parsed = JSON.parse(trimmed);
  } catch {
    return test.bytes(Buffer.from(text));
  }
  return someText(parsed, field, depth - 1, test);
}

/** Whether bytes that nobody can read hold the id, as a word of its own where it is short. */
export function rawMentions(bytes: Buffer, { id }: Named): boolean {
  const wanted = Buffer.from(id);
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
    if (id.length >= tellingCharacters) return true;
    if (!isWord(bytes[at - 1]) && !isWord(bytes[at + wanted.length])) return true;
  }
  return false;
}

function isTelling(id: string, field: string): boolean {
  return id.length >= tellingCharacters || idField.test(field);
}

/** Letters and digits, and what is beyond ASCII. */
function isWord(byte: number | undefined): boolean {
  return byte !== undefined && (byte >= 0x80 || /[0-9A-Za-z]/.test(String.fromCharCode(byte)));
}
