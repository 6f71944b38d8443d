/**
 * Records in the Confluent wire format: 0x00, the id of the writer's schema (int32, big-endian), Avro. The writer's
 * schema comes from the registry's HTTP API; records that `schemas/` has are resolved to what stands there.
 */
import { readdirSync, readFileSync } from "node:fs";
import avro from "avsc";

interface AvroRecord {
  /** Full name of the record. */
  readonly type: string;
  readonly value: unknown;
}

export interface AvroReader {
  /** Undefined for what nobody can read. Rejects where the registry does not answer. */
  read(bytes: Buffer): Promise<AvroRecord | undefined>;
}

const headerBytes = 5;
const schemaFolder = new URL("../../../../../schemas/", import.meta.url);

interface Resolved {
  readonly type: string;
  readonly decode: (body: Buffer) => unknown;
}

export function createAvroReader(registryUrl: string): AvroReader {
  const ours = ownTypes();
  const byId = new Map<number, Promise<Resolved | undefined>>();
  const resolve = async (id: number): Promise<Resolved | undefined> => {
    const response = await fetch(`${registryUrl}/schemas/ids/${id}`);
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`the schema registry answered ${response.status} for the schema ${id}`);
    const { schema } = (await response.json()) as { readonly schema: string };
    const writer = avro.Type.forSchema(JSON.parse(schema));
    const reader = ours.get(writer.name ?? "");
    if (reader === undefined) return { type: writer.name ?? "", decode: (body) => writer.fromBuffer(body) };
    const resolver = reader.createResolver(writer);
    return { type: writer.name ?? "", decode: (body) => reader.fromBuffer(body, resolver) };
  };
  return {
    async read(bytes) {
      if (bytes.length < headerBytes || bytes[0] !== 0) return undefined;
      const id = bytes.readInt32BE(1);
      const resolved = byId.get(id) ?? resolve(id);
      byId.set(id, resolved);
      const found = await resolved;
      if (found === undefined) return undefined;
      try {
        return { type: found.type, value: found.decode(bytes.subarray(headerBytes)) };
      } catch {
        return undefined;
      }
    },
  };
}

/** The public schemas, by the full name of the record. */
function ownTypes(): ReadonlyMap<string, avro.Type> {
  const files = readdirSync(schemaFolder).filter((name) => name.endsWith(".avsc"));
  return new Map(
    files.map((name) => {
      const type = avro.Type.forSchema(JSON.parse(readFileSync(new URL(name, schemaFolder), "utf8")));
      return [type.name ?? "", type];
    }),
  );
}
