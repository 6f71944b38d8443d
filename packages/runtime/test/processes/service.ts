/** A service for tests, run as a process of its own. `TEST_WORK` says what it does. */
import { runService, stackSettings } from "../../src/index.ts";

const work = process.env.TEST_WORK;

function turnForEver(): never {
  for (let turns = 0; ; turns += 1) if (turns < 0) process.stdout.write("never");
}

await runService({
  name: "example",
  settings: stackSettings,
  start: async ({ progress }) => {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const never = new Promise<void>(() => {});
    const keepAlive = setInterval(() => {}, 1_000);
    if (work === "spins") setTimeout(turnForEver, 200);
    if (work === "sleeps-in-native-code")
      setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 200);
    if (work === "ends-by-itself") setTimeout(() => Promise.reject(new Error("all is lost")), 200);
    if (work === "hangs") await consumeWithoutEnd(progress, never);
    return {
      ready: () => ({ ready: true }),
      async stop() {
        clearInterval(keepAlive);
        if (work === "hangs") await never;
        resolve();
      },
      ended,
    };
  },
});

/** A batch of seven records that nobody ever finishes. */
async function consumeWithoutEnd(
  progress: Parameters<Parameters<typeof runService>[0]["start"]>[0]["progress"],
  never: Promise<void>,
): Promise<void> {
  const record = { topic: "orders", partition: 3, timestamp: 0, key: null, value: null, headers: [] };
  const records = Array.from({ length: 7 }, (_, offset) => ({ ...record, offset }));
  const { createMemoryLog } = await import("@tidemark/testkit");
  const log = createMemoryLog();
  await log.ensureTopics([{ name: "orders", partitions: 4, replicas: 1, settings: {} }]);
  await log.append("orders", 3, records);
  const began = Promise.withResolvers<void>();
  await progress.follow(log).consume({
    group: "example",
    topics: ["orders"],
    maxBatchRecords: 100,
    sessionTimeoutMs: 6_000,
    onAssigned: async (gained) => gained.map((partition) => ({ ...partition, offset: 0 })),
    onRevoked: async () => {},
    onBatch: async () => {
      began.resolve();
      await never;
    },
  });
  await began.promise;
}
