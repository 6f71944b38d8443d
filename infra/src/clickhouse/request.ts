import { createWriteStream } from "node:fs";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Readable, type Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import type { SessionRequest } from "./sessions.ts";

/** What a request says beside its body, sorted as ClickHouse's HTTP interface does. */
export interface RequestLine {
  readonly query: string;
  readonly database?: string;
  readonly queryId?: string;
  readonly format?: string;
  readonly compressAnswer: boolean;
  readonly session?: SessionRequest;
  readonly parameters: Map<string, string>;
  readonly settings: Map<string, string>;
}

// Parameters of the HTTP interface that are no settings of the engine and need nothing from it.
const ofTheInterface = new Set(
  [
    "query database default_format query_id user password quota_key role client_protocol_version",
    "session_id session_timeout session_check compress decompress enable_http_compression",
    "http_zlib_compression_level buffer_size wait_end_of_query stacktrace",
    "send_progress_in_http_headers http_headers_progress_interval_ms async_insert wait_for_async_insert",
  ]
    .join(" ")
    .split(" "),
);

// Native blocks are those of version 0. clickhouse-connect asks for this version to see whether it gets it, and does
// without; a client of a newer one would read the blocks wrong.
const probedProtocolVersion = 54405;

function isNotServed(name: string, value: string): boolean {
  if (name === "compress" || name === "decompress") return ["1", "true"].includes(value);
  return name === "client_protocol_version" && Number(value) > probedProtocolVersion;
}

/**
 * Database and format may stand in headers, which go before the address. Throws, in the words of the engine, when
 * something is asked for that this front does not do.
 */
export function readRequestLine(address: URL, headers: IncomingHttpHeaders): RequestLine {
  const parameters = new Map<string, string>();
  const settings = new Map<string, string>();
  for (const [name, value] of address.searchParams) {
    if (name.startsWith("param_")) parameters.set(name.slice("param_".length), value);
    else if (isNotServed(name, value)) {
      throw new Error(
        `Code: 48. DB::Exception: ${name}=${value} is not supported by the local stack. (NOT_IMPLEMENTED)`,
      );
    } else if (!ofTheInterface.has(name)) settings.set(name, value);
  }
  const given = (name: string) => address.searchParams.get(name) || undefined;
  const inHeader = (name: string) => headers[name]?.toString() || undefined;
  const database = inHeader("x-clickhouse-database") ?? given("database");
  const queryId = given("query_id");
  const format = inHeader("x-clickhouse-format") ?? given("default_format");
  const sessionId = given("session_id");
  const session = sessionId && {
    id: sessionId,
    timeoutSeconds: Number(given("session_timeout") ?? 60),
    mustExist: given("session_check") === "1",
  };
  return {
    query: given("query") ?? "",
    ...(database === undefined ? {} : { database }),
    ...(queryId === undefined ? {} : { queryId }),
    ...(format === undefined ? {} : { format }),
    ...(session ? { session } : {}),
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
