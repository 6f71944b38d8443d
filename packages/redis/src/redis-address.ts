/** How `REDIS_URL` says where Redis is: one server, or some servers of a cluster. */

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface Access {
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
}

export type RedisAddress =
  | { readonly kind: "server"; readonly url: string }
  | { readonly kind: "cluster"; readonly seeds: readonly Place[]; readonly access: Access };

const defaultPort = 6_379;
const forms =
  "redis://host:port for one server, redis+cluster://host:port,host:port for a cluster (rediss for TLS, user:password@ before the hosts)";

/** Throws one sentence that says what is wrong; the text itself is a secret and is not repeated. */
export function readRedisAddress(text: string): RedisAddress {
  const scheme = /^([a-z+]+):\/\//.exec(text)?.[1];
  if (scheme === "redis" || scheme === "rediss") return { kind: "server", url: text };
  if (scheme !== "redis+cluster" && scheme !== "rediss+cluster")
    throw new TypeError(
      `the address of Redis begins with ${scheme === undefined ? "no scheme" : `${scheme}://`}; expected ${forms}`,
    );
  const rest = text.slice(scheme.length + 3).replace(/\/$/, "");
  const at = rest.lastIndexOf("@");
  const seeds = rest
    .slice(at + 1)
    .split(",")
    .map((place, index) => readPlace(place, index + 1));
  return {
    kind: "cluster",
    seeds,
    access: { tls: scheme === "rediss+cluster", ...(at < 0 ? {} : readCredentials(rest.slice(0, at))) },
  };
}

/** `host:port`, `host`, `[::1]:port`. */
function readPlace(text: string, number: number): Place {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:/?#\s]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const value = port === undefined ? defaultPort : Number(port);
  // What stands there is not repeated: it may be a password whose host was forgotten.
  if (host === undefined || value < 1 || value > 65_535)
    throw new TypeError(
      `host ${number} in the address of Redis is none; expected host:port, separated by commas`,
    );
  return { host, port: value };
}

function readCredentials(text: string): Pick<Access, "username" | "password"> {
  const colon = text.indexOf(":");
  const [username, password] = colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
  return {
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
  };
}
