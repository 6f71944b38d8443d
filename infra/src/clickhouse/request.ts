import { createWriteStream } from "node:fs";
import type { IncomingMessage } from "node:http";
import { Readable, type Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";

/** What the address of a request says, sorted as ClickHouse's HTTP interface does. */
export interface RequestLine {
  readonly query: string;
  readonly database?: string;
  readonly queryId?: string;
  readonly format?: string;
  readonly compressAnswer: boolean;
  readonly parameters: Map<string, string>;
  readonly settings: Map<string, string>;
}

// Parameters of the HTTP interface that are no settings of the engine and need nothing from it.
const ofTheInterface = new Set(
  [
    "query database default_format query_id user password quota_key role client_protocol_version session_timeout",
    "session_check enable_http_compression http_zlib_compression_level buffer_size wait_end_of_query stacktrace",
    "send_progress_in_http_headers http_headers_progress_interval_ms async_insert wait_for_async_insert",
  ]
    .join(" ")
    .split(" "),
);

/** Throws, in the words of the engine, when something is asked for that this front does not do. */
export function readRequestLine(address: URL): RequestLine {
  const parameters = new Map<string, string>();
  const settings = new Map<string, string>();
  for (const [name, value] of address.searchParams) {
    if (name.startsWith("param_")) parameters.set(name.slice("param_".length), value);
    else if (name === "session_id" || name === "compress" || name === "decompress") {
      throw new Error(
        `Code: 48. DB::Exception: ${name} is not supported by the local stack. (NOT_IMPLEMENTED)`,
      );
    } else if (!ofTheInterface.has(name)) settings.set(name, value);
  }
  const given = (name: string) => address.searchParams.get(name) || undefined;
  const database = given("database");
  const queryId = given("query_id");
  const format = given("default_format");
  return {
    query: given("query") ?? "",
    ...(database === undefined ? {} : { database }),
    ...(queryId === undefined ? {} : { queryId }),
    ...(format === undefined ? {} : { format }),
    compressAnswer: ["1", "true"].includes(given("enable_http_compression") ?? ""),
    parameters,
    settings,
  };
}

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** The body as it was before its Content-Encoding. */
function decodeBody(request: IncomingMessage): readonly [IncomingMessage, ...Transform[]] {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return [request];
  const decoder = decoders[encoding];
  if (!decoder) throw new Error(`Code: 48. DB::Exception: Content-Encoding ${encoding}. (NOT_IMPLEMENTED)`);
  return [request, decoder()];
}

/** Writes the body to a file. Rejects when the client goes away in the middle: half a body is never inserted. */
export async function spoolBody(request: IncomingMessage, path: string, before = ""): Promise<void> {
  const file = createWriteStream(path);
  if (before !== "") file.write(before);
  await pipeline([...decodeBody(request), file]);
}

/** SQL text in memory, at most `limitBytes`. */
export async function readText(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      length += chunk.length;
      const isTooLong = length > limitBytes;
      done(
        isTooLong ? new Error("Code: 62. DB::Exception: The statement is too long. (SYNTAX_ERROR)") : null,
      );
    },
  });
  await pipeline([...decodeBody(request), sink]);
  return Buffer.concat(chunks);
}

/** The parts of a multipart form: the client sends many or long parameters that way. */
export async function readForm(contentType: string, body: Buffer): Promise<ReadonlyMap<string, string>> {
  const stream = Readable.toWeb(Readable.from([body])) as ReadableStream;
  const form = await new Response(stream, { headers: { "content-type": contentType } }).formData();
  return new Map(
    [...form].flatMap(([name, value]) => (typeof value === "string" ? [[name, value] as const] : [])),
  );
}
