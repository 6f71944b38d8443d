import { randomUUID } from "node:crypto";
import { createClient } from "redis";
import { afterEach } from "vitest";
import { createRedisStateStore } from "../src/redis-state-store.ts";
import { stateStoreContract } from "./state-store-contract.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

stateStoreContract("Redis", async () => {
  const url = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
  const store = await createRedisStateStore({ url, prefix: `test-${randomUUID()}` });
  closers.push(() => store.close());
  return {
    store,
    /** The server cuts every connection but the one that says so. */
    async reconnect() {
      const admin = createClient({ url });
      await admin.connect();
      await admin.sendCommand(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
      await admin.close();
      for (let attempt = 0; attempt < 100; attempt += 1) {
        try {
          await store.load(0);
          return;
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
      throw new Error("the store did not come back");
    },
  };
});
