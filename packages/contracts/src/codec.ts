/**
 * Records to bytes and back, in the Confluent wire format: 0x00, the schema's id (int32, big-endian), Avro.
 * What was written with another version of a schema is resolved to ours; readers are cached by schema id.
 */
import { readFileSync } from "node:fs";
import { COMPATIBILITY, SchemaRegistry, SchemaType } from "@kafkajs/confluent-schema-registry";
import type avro from "avsc";
import { boundedType } from "./bounded-avro.ts";

const magicByte = 0;
const headerBytes = 5;

/** Instances that start at once get in each other's way for a moment. */
const registrations = 8;
const registrationDelayMs = 50;

/** Files under `schemas/`, by the full name of the record they define. */
const schemaFiles: Readonly<Record<string, string>> = {
  "tidemark.source.OrderEvent": "order-event",
  "tidemark.source.InteractionEvent": "interaction-event",
  "tidemark.source.LifecycleEvent": "lifecycle-event",
  "tidemark.log.CustomerEvent": "customer-event",
  "tidemark.log.Clock": "clock",
  "tidemark.log.DefinitionVersion": "definition-version",
  "tidemark.log.LoadBegin": "load-begin",
  "tidemark.log.LoadEnd": "load-end",
  "tidemark.log.RejectedEvent": "rejected-event",
  "tidemark.log.Erasure": "erasure",
  "tidemark.log.MergeRequest": "merge-request",
  "tidemark.log.Merge": "merge",
  "tidemark.log.Unmerge": "unmerge",
  "tidemark.log.Absorb": "absorb",
  "tidemark.changes.SegmentChange": "segment-change",
  "tidemark.changes.Fence": "fence",
  "tidemark.changes.Erased": "erased",
  "tidemark.definitions.DefinitionRecord": "definition-record",
  "tidemark.log.Sweep": "sweep",
  "tidemark.log.SweepApply": "sweep-apply",
  "tidemark.log.SweepBatch": "sweep-batch",
  "tidemark.log.SweepEnd": "sweep-end",
  "tidemark.log.Cuts": "cuts",
  "tidemark.log.Rescore": "rescore",
  "tidemark.log.RescoreEnd": "rescore-end",
};

export interface Decoded {
  /** Full name of the record, as its writer called it. */
  readonly type: string;
  readonly value: unknown;
}

export interface Codec {
  /** Registers the schemas of these records for a topic and keeps their ids. Needed before `encode`. */
  prepare(topic: string, types: readonly string[]): Promise<void>;
  /** Throws where the type was not prepared or the value does not fit its schema. */
  encode(type: string, value: object): Buffer;
  /** Rejects with `UnreadableError` for bytes that nobody can read, with the registry's error where it is away. */
  decode(bytes: Buffer): Promise<Decoded>;
  /** As `decode`, or undefined where the schema is not known yet. */
  decodeSync(bytes: Buffer): Decoded | undefined;
}

/** The bytes themselves are at fault: trying again changes nothing. */
export class UnreadableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UnreadableError";
  }
}

interface Reader {
  readonly name: string;
  read(body: Buffer): unknown;
}

interface RegisteredSchema {
  readonly schema: string;
  /** Absent for Avro. */
  readonly schemaType?: string;
}

/** Where schemas and ids come from. */
interface SchemaSource {
  register(topic: string, name: string, schema: object): Promise<number>;
  /** The writer's schema; null where the registry says there is none of that id. */
  schema(id: number): Promise<object | null>;
}

export interface RegistryOptions {
  /** The base, in Apicurio with `/apis/ccompat/v7`. */
  readonly url: string;
  /** A registry that has not answered by then does not answer, 10,000 ms unless given. */
  readonly timeoutMs?: number;
}

/** A codec over a Confluent-compatible registry. */
export async function createCodec(registry: RegistryOptions): Promise<Codec> {
  const { timeoutMs = 10_000 } = registry;
  const client = new SchemaRegistry({ host: registry.url, retry: { retries: 5 } });
  return codec({
    async register(topic, name, schema) {
      const subject = `${topic}-${name}`;
      const register = async (): Promise<number> => {
        const { id } = await client.register(
          { type: SchemaType.AVRO, schema: JSON.stringify(schema) },
          { subject, compatibility: COMPATIBILITY.BACKWARD },
        );
        return id;
      };
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await register();
        } catch (error) {
          if (!isHalfRegistered(error) || attempt === registrations) throw error;
          await setCompatibility({ url: registry.url, timeoutMs }, subject, COMPATIBILITY.BACKWARD);
          await new Promise((resolve) => setTimeout(resolve, registrationDelayMs * attempt));
        }
      }
    },
    async schema(id) {
      const response = await fetch(`${registry.url}/schemas/ids/${id}`, {
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (response.status === 404) return null;
      if (!response.ok) throw new Error(`the schema registry answered ${response.status}`);
      const { schema, schemaType = "AVRO" } = (await response.json()) as RegisteredSchema;
      if (schemaType !== "AVRO")
        throw new UnreadableError(`the schema with the id ${id} is ${schemaType}, not Avro`);
      return JSON.parse(schema);
    },
  });
}

/**
 * A subject's level is set behind its first schema: another instance is about to do that, or does it in the same moment,
 * or died before it did.
 */
function isHalfRegistered(error: unknown): boolean {
  return error instanceof Error && /!= NONE\)$|rule named 'COMPATIBILITY' already exists/.test(error.message);
}

/** Whether it worked shows at the next registration: somebody else may do the same. */
async function setCompatibility(
  { url, timeoutMs }: Required<RegistryOptions>,
  subject: string,
  compatibility: COMPATIBILITY,
): Promise<void> {
  await fetch(`${url}/config/${encodeURIComponent(subject)}`, {
    method: "PUT",
    headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
    body: JSON.stringify({ compatibility }),
    signal: AbortSignal.timeout(timeoutMs),
  });
}

/** A codec with no registry, for tests: ids follow from the order of `schemaFiles`. */
export function createLocalCodec(): Codec {
  const names = Object.keys(schemaFiles);
  return codec({
    register: async (_topic, name) => names.indexOf(name) + 1,
    schema: async (id) => {
      const name = names[id - 1];
      return name === undefined ? null : readSchema(name);
    },
  });
}

function codec(source: SchemaSource): Codec {
  const writers = new Map<string, { readonly id: number; readonly type: avro.Type }>();
  const readers = new Map<number, Reader>();
  /** Schemas on their way, so that many records of one schema ask once. */
  const fetching = new Map<number, Promise<Reader>>();

  const fetchReader = async (id: number): Promise<Reader> => {
    const schema = await source.schema(id);
    if (schema === null) throw new UnreadableError(`no schema has the id ${id}`);
    const reader = makeReader(schema, id);
    readers.set(id, reader);
    return reader;
  };

  const readerOf = async (id: number): Promise<Reader> => {
    const known = readers.get(id) ?? fetching.get(id);
    if (known) return known;
    const fetched = fetchReader(id).finally(() => fetching.delete(id));
    fetching.set(id, fetched);
    return fetched;
  };

  return {
    async prepare(topic, types) {
      for (const name of types) {
        const schema = readSchema(name);
        const id = await source.register(topic, name, schema);
        writers.set(name, { id, type: boundedType(schema) });
        readers.set(id, makeReader(schema, id));
      }
    },
    encode(name, value) {
      const writer = writers.get(name);
      if (!writer) throw new Error(`${name} was not prepared`);
      const bytes = Buffer.from(written(writer.type, value));
      bytes[0] = magicByte;
      bytes.writeInt32BE(writer.id, 1);
      return bytes;
    },
    async decode(bytes) {
      return decodeWith(await readerOf(schemaIdOf(bytes)), bytes);
    },
    decodeSync(bytes) {
      const reader = readers.get(schemaIdOf(bytes));
      return reader && decodeWith(reader, bytes);
    },
  };
}

function schemaIdOf(bytes: Buffer): number {
  if (bytes.length < headerBytes || bytes[0] !== magicByte) {
    throw new UnreadableError("not in the Confluent wire format: expected 0x00 and a schema id");
  }
  return bytes.readInt32BE(1);
}

function decodeWith(reader: Reader, bytes: Buffer): Decoded {
  try {
    return { type: reader.name, value: reader.read(bytes.subarray(headerBytes)) };
  } catch (error) {
    throw new UnreadableError(`the Avro body of ${reader.name} does not decode`, { cause: error });
  }
}

let scratch = Buffer.alloc(16_384);

/** The body behind room for the header, to be copied before the next call. */
function written(type: avro.Type, value: object): Buffer {
  for (;;) {
    const end = type.encode(value, scratch, headerBytes);
    if (end >= 0) return scratch.subarray(0, end);
    scratch = Buffer.alloc(scratch.length - end);
  }
}

/** Resolves the writer's schema to ours where we know the record, else reads it as it was written. */
function makeReader(schema: object, id: number): Reader {
  try {
    const writer = boundedType(schema);
    const name = writer.name ?? "";
    if (!(name in schemaFiles)) return { name, read: (body) => writer.fromBuffer(body) };
    const ours = boundedType(readSchema(name));
    const resolver = ours.createResolver(writer);
    return { name, read: (body) => ours.fromBuffer(body, resolver) };
  } catch (error) {
    throw new UnreadableError(`the schema with the id ${id} cannot be read as ours`, { cause: error });
  }
}

/** The schema of a record of ours, as in its file. */
function readSchema(name: string): object {
  const file = schemaFiles[name];
  if (file === undefined) throw new Error(`no schema file for ${name}`);
  return JSON.parse(readFileSync(new URL(`../../../schemas/${file}.avsc`, import.meta.url), "utf8"));
}
