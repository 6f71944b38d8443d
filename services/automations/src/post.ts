/** HTTP, as little of it as webhooks need. */
import type { Outcome } from "./attempt.ts";

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  /** Cuts the request off. */
  readonly signal: AbortSignal;
}

/** Never rejects: what goes wrong is an outcome. */
export type Post = (request: PostRequest) => Promise<Outcome>;

/** Read of an answer at most, and kept of it, in bytes and characters. */
const readBytes = 16_384;
const keptCharacters = 300;

export const postOverHttp: Post = async ({ url, headers, body, timeoutMs, signal }) => {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal: AbortSignal.any([signal, timeout]),
    });
    // The status decides: an answer that breaks off behind it is an answer.
    const text = await beginningOf(response).catch(() => "");
    return { status: response.status, retryAfter: response.headers.get("retry-after"), text };
  } catch (error) {
    if (timeout.aborted) return { failure: "timeout" };
    return { failure: signal.aborted ? "cut off" : codeOf(error) };
  }
};

/** Reads a short answer to its end, so that the connection can be used again; a long one is left. */
async function beginningOf(response: Response): Promise<string> {
  if (response.body === null) return "";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > readBytes) break;
  }
  const text = Buffer.concat(chunks).toString().replaceAll(/\s+/g, " ").trim();
  return text.slice(0, keptCharacters);
}

/** The innermost code: messages may hold the address, and the address a secret. */
function codeOf(error: unknown): string {
  let code = "failed";
  let current = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    const { code: given } = current as Error & { readonly code?: unknown };
    if (typeof given === "string") code = given;
    current = current.cause;
  }
  return code;
}
