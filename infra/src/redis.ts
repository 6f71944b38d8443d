import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { PartPlan } from "./part.ts";

/** What a Redis that belongs to a cluster needs besides. */
export interface ClusterMembership {
  /** Where the servers of the cluster talk to one another. */
  readonly busPort: number;
  /** A server that is silent so long is taken for dead, in ms. */
  readonly nodeTimeoutMs: number;
}

/** One Redis that appends every write to a file, flushed each second, and never evicts. */
export function planRedis(folder: string, port: number, cluster?: ClusterMembership): PartPlan {
  const data = join(folder, "data");
  mkdirSync(data, { recursive: true });
  const settings: Readonly<Record<string, string | number>> = {
    bind: "127.0.0.1",
    port,
    dir: data,
    appendonly: "yes",
    appendfsync: "everysec",
    "maxmemory-policy": "noeviction",
    save: "",
    daemonize: "no",
    ...(cluster && {
      "cluster-enabled": "yes",
      "cluster-port": cluster.busPort,
      "cluster-node-timeout": cluster.nodeTimeoutMs,
      // A replica takes over however old it is: what it lacks is folded again.
      "cluster-replica-validity-factor": 0,
      "repl-diskless-sync-delay": 0,
    }),
  };
  return {
    name: "redis",
    url: `redis://127.0.0.1:${port}`,
    folder,
    command: "redis-server",
    arguments: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    isReady: () => answersPing(port),
  };
}

// While it reads its file back, Redis answers -LOADING.
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    const answer = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.once("data", (data) => answer(data.toString().startsWith("+PONG")));
    socket.once("error", () => answer(false));
    socket.setTimeout(1_000, () => answer(false));
  });
}
