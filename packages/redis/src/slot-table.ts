import type { Place } from "./redis-address.ts";

/** Which server holds which slot, as `host:port`. */
export interface SlotTable {
  /** By slot. */
  readonly owners: readonly (string | undefined)[];
  /** All servers that were named, replicas too. */
  readonly servers: readonly string[];
}

/** Reads the reply to CLUSTER SLOTS. A server that is named without a host is on the host that was asked. */
export function readSlotTable(reply: unknown, asked: Place): SlotTable {
  const owners: (string | undefined)[] = new Array(16_384).fill(undefined);
  const servers = new Set<string>();
  for (const [first, last, ...holders] of reply as readonly [unknown, unknown, ...unknown[]][]) {
    const addresses = (holders as readonly (readonly unknown[])[]).map(([host, port]) => {
      const name = host === null || String(host) === "" || String(host) === "?" ? asked.host : String(host);
      return `${name}:${Number(String(port))}`;
    });
    for (const address of addresses) servers.add(address);
    owners.fill(addresses[0], Number(String(first)), Number(String(last)) + 1);
  }
  return { owners, servers: [...servers] };
}
