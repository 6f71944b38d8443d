/** Where webhooks go: names that automations use, each with an address and the secret that signs for it. */
import { ConfigError } from "@tidemark/runtime";
import { keyBytes, parseSecret } from "./signature.ts";

export interface Endpoint {
  readonly name: string;
  readonly url: string;
  readonly key: Buffer;
}

const setting = "AUTOMATIONS_WEBHOOKS";
const shape = '{"crm":{"url":"https://...","secret":"whsec_..."}}';
const namePattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const longestName = 100;

/**
 * Reads the setting. Throws `ConfigError` with everything that is wrong with it. Neither addresses nor secrets are in
 * a message: both may carry what only the receiver should know.
 */
export function readEndpoints(text: string): ReadonlyMap<string, Endpoint> {
  const faults: string[] = [];
  const endpoints = new Map<string, Endpoint>();
  for (const [name, value] of Object.entries(parse(text, faults))) {
    const endpoint = readEndpoint(name, value, faults);
    if (endpoint) endpoints.set(name, endpoint);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return endpoints;
}

/** What is wrong with the setting; nothing where it can be read. */
export function endpointFaults(text: string): readonly string[] {
  try {
    readEndpoints(text);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

function parse(text: string, faults: string[]): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isMapping(value)) return value;
    faults.push(`${setting} is ${sortOf(value)}; expected a mapping such as ${shape}`);
  } catch (error) {
    // The parser's own message shows a piece of the text.
    const position = error instanceof Error ? /at position \d+/.exec(error.message)?.[0] : undefined;
    faults.push(`${setting} is no JSON${position ? `, ${position}` : ""}; expected ${shape}`);
  }
  return {};
}

function readEndpoint(name: string, value: unknown, faults: string[]): Endpoint | undefined {
  const before = faults.length;
  const say = (place: string, found: string, expected: string): void => {
    faults.push(`${setting}: ${place} is ${found}; expected ${expected}`);
  };
  const shown = JSON.stringify(name.slice(0, longestName));
  if (!namePattern.test(name) || name.length > longestName)
    say(`the name ${shown}`, "not in kebab-case", `a name such as crm, at most ${longestName} characters`);
  if (!isMapping(value)) {
    say(shown, sortOf(value), 'a mapping of "url" and "secret"');
    return undefined;
  }
  for (const key of Object.keys(value).filter((given) => given !== "url" && given !== "secret"))
    say(`the key ${JSON.stringify(key.slice(0, longestName))} of ${shown}`, "unknown", '"url" or "secret"');
  const url = readUrl(value.url, (found, expected) => say(`"url" of ${shown}`, found, expected));
  const key = typeof value.secret === "string" ? parseSecret(value.secret) : undefined;
  if (key === undefined) {
    const found = typeof value.secret === "string" ? "not such a secret" : sortOf(value.secret);
    const expected = `whsec_ and base64 of ${keyBytes.least} to ${keyBytes.most} bytes`;
    say(`"secret" of ${shown}`, found, expected);
  }
  return url !== undefined && key !== undefined && faults.length === before ? { name, url, key } : undefined;
}

function readUrl(value: unknown, say: (found: string, expected: string) => void): string | undefined {
  const expected = "an address that begins with http:// or https://";
  if (typeof value !== "string") {
    say(sortOf(value), expected);
    return undefined;
  }
  const url = URL.parse(value);
  if (url === null) say("no address", expected);
  else if (url.protocol !== "http:" && url.protocol !== "https:") say("of another scheme", expected);
  else if (url.username !== "" || url.password !== "")
    say("one with a user or password", `${expected} without them; the signature says who sends`);
  else return url.href;
  return undefined;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sortOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}
