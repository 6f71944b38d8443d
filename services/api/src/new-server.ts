/** A server without routes: its limits, and what it says to those who do not speak HTTP. */
import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import Fastify from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { sendProblem } from "./answer.ts";
import { problem, problemType } from "./problem.ts";

export interface ServerOptions {
  readonly bodyBytes: number;
}

export type Server = ReturnType<typeof newServer>;

/** A subject's id, percent-encoded, in characters at most. */
const maxParameterLength = 3_000;
const requestTimeoutMs = 30_000;

export function newServer({ bodyBytes }: ServerOptions) {
  return Fastify({
    bodyLimit: bodyBytes,
    requestTimeout: requestTimeoutMs,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: maxParameterLength, ignoreTrailingSlash: true },
    frameworkErrors: (error, _request, reply) => {
      void sendProblem(reply, problem("wrong-request", `${error.message}.`));
    },
    clientErrorHandler: (_error, socket) => {
      if (!socket.writable) return;
      const body = JSON.stringify(problem("wrong-request", "This is no HTTP request."));
      socket.end(
        `HTTP/1.1 400 ${STATUS_CODES[400]}\r\nconnection: close\r\ncontent-type: ${problemType}\r\n` +
          `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    },
  }).withTypeProvider<ZodTypeProvider>();
}
