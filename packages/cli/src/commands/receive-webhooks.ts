/** A receiver of webhooks for the demo: checks each signature, keeps the newest and shows them. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";

export interface ReceiverOptions {
  readonly host: string;
  readonly port: number;
  /** As Standard Webhooks writes it: `whsec_` and base64. */
  readonly secret: string;
  /** Wall time in ms. */
  readonly now: () => number;
  readonly onReceived: (id: string, body: string) => void;
}

interface Received {
  readonly id: string;
  readonly receivedAt: string;
  readonly event: unknown;
}

const maxKept = 100;
const maxBodyBytes = 1_048_576;
const toleranceSeconds = 300;

/** `POST /` takes a webhook, `GET /` answers the newest as JSON; each id counts once. Resolves once it listens. */
export function receiveWebhooks(options: ReceiverOptions): Promise<Server> {
  const kept = new Map<string, Received>();
  const server = createServer((request, response) => {
    const answer = (status: number, body: string, type = "text/plain"): void => {
      response.writeHead(status, { "content-type": type }).end(body);
    };
    if (request.method === "GET" && (request.url === "/health" || request.url === "/ready"))
      return answer(200, "ready\n");
    if (request.method === "GET")
      return answer(200, `${JSON.stringify([...kept.values()].reverse(), null, 2)}\n`, "application/json");
    if (request.method !== "POST") return answer(405, "POST a webhook, or GET what came\n");
    readBody(request).then(
      (body) => {
        const id = header(request, "webhook-id");
        if (!isSigned(request, body, options)) return answer(401, "the signature does not match\n");
        if (!kept.has(id)) {
          options.onReceived(id, body);
          kept.set(id, { id, receivedAt: new Date(options.now()).toISOString(), event: parsed(body) });
          if (kept.size > maxKept) kept.delete(kept.keys().next().value ?? "");
        }
        answer(204, "");
      },
      () => answer(413, "the body is too large\n"),
    );
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => resolve(server));
  });
}

/** https://github.com/standard-webhooks/standard-webhooks: HMAC-SHA256 over `id.timestamp.body`. */
function isSigned(request: IncomingMessage, body: string, { secret, now }: ReceiverOptions): boolean {
  const id = header(request, "webhook-id");
  const timestamp = header(request, "webhook-timestamp");
  if (id === "" || !(Math.abs(now() / 1000 - Number(timestamp)) <= toleranceSeconds)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest();
  return header(request, "webhook-signature")
    .split(" ")
    .filter((signature) => signature.startsWith("v1,"))
    .map((signature) => Buffer.from(signature.slice("v1,".length), "base64"))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected));
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new RangeError("too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
