/** Bytes of a source record to what they say: Avro in the Confluent wire format, or plain JSON. */
import { isUtf8 } from "node:buffer";
import type { Codec } from "@tidemark/contracts";
import { type EventFault, fault } from "./fault.ts";

export type DecodedSource =
  /** `isOwnShape` where it is Avro of the topic's own record. */
  | { readonly outcome: "decoded"; readonly raw: unknown; readonly isOwnShape?: true }
  | { readonly outcome: "unreadable"; readonly faults: readonly EventFault[] };

export interface SourceDecoder {
  /** Answers undefined where the writer's schema has to be fetched first. */
  decodeSync(value: Buffer | null): DecodedSource | undefined;
  /** Rejects where the registry does not answer. */
  decode(value: Buffer): Promise<DecodedSource>;
}

const avroMagic = 0x00;
const openBrace = 0x7b;
const expected = 'Avro in the Confluent wire format (0x00 and a schema id), or JSON that begins with "{"';

/** Schema ids that nobody knows are asked for again after this, in ms. */
const unknownSchemaMs = 5_000;
const maxUnknownSchemas = 1_000;

/** `recordType` is the full name of the Avro record that the topic carries; others are read where `takesOthers`. */
export function createSourceDecoder(
  codec: Codec,
  recordType: string,
  now: () => number,
  takesOthers = false,
): SourceDecoder {
  /** Until when records of a schema id are unreadable without asking again, and what they are told. */
  const unknown = new Map<number, { readonly until: number; readonly faults: readonly EventFault[] }>();

  const accept = ({ type, value }: { readonly type: string; readonly value: unknown }): DecodedSource => {
    if (type === recordType) return { outcome: "decoded", raw: value, isOwnShape: true };
    if (takesOthers) return { outcome: "decoded", raw: value };
    return unreadable(fault("", type, `a record of ${recordType}`, "unreadable"));
  };

  return {
    decodeSync(value) {
      if (value === null || value.length === 0)
        return unreadable(fault("", undefined, expected, "unreadable"));
      if (value[0] !== avroMagic) return decodeJson(value);
      const id = schemaId(value);
      const refused = id === undefined ? undefined : unknown.get(id);
      if (refused !== undefined && refused.until > now()) return unreadable(...refused.faults);
      try {
        const decoded = codec.decodeSync(value);
        return decoded && accept(decoded);
      } catch (error) {
        return unreadable(avroFault(error));
      }
    },
    async decode(value) {
      try {
        return accept(await codec.decode(value));
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        const refused = unreadable(avroFault(error));
        const id = schemaId(value);
        if (id !== undefined && !isSchemaKnown(codec, value)) {
          if (unknown.size >= maxUnknownSchemas) unknown.clear();
          unknown.set(id, { until: now() + unknownSchemaMs, faults: refused.faults });
        }
        return refused;
      }
    },
  };
}

/** Whether it is the record that is at fault, not its schema. */
function isSchemaKnown(codec: Codec, value: Buffer): boolean {
  try {
    return codec.decodeSync(value) !== undefined;
  } catch {
    return true;
  }
}

function decodeJson(value: Buffer): DecodedSource {
  const start = jsonStart(value);
  if (start === undefined) return unreadable(fault("", describeBytes(value), expected, "unreadable"));
  if (!isUtf8(value)) return unreadable(fault("", "bytes that are not UTF-8", "JSON in UTF-8", "unreadable"));
  try {
    return { outcome: "decoded", raw: parseExactly(value.toString("utf8", start)) };
  } catch (error) {
    return unreadable({ path: "", found: jsonProblem(error), expected: "JSON", reason: "unreadable" });
  }
}

/** Whole numbers beyond 2^53 (ids, mostly) become text, with every digit. */
function parseExactly(text: string): unknown {
  return manyDigits.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

const manyDigits = /\d{16}/;

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const { source = "" } = context ?? {};
  const isRounded = typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source);
  return isRounded ? source : value;
}

/** Where the opening brace stands, behind a byte order mark and white space; undefined where there is none. */
function jsonStart(value: Buffer): number | undefined {
  let at = value[0] === 0xef && value[1] === 0xbb && value[2] === 0xbf ? 3 : 0;
  while (value[at] === 0x20 || value[at] === 0x09 || value[at] === 0x0a || value[at] === 0x0d) at += 1;
  return value[at] === openBrace ? at : undefined;
}

/** Without the text itself, which the engine's own message quotes. */
function jsonProblem(error: unknown): string {
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
  return position === undefined
    ? "text that ends too early"
    : `text that is no JSON at character ${position}`;
}

function avroFault(error: unknown): EventFault {
  const found = error instanceof Error ? error.message : String(error);
  return { path: "", found, expected: "Avro whose schema is registered", reason: "unreadable" };
}

function describeBytes(value: Buffer): string {
  return `${value.length} bytes from 0x${value.toString("hex", 0, 4)}`;
}

function schemaId(value: Buffer): number | undefined {
  return value.length < 5 ? undefined : value.readInt32BE(1);
}

function unreadable(...faults: readonly EventFault[]): DecodedSource & { readonly outcome: "unreadable" } {
  return { outcome: "unreadable", faults };
}

function isUnreadable(error: unknown): boolean {
  return error instanceof Error && error.name === "UnreadableError";
}
