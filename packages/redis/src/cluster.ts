/**
 * A Redis Cluster. Which server holds a slot is learned from the cluster and from its redirections. Laws:
 * C1 a link is void once its connection broke or its slot went elsewhere, even where it came back later: a server that
 *    takes over may lack what the one before it acknowledged.
 * C2 a command that is bound to a link runs there or nowhere.
 * C3 while a slot is being moved (ASK), the link is the pair of both servers.
 */
import type { Logger } from "@tidemark/runtime";
import { type Connection, openConnection } from "./connection.ts";
import type { Access, Place } from "./redis-address.ts";
import { LinkLost, type Servers } from "./servers.ts";
import { readSlotTable, type SlotTable } from "./slot-table.ts";

export interface ClusterOptions {
  readonly seeds: readonly Place[];
  readonly access: Access;
  readonly logger: Logger | undefined;
  readonly connectTimeoutMs: number;
  /** A server that leaves a command unanswered so long is cut off. */
  readonly answerTimeoutMs: number;
}

/** A command is sent on so often at most: a slot does not go round in circles. */
const mostRedirections = 5;
const startAgainMs = 500;
/** The cluster is asked where slots are no more often. */
const lookEveryMs = 200;

interface SlotLink {
  readonly node: Connection;
  readonly connection: object;
  /** The slot is on its way from there to `node`. */
  readonly from?: SlotLink;
}

/** Waits until one of the servers has said where the slots are. Rejects when one refuses: no cluster, no such user. */
export async function openCluster({
  seeds,
  access,
  logger,
  connectTimeoutMs,
  answerTimeoutMs,
}: ClusterOptions): Promise<Servers> {
  const nodes = new Map<string, Connection>();
  let table: SlotTable = { owners: [], servers: [] };
  const links = new Map<number, SlotLink>();
  let looking: Promise<void> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  /** Who is asked first changes, since one that was cut off may go on saying what was. */
  let looks = 0;
  let closed = false;

  const nodeAt = (address: string): Connection => {
    const known = nodes.get(address);
    if (known !== undefined) return known;
    const { host, port } = placeOf(address);
    const socket = access.tls ? { host, port, tls: true as const } : { host, port };
    const { username, password } = access;
    const node = openConnection({
      client: { socket, ...(username ? { username } : {}), ...(password ? { password } : {}) },
      answerTimeoutMs,
      logger,
    });
    nodes.set(address, node);
    return node;
  };

  const lookNow = async (): Promise<void> => {
    const rest = lookedAt + lookEveryMs - performance.now();
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    lookedAt = performance.now();
    looks += 1;
    const all = [...new Set([...table.servers, ...seeds.map(addressOf)])];
    const inTurn = [...all.slice(looks % all.length), ...all.slice(0, looks % all.length)];
    // Those that are connected first: the others may be gone.
    inTurn.sort(
      (a, b) => Number(nodes.get(b)?.isReady() ?? false) - Number(nodes.get(a)?.isReady() ?? false),
    );
    const failures: unknown[] = [];
    for (const address of inTurn) {
      if (closed) return;
      try {
        const node = nodeAt(address);
        if (!node.isReady()) await node.opened(connectTimeoutMs);
        const found = readSlotTable(await node.send(["CLUSTER", "SLOTS"]), placeOf(address));
        if (found.servers.length === 0) throw new Error(`${address} knows of no slots`);
        adopt(found);
        return;
      } catch (error) {
        failures.push(error);
      }
    }
    throw new AggregateError(
      failures,
      `no server of the cluster says where slots are: ${reasonOf(failures)}`,
    );
  };

  const adopt = (found: SlotTable): void => {
    for (const slot of links.keys()) if (found.owners[slot] !== table.owners[slot]) links.delete(slot);
    table = found;
    const wanted = new Set([...found.servers, ...seeds.map(addressOf)]);
    for (const [address, node] of nodes) {
      if (wanted.has(address)) continue;
      nodes.delete(address);
      void node.close().catch(() => undefined);
    }
  };

  const look = (): Promise<void> => {
    looking ??= lookNow().finally(() => {
      looking = undefined;
    });
    return looking;
  };

  const linkOf = async (slot: number): Promise<SlotLink> => {
    if (closed) throw new Error("the store is closed");
    if (table.owners[slot] === undefined) await look();
    const owner = table.owners[slot];
    if (owner === undefined) throw new Error(`no server of the cluster holds slot ${slot}`);
    const node = nodeAt(owner);
    const known = links.get(slot);
    if (known?.node === node && known.connection === node.current()) return known;
    if (!node.isReady()) await node.opened(connectTimeoutMs);
    const link = { node, connection: node.current() };
    links.set(slot, link);
    return link;
  };

  const isCurrent = (slot: number, link: SlotLink): boolean => {
    const base = link.from ?? link;
    return (
      links.get(slot) === base &&
      base.connection === base.node.current() &&
      link.connection === link.node.current()
    );
  };

  const moveTo = (slot: number, address: string): void => {
    if (table.owners[slot] === address) return;
    links.delete(slot);
    const owners = [...table.owners];
    owners[slot] = address;
    table = { owners, servers: [...new Set([...table.servers, address])] };
  };

  /** Learns from what a server answered in place of a reply; answers whether to ask again. */
  const learn = async (slot: number, owner: string | undefined, error: unknown): Promise<boolean> => {
    const moved = redirectionOf(error, "MOVED", owner);
    if (moved !== null) {
      moveTo(slot, moved);
      // Others moved with it, most likely.
      look().catch(() => undefined);
      return true;
    }
    if (isReply(error) && !/^(CLUSTERDOWN|READONLY|LOADING|MASTERDOWN)/.test(messageOf(error))) return false;
    await look().catch(() => undefined);
    return table.owners[slot] !== owner;
  };

  for (;;) {
    try {
      await look();
      break;
    } catch (error) {
      logger?.warn({ err: error }, "redis");
      if (error instanceof AggregateError && error.errors.some(isReply)) {
        await Promise.allSettled([...nodes.values()].map((node) => node.close()));
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, startAgainMs));
    }
  }

  return {
    async ask(slot, command) {
      for (let asked = 0; ; asked += 1) {
        const owner = table.owners[slot];
        try {
          const link = await linkOf(slot);
          try {
            return { reply: await link.node.send(command), link };
          } catch (error) {
            const target = redirectionOf(error, "ASK", owner);
            if (target === null) throw error;
            const node = nodeAt(target);
            if (!node.isReady()) await node.opened(connectTimeoutMs);
            const onItsWay: SlotLink = { node, connection: node.current(), from: link };
            return { reply: await node.send(["ASKING"], command), link: onItsWay };
          }
        } catch (error) {
          if (asked >= mostRedirections || !(await learn(slot, owner, error))) throw error;
        }
      }
    },

    async askOn(slot, given, command) {
      const link = given as SlotLink;
      if (!isCurrent(slot, link)) throw new LinkLost();
      try {
        return await (link.from ? link.node.send(["ASKING"], command) : link.node.send(command));
      } catch (error) {
        if (redirectionOf(error, "ASK", undefined) !== null) throw new LinkLost();
        if (await learn(slot, table.owners[slot], error)) throw new LinkLost();
        throw error;
      }
    },

    isCurrent: (slot, link) => isCurrent(slot, link as SlotLink),

    async close() {
      closed = true;
      await Promise.allSettled([...nodes.values()].map((node) => node.close()));
    },
  };
}

/** Where a redirection points; null where the error is none. An address without a host is on the host that was asked. */
function redirectionOf(error: unknown, kind: "MOVED" | "ASK", asked: string | undefined): string | null {
  const [, host, port] = new RegExp(`^${kind} \\d+ (.*):(\\d+)$`).exec(messageOf(error)) ?? [];
  if (port === undefined) return null;
  const known = asked === undefined ? "" : placeOf(asked).host;
  return addressOf({ host: host || known, port: Number(port) });
}

/** What a server said, in contrast to a connection that failed. */
const isReply = (error: unknown): boolean => /^[A-Z]+ /.test(messageOf(error));

const addressOf = ({ host, port }: Place): string => `${host}:${port}`;

function placeOf(address: string): Place {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const reasonOf = (failures: readonly unknown[]): string => [...new Set(failures.map(messageOf))].join("; ");
