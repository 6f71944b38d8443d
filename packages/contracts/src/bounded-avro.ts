/**
 * Avro types whose lists and maps hold no more items than there are bytes. avsc believes any count it reads, so a
 * record of twenty bytes could keep a process busy for minutes and fill its memory.
 */
import avro from "avsc";

/** What avsc reads from; not part of its published types. */
interface Tap {
  readonly buf: Buffer;
  readonly pos: number;
  readLong(): number;
  skipLong(): void;
  readString(): string;
  skipString(): void;
}

interface Part {
  _read(tap: Tap): unknown;
  _skip(tap: Tap): void;
}

/** The type of a schema, bounded at every depth. Throws where the schema is none. */
export function boundedType(schema: object): avro.Type {
  return avro.Type.forSchema(schema as avro.Schema, { typeHook: boundedCollection });
}

function boundedCollection(schema: avro.Schema, options: object): avro.Type | undefined {
  const type = typeof schema === "object" && "type" in schema ? schema.type : undefined;
  if (type === "array") return new BoundedList(schema as never, options);
  if (type === "map") return new BoundedMap(schema as never, options);
  return undefined;
}

class BoundedList extends avro.types.ArrayType {
  _read(tap: Tap): unknown[] {
    const part = this.itemsType as unknown as Part;
    const items: unknown[] = [];
    eachItem(tap, () => items.push(part._read(tap)));
    return items;
  }

  _skip(tap: Tap): void {
    const part = this.itemsType as unknown as Part;
    eachItem(tap, () => part._skip(tap));
  }
}

class BoundedMap extends avro.types.MapType {
  _read(tap: Tap): Record<string, unknown> {
    const part = this.valuesType as unknown as Part;
    const entries: [string, unknown][] = [];
    eachItem(tap, () => entries.push([tap.readString(), part._read(tap)]));
    return Object.fromEntries(entries);
  }

  _skip(tap: Tap): void {
    const part = this.valuesType as unknown as Part;
    eachItem(tap, () => {
      tap.skipString();
      part._skip(tap);
    });
  }
}

/** Items come in blocks: a count (below zero with the block's bytes behind it), the items, and a zero at the end. */
function eachItem(tap: Tap, take: () => void): void {
  const bytes = tap.buf.length;
  let items = 0;
  for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
    if (count < 0) tap.skipLong();
    items += Math.abs(count);
    if (items > bytes || tap.pos > bytes) throw new Error(`${items} items in ${bytes} bytes`);
    for (let left = Math.abs(count); left > 0; left -= 1) take();
  }
}
