import { createHash } from "node:crypto";
import type { SubjectKind } from "./records.ts";
import { subjectKey } from "./topics.ts";

const salt = "tidemark:";
const shownCharacters = 32;

/**
 * What stands for a subject where its id must not: the first 128 bits of a SHA-256, hexadecimal. A pseudonym: whoever
 * has the id can work it out.
 */
export function subjectHash(kind: SubjectKind, id: string): string {
  return createHash("sha256")
    .update(salt + subjectKey(kind, id))
    .digest("hex")
    .slice(0, shownCharacters);
}

/** The same in ClickHouse, of the columns `subject_kind` and `subject`. */
export const subjectHashSql = `lower(substring(hex(SHA256(concat('${salt}', subject_kind, ':', subject))), 1, ${shownCharacters}))`;
