/**
 * Rows as one block of ClickHouse's Native format: column after column, which the server takes over nearly as they
 * are (https://clickhouse.com/docs/interfaces/formats/Native). A text costs its bytes, a number its width.
 */

export interface Column {
  readonly name: string;
  /** As `system.columns` tells it. */
  readonly type: string;
}

type Row = Readonly<Record<string, unknown>>;
type WriteValue = (into: BlockWriter, value: unknown) => void;

interface ColumnWriter {
  /** What the block calls it; the server turns it into what the table has. */
  readonly type: string;
  write(into: BlockWriter, name: string, rows: readonly Row[]): void;
}

/**
 * The block of these columns, every row having all of them; undefined where a type or a value is none that is written
 * here, so that it has to go another way.
 */
export function nativeBlock(columns: readonly Column[], rows: readonly Row[]): Buffer | undefined {
  const writers = columns.map(({ type }) => columnWriter(type));
  const into = new BlockWriter(rows.length * 256);
  try {
    into.varint(columns.length);
    into.varint(rows.length);
    for (const [at, { name }] of columns.entries()) {
      const writer = writers[at];
      if (writer === undefined) return undefined;
      into.text(name);
      into.text(writer.type);
      writer.write(into, name, rows);
    }
  } catch (error) {
    if (error instanceof NotNative) return undefined;
    throw error;
  }
  return into.written();
}

/** A value that its column does not hold as it is: the server decides. */
class NotNative extends Error {}

function columnWriter(type: string): ColumnWriter | undefined {
  const inner = /^LowCardinality\((.*)\)$/.exec(type)?.[1] ?? type;
  if (inner === "Map(String, String)") return { type: inner, write: writeMaps };
  const plain = /^Nullable\((.*)\)$/.exec(inner)?.[1];
  const write = valueWriters.get((plain ?? inner).replace(/^DateTime64\(3(, '[^']*')?\)$/, "DateTime64(3)"));
  if (write === undefined) return undefined;
  const empty = emptyOf(plain ?? inner);
  return {
    type: inner,
    write(into, name, rows) {
      if (plain === undefined) {
        for (const row of rows) write(into, row[name]);
        return;
      }
      for (const row of rows) into.byte(present(row[name]) === null ? 1 : 0);
      for (const row of rows) write(into, row[name] ?? empty);
    },
  };
}

function present(value: unknown): unknown {
  if (value === undefined) throw new NotNative();
  return value;
}

function emptyOf(type: string): unknown {
  return type === "String" ? "" : type === "Bool" ? false : 0;
}

function writeMaps(into: BlockWriter, name: string, rows: readonly Row[]): void {
  const maps = rows.map((row) => {
    const map = row[name];
    if (typeof map !== "object" || map === null) throw new NotNative();
    return Object.entries(map);
  });
  let end = 0;
  for (const entries of maps) {
    end += entries.length;
    into.int64(end);
  }
  for (const entries of maps) for (const [key] of entries) into.text(key);
  for (const entries of maps) for (const [, value] of entries) into.text(textOf(value));
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new NotNative();
  return value;
}

function wholeOf(value: unknown, least: number, most: number): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most)
    throw new NotNative();
  return value;
}

const valueWriters: ReadonlyMap<string, WriteValue> = new Map<string, WriteValue>([
  ["String", (into, value) => into.text(textOf(value))],
  [
    "Bool",
    (into, value) => {
      if (typeof value !== "boolean" && value !== 0) throw new NotNative();
      into.byte(value ? 1 : 0);
    },
  ],
  ["UInt8", (into, value) => into.byte(wholeOf(value, 0, 255))],
  ["UInt32", (into, value) => into.int32(wholeOf(value, 0, 4_294_967_295))],
  ["Int32", (into, value) => into.int32(wholeOf(value, -2_147_483_648, 2_147_483_647))],
  ["UInt64", (into, value) => into.int64(wholeOf(value, 0, Number.MAX_SAFE_INTEGER))],
  ["Int64", (into, value) => into.int64(wholeOf(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER))],
  [
    "Float64",
    (into, value) => {
      if (typeof value !== "number") throw new NotNative();
      into.float64(value);
    },
  ],
  ["DateTime64(3)", (into, value) => into.int64(value === 0 ? 0 : instantOf(value))],
]);

/** Ms since the epoch of `YYYY-MM-DD hh:mm:ss.mmm`, which is in UTC. */
function instantOf(value: unknown): number {
  if (typeof value !== "string" || value.length !== 23) throw new NotNative();
  const digits = (from: number, to: number): number => {
    let number = 0;
    for (let at = from; at < to; at += 1) {
      const digit = value.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) throw new NotNative();
      number = number * 10 + digit;
    }
    return number;
  };
  const day = daysBefore(digits(0, 4), digits(5, 7), digits(8, 10));
  const seconds = (day * 24 + digits(11, 13)) * 3_600 + digits(14, 16) * 60 + digits(17, 19);
  return seconds * 1_000 + digits(20, 23);
}

/** Days from 1970-01-01 to a day (Hinnant, chrono-Compatible Low-Level Date Algorithms, days_from_civil). */
function daysBefore(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

const wordSize = 4_294_967_296;
/** Up to here a loop is faster than the call that encodes any text. */
const shortText = 40;

class BlockWriter {
  private bytes: Buffer;
  private view: DataView;
  private at = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(Math.max(size, 1_024));
    this.view = viewOf(this.bytes);
  }

  written(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  byte(value: number): void {
    this.need(1);
    this.bytes[this.at] = value;
    this.at += 1;
  }

  int32(value: number): void {
    this.need(4);
    this.view.setInt32(this.at, value, true);
    this.at += 4;
  }

  int64(value: number): void {
    this.need(8);
    const high = Math.floor(value / wordSize);
    this.view.setUint32(this.at, value - high * wordSize, true);
    this.view.setInt32(this.at + 4, high, true);
    this.at += 8;
  }

  float64(value: number): void {
    this.need(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  /** LEB128. */
  varint(value: number): void {
    this.need(8);
    let rest = value;
    while (rest > 127) {
      this.bytes[this.at] = (rest % 128) + 128;
      this.at += 1;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.at] = rest;
    this.at += 1;
  }

  /** Its length in bytes, and UTF-8. */
  text(text: string): void {
    if (text.length > shortText || !this.shortAscii(text)) {
      this.varint(Buffer.byteLength(text));
      this.need(text.length * 3);
      this.at += this.bytes.write(text, this.at, "utf8");
    }
  }

  /** False, with nothing written, where a character takes more than a byte. */
  private shortAscii(text: string): boolean {
    const { length } = text;
    this.need(length + 1);
    const { bytes } = this;
    const from = this.at + 1;
    for (let at = 0; at < length; at += 1) {
      const code = text.charCodeAt(at);
      if (code > 127) return false;
      bytes[from + at] = code;
    }
    bytes[this.at] = length;
    this.at = from + length;
    return true;
  }

  private need(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + size));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
    this.view = viewOf(larger);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
