import type { FastifyRequest } from "fastify";
import { readDocumentText } from "../document-text.ts";
import { refuse } from "../problem.ts";
import type { TextDocument } from "../text-document.ts";

/** The documents of a body; refuses with every place where it cannot be read. */
export function documentsOf(request: FastifyRequest): readonly TextDocument[] {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const mediaType = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const { documents, faults } = readDocumentText(body, mediaType);
  if (faults.length === 0) return documents;
  return refuse("unreadable-document", "The body cannot be read; nothing was written.", {
    faults: faults.map((fault) => ({ definition: "the body", path: "", ...fault })),
  });
}
