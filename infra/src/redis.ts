import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { PartPlan } from "./part.ts";

/** One Redis that appends every write to a file, flushed each second, and never evicts. */
export function planRedis(folder: string, port: number): PartPlan {
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
