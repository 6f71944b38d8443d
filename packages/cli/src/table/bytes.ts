/** The bytes and texts of a file, gzip or not. */
import { createReadStream, type ReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { TableError } from "./table.ts";

const chunkBytes = 262_144;
const headBytes = 65_536;

/** The file as text: UTF-8, or UTF-16 where a byte order mark says so; the mark itself is left out. */
export async function* readText(
  file: string,
  onBytes: (bytes: number) => void = () => {},
): AsyncGenerator<string, void, undefined> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  try {
    const { source, bytes } = await openBytes(file);
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      onBytes(source.bytesRead);
      decoder ??= new TextDecoder(isUtf16(chunk) ? "utf-16le" : "utf-8");
      yield decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    throw new TableError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  yield decoder?.decode() ?? "";
}

/** The beginning of the text, at least one whole line of it where there is one. */
export async function readHead(file: string): Promise<string> {
  let head = "";
  for await (const text of readText(file)) {
    head += text;
    if (head.length >= headBytes || /\S[^\r\n]*[\r\n]/.test(head)) break;
  }
  return head;
}

/** The first bytes of the file as they are stored. */
export async function readMagic(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** `source` is the file as it is stored, `bytes` what it means. */
async function openBytes(file: string): Promise<{ readonly source: ReadStream; readonly bytes: Readable }> {
  const [first, second] = await readMagic(file);
  const source = createReadStream(file, { highWaterMark: chunkBytes });
  if (first !== 0x1f || second !== 0x8b) return { source, bytes: source };
  return { source, bytes: pipeline(source, createGunzip({ chunkSize: chunkBytes }), () => {}) };
}

function isUtf16(chunk: Buffer): boolean {
  return chunk[0] === 0xff && chunk[1] === 0xfe;
}
