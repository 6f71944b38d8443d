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

const idField = /(?:id|no|key|number|customer|company|client|contact|user|member|account|subject)$/i;

const maxDepth = 64;

/** Whether a value, at any depth, in JSON within text too, is the id or the key of the subject. */
export function valueMentions(value: unknown, subject: Named): boolean {
  return walk(value, "", subject, maxDepth);
}

function walk(value: unknown, field: string, subject: Named, depth: number): boolean {
  if (depth === 0) return false;
  if (typeof value === "string") return textMentions(value, field, subject, depth);
  if (typeof value === "number" || typeof value === "bigint")
    return String(value) === subject.id && idField.test(field);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  if (Array.isArray(value)) return value.some((item) => walk(item, field, subject, depth - 1));
  return Object.entries(value).some(
    ([name, item]) => (name === subject.id && isTelling(subject)) || walk(item, name, subject, depth - 1),
  );
}

function textMentions(text: string, field: string, subject: Named, depth: number): boolean {
  const trimmed = text.trim();
  if (trimmed === subjectKey(subject.kind, subject.id)) return true;
  if (trimmed === subject.id) return isTelling(subject) || idField.test(field);
  if (!/^[[{]/.test(trimmed)) return false;
  try {
    return walk(JSON.parse(trimmed), field, subject, depth - 1);
  } catch {
    return rawMentions(Buffer.from(text), subject);
  }
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

function isTelling({ id }: Named): boolean {
  return id.length >= tellingCharacters;
}

/** Letters and digits, and what is beyond ASCII. */
function isWord(byte: number | undefined): boolean {
  return byte !== undefined && (byte >= 0x80 || /[0-9A-Za-z]/.test(String.fromCharCode(byte)));
}
