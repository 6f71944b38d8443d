/** Packed numbers, text and JSON values. Integers are varints (LEB128), signed ones zigzag; within the safe integers. */

const chunkBytes = 65_536;

/**
 * Writes into a chunk of memory that what it finished shares, as memory of its own costs more than what is written. What
 * outgrows the chunk moves to another.
 */
export class ByteWriter {
  #bytes = new Uint8Array(chunkBytes);
  /** Where what is being written begins, and where its next byte goes. */
  #start = 0;
  #length = 0;

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const written = this.#length - this.#start;
    const larger = new Uint8Array(Math.max(chunkBytes, 2 * (written + count)));
    larger.set(this.#bytes.subarray(this.#start, this.#length));
    this.#bytes = larger;
    this.#start = 0;
    this.#length = written;
  }

  unsigned(value: number): void {
    this.#reserve(10);
    const bytes = this.#bytes;
    let at = this.#length;
    let rest = value;
    while (rest >= 0x8000_0000) {
      bytes[at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    // Whole numbers of 31 bits from here on, which shift quickly.
    let bits = rest | 0;
    while (bits >= 0x80) {
      bytes[at++] = (bits & 0x7f) | 0x80;
      bits >>= 7;
    }
    bytes[at++] = bits;
    this.#length = at;
  }

  signed(value: number): void {
    if (value > -0x4000_0000 && value < 0x4000_0000) {
      const bits = value | 0;
      this.unsigned((bits << 1) ^ (bits >> 31));
      return;
    }
    // Twice the number may be beyond the safe integers: the sign and the lowest six bits go first, by themselves.
    const magnitude = value >= 0 ? value : -value - 1;
    this.#reserve(1);
    this.#bytes[this.#length++] = 0x80 | ((magnitude % 64) * 2) | (value < 0 ? 1 : 0);
    this.unsigned(Math.floor(magnitude / 64));
  }

  text(value: string): void {
    const { length } = value;
    this.#reserve(length + 5);
    const start = this.#length;
    if (length < 0x80) {
      this.#bytes[this.#length++] = length;
      for (let index = 0; index < length; index += 1) {
        const unit = value.charCodeAt(index);
        if (unit >= 0x80) break;
        this.#bytes[this.#length++] = unit;
      }
      if (this.#length === start + 1 + length) return;
      this.#length = start;
    }
    const bytes = encoder.encode(value);
    this.unsigned(bytes.length);
    this.raw(bytes);
  }

  /** A JSON value; short forms for the usual scalars. */
  value(value: unknown): void {
    if (value === null) this.unsigned(0);
    else if (value === false) this.unsigned(1);
    else if (value === true) this.unsigned(2);
    else if (typeof value === "string" && value.isWellFormed()) {
      this.unsigned(3);
      this.text(value);
    } else if (typeof value === "number" && Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.unsigned(4);
      this.signed(value);
    } else {
      this.unsigned(5);
      this.text(JSON.stringify(value) ?? "null");
    }
  }

  /** Where the next byte goes, from where what is being written begins. */
  get position(): number {
    return this.#length - this.#start;
  }

  /** Bytes from one place up to another. */
  copy(bytes: Uint8Array, from: number, to: number): void {
    const count = to - from;
    if (count > 96) {
      this.raw(bytes.subarray(from, to));
      return;
    }
    this.#reserve(count);
    const into = this.#bytes;
    const moved = this.#length - from;
    for (let at = from; at < to; at += 1) into[at + moved] = bytes[at] ?? 0;
    this.#length += count;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Begins a part that is preceded by its length; answers what `endBlock` wants. Blocks do not nest. */
  beginBlock(): number {
    this.#reserve(1);
    this.#length += 1;
    return this.#length - this.#start;
  }

  /** Answers how long the part is. */
  endBlock(begun: number): number {
    const length = this.#length - this.#start - begun;
    if (length < 0x80) {
      this.#bytes[this.#start + begun - 1] = length;
      return length;
    }
    // The length takes more than the one byte left for it, so what was written moves up.
    const extra = length < 0x4000 ? 1 : length < 0x20_0000 ? 2 : length < 0x1000_0000 ? 3 : 4;
    this.#reserve(extra);
    const from = this.#start + begun;
    this.#bytes.copyWithin(from + extra, from, this.#length);
    const end = this.#length + extra;
    this.#length = from - 1;
    this.unsigned(length);
    this.#length = end;
    return length;
  }

  /** What was written; the writer begins anew behind it. */
  finish(): Uint8Array {
    const bytes = this.#bytes;
    const from = this.#start;
    const length = this.#length - from;
    if (length <= chunkBytes / 8) {
      this.#start = this.#length;
      return new Uint8Array(bytes.buffer, from, length);
    }
    // Few others would share a chunk with it, and each of them would keep all of it.
    const own = bytes.slice(from, this.#length);
    if (bytes.length > chunkBytes) {
      this.#bytes = new Uint8Array(chunkBytes);
      this.#start = 0;
    }
    this.#length = this.#start;
    return own;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class ByteReader {
  #bytes: Uint8Array;
  #end: number;
  #at: number;

  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
  }

  /** Reads other bytes from now on. */
  moveTo(bytes: Uint8Array, from: number, to: number): void {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
  }

  /** Where the next byte is read. */
  get position(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** Past so many bytes. */
  skip(count: number): void {
    this.#at += count;
    if (this.#at > this.#end) throw new RangeError("the packed state ends too early");
  }

  unsigned(): number {
    const bytes = this.#bytes;
    const first = bytes[this.#at] ?? 0;
    if (first < 0x80) {
      this.skip(1);
      return first;
    }
    let value = 0;
    let scale = 1;
    let at = this.#at;
    for (;;) {
      if (at >= this.#end) throw new RangeError("the packed state ends too early");
      const byte = bytes[at++] ?? 0;
      if (byte < 0x80) {
        this.#at = at;
        return value + byte * scale;
      }
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
    }
  }

  signed(): number {
    if (this.#at >= this.#end) throw new RangeError("the packed state ends too early");
    const first = this.#bytes[this.#at++] ?? 0;
    const lowest = (first & 0x7f) >> 1;
    const magnitude = first < 0x80 ? lowest : lowest + this.unsigned() * 64;
    return (first & 1) === 0 ? magnitude : -magnitude - 1;
  }

  /** Past so many numbers, signed or not. */
  skipNumbers(count: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let left = count; left > 0; left -= 1) {
      while ((bytes[at] ?? 0) >= 0x80) at += 1;
      at += 1;
    }
    this.skip(at - this.#at);
  }

  /** Writes all that is left as it is. */
  copyRest(writer: ByteWriter): void {
    writer.copy(this.#bytes, this.#at, this.#end);
    this.#at = this.#end;
  }

  /** Writes so many numbers as they are. */
  copyNumbers(count: number, writer: ByteWriter): void {
    const from = this.#at;
    this.skipNumbers(count);
    writer.copy(this.#bytes, from, this.#at);
  }

  text(): string {
    const bytes = this.raw(this.unsigned());
    if (bytes.length > 32) return decoder.decode(bytes);
    let text = "";
    for (const byte of bytes) {
      if (byte >= 0x80) return decoder.decode(bytes);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  value(): unknown {
    const kind = this.unsigned();
    if (kind === 0) return null;
    if (kind === 1) return false;
    if (kind === 2) return true;
    if (kind === 3) return this.text();
    return kind === 4 ? this.signed() : JSON.parse(this.text());
  }

  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#end) throw new RangeError("the packed state ends too early");
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}
