/** Where commands are run: on one server, or on the server of a cluster that holds the slot. */
import type { Argument, Connection } from "./connection.ts";

/**
 * Stands for one uninterrupted connection to the server that holds a slot: another object after a loss of the
 * connection, and after the slot went elsewhere.
 */
export type Link = object;

export interface Answer {
  readonly reply: unknown;
  /** Where it was run. */
  readonly link: Link;
}

export interface Servers {
  /** Runs a command where the slot is, wherever that is by then. */
  ask(slot: number, command: readonly Argument[]): Promise<Answer>;
  /** Runs a command on this link and nowhere else. Rejects with `LinkLost` where it is not the slot's any more. */
  askOn(slot: number, link: Link, command: readonly Argument[]): Promise<unknown>;
  /** Whether it still is the slot's link. */
  isCurrent(slot: number, link: Link): boolean;
  close(): Promise<void>;
}

export class LinkLost extends Error {
  constructor() {
    super("the connection to Redis is another one than before");
    this.name = "LinkLost";
  }
}

/** One server holds all slots. */
export function oneServer(connection: Connection): Servers {
  return {
    async ask(_, command) {
      const link = connection.current();
      return { reply: await connection.send(command), link };
    },
    async askOn(_, link, command) {
      if (connection.current() !== link) throw new LinkLost();
      return connection.send(command);
    },
    isCurrent: (_, link) => connection.current() === link,
    close: () => connection.close(),
  };
}
