import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip, zstdCompress } from "node:zlib";
import type { Engine } from "./engine.ts";
import { type RequestLine, readForm, readRequestLine, readText, spoolBody } from "./request.ts";
import { insertFromFile, readStatement } from "./statement.ts";

const maxStatementBytes = 64 * 1024 * 1024;
const compressors = { gzip: promisify(gzip), zstd: promisify(zstdCompress) };

/**
 * ClickHouse's HTTP interface over the engine, as far as usual clients need it. Any user and password are
 * welcome, and SQL can read files: listen on loopback only.
 */
export function createFront(engine: Engine, spoolDir: string): Server {
  // What an earlier process had not finished receiving was never acknowledged.
  rmSync(spoolDir, { recursive: true, force: true });
  mkdirSync(spoolDir, { recursive: true });
  return createServer({ keepAliveTimeout: 10_000, requestTimeout: 0 }, (request, response) => {
    answer(engine, spoolDir, request, response).catch((error: unknown) =>
      fail(engine, request, response, error),
    );
  });
}

async function answer(engine: Engine, spoolDir: string, request: IncomingMessage, response: ServerResponse) {
  const address = new URL(request.url ?? "/", "http://localhost");
  const isProbe = ["/ping", "/replicas_status"].includes(address.pathname);
  if (isProbe || (request.method === "GET" && !address.searchParams.has("query"))) {
    response.setHeader("Content-Type", "text/html; charset=UTF-8");
    response.end("Ok.\n");
    return;
  }
  const line = readRequestLine(address, request.headers);
  const spool = join(spoolDir, randomUUID());
  try {
    const sql = await receive(line, request, spool);
    const statement = readStatement(sql);
    const format = statement.format ?? line.format ?? "TabSeparated";
    // As with the real server, GET only reads.
    if (request.method === "GET") line.settings.set("readonly", "2");
    const queryId = line.queryId ?? randomUUID();
    const result = await engine.run({
      ...line,
      sql,
      format: line.format ?? "TabSeparated",
      isForSession: statement.isForSession,
    });
    response.setHeader("X-ClickHouse-Query-Id", queryId);
    response.setHeader("X-ClickHouse-Format", format);
    response.setHeader("X-ClickHouse-Timezone", "UTC");
    const summary = {
      read_rows: String(result.rowsRead),
      read_bytes: String(result.bytesRead),
      elapsed_ns: String(Math.round(result.elapsed * 1e9)),
    };
    response.setHeader("X-ClickHouse-Summary", JSON.stringify(summary));
    response.setHeader("Content-Type", contentType(format));
    await send(line, request, response, Buffer.from(result.bytes()));
  } finally {
    await rm(spool, { force: true });
  }
}

/** Resolves to the statement to run, its data, if any, being in `spool`. */
async function receive(line: RequestLine, request: IncomingMessage, spool: string): Promise<string> {
  const inAddress = readStatement(line.query);
  if (inAddress.insert) {
    await spoolBody(request, spool, inAddress.insert.inlineData);
    return insertFromFile(inAddress.insert, spool);
  }
  const body = await readText(request, maxStatementBytes);
  const type = request.headers["content-type"] ?? "";
  let text = body.toString();
  if (type.startsWith("multipart/form-data")) {
    const form = await readForm(type, body);
    for (const [name, value] of form) {
      if (name.startsWith("param_")) line.parameters.set(name.slice("param_".length), value);
    }
    text = form.get("query") ?? "";
  }
  const sql = inAddress.isEmpty ? text : `${line.query}\n${text}`;
  const statement = readStatement(sql);
  if (statement.isEmpty) throw new Error("Code: 62. DB::Exception: Empty query. (SYNTAX_ERROR)");
  if (statement.isMultiple) {
    throw new Error("Code: 62. DB::Exception: Multi-statements are not allowed. (SYNTAX_ERROR)");
  }
  if (!statement.insert) return sql;
  await writeFile(spool, statement.insert.inlineData);
  return insertFromFile(statement.insert, spool);
}

async function send(line: RequestLine, request: IncomingMessage, response: ServerResponse, body: Buffer) {
  const accepted = String(request.headers["accept-encoding"] ?? "");
  const codec = (["zstd", "gzip"] as const).find((name) => line.compressAnswer && accepted.includes(name));
  if (codec) response.setHeader("Content-Encoding", codec);
  response.end(codec ? await compressors[codec](body) : body);
}

// What the real server answers; every other code is 500.
const codesOfStatus: Readonly<Record<number, readonly number[]>> = {
  400: [6, 26, 27, 38, 41, 43, 44, 53, 62, 69, 72, 73, 117, 386, 456, 457],
  404: [46, 47, 60, 81, 115],
  501: [48],
};

function statusOf(code: number): number {
  const found = Object.entries(codesOfStatus).find(([, codes]) => codes.includes(code));
  return found ? Number(found[0]) : 500;
}

function fail(engine: Engine, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (request.destroyed && !request.complete) return;
  const message = error instanceof Error ? error.message : String(error);
  const text = /^Code: \d+/.test(message)
    ? message
    : `Code: 1002. DB::Exception: ${message}. (UNKNOWN_EXCEPTION)`;
  const code = Number(/^Code: (\d+)/.exec(text)?.[1]);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.statusCode = statusOf(code);
  response.setHeader("X-ClickHouse-Exception-Code", String(code));
  response.setHeader("Content-Type", "text/plain; charset=UTF-8");
  // What is left of the body is not read, so the connection cannot serve another request.
  if (!request.complete) response.setHeader("Connection", "close");
  response.end(`${text.trimEnd()} (version ${engine.version})\n`);
}

function contentType(format: string): string {
  if (/^JSON(Compact)?(Strings)?$/.test(format)) return "application/json; charset=UTF-8";
  if (/EachRow/.test(format)) return "application/x-ndjson; charset=UTF-8";
  if (format.startsWith("CSV")) return "text/csv; charset=UTF-8; header=absent";
  return "text/tab-separated-values; charset=UTF-8";
}
