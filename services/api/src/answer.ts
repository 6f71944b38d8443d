/** Whatever went wrong, as a problem; nothing of the inside is told. */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { mediaTypes } from "./document-text.ts";
import { type DocumentFault, type Problem, ProblemError, problem, problemType } from "./problem.ts";

/** Seconds after which it may be worth trying again. */
const retryAfterSeconds = 5;

export function sendProblem(reply: FastifyReply, answer: Problem): FastifyReply {
  if (answer.status === 503) reply.header("retry-after", retryAfterSeconds);
  return reply.code(answer.status).type(problemType).send(answer);
}

/** Undefined where the service itself is at fault. */
export function problemOf(
  error: FastifyError,
  request: FastifyRequest,
  bodyBytes: number,
): Problem | undefined {
  if (error instanceof ProblemError) return error.problem;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const faults = error.validation.map(({ instancePath, message = "something else" }) => {
      const path = instancePath.slice(1).replaceAll("/", ".");
      return faultOf(path, given(request, error.validationContext, path), message);
    });
    return problem("wrong-request", "The address does not say what it should.", { faults });
  }
  if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return problem("too-large", `A body holds ${bodyBytes} bytes at most.`);
  if (error.code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") {
    const found = request.headers["content-type"];
    const is =
      found === undefined ? "There is no content-type" : `The content-type is ${JSON.stringify(found)}`;
    return problem("unknown-type", `${is}; expected one of ${mediaTypes.join(", ")}.`);
  }
  const { statusCode = 500 } = error;
  return statusCode >= 400 && statusCode < 500
    ? { ...problem("wrong-request", `${error.message}.`), status: statusCode }
    : undefined;
}

function faultOf(path: string, found: unknown, expected: string): DocumentFault {
  return { definition: "the address", path, found: JSON.stringify(found) ?? "nothing", expected };
}

/** The part of the address that was not as it should be. */
function given(request: FastifyRequest, context: string | undefined, path: string): unknown {
  const part = context === "params" ? request.params : request.query;
  const value = (part as Readonly<Record<string, unknown>> | undefined)?.[path];
  return typeof value === "string" ? value.slice(0, 100) : value;
}
