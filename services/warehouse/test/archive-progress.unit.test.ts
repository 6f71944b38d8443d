import { expect, test } from "vitest";
import { createArchiveProgress } from "../src/sweep/archive-progress.ts";

const topics = { customerEvents: "customer-events", rejectedEvents: "rejected-events" };

/** Two partitions; `ends` and `archived` of customer-events, and nothing was rejected. */
function scene(ends: readonly number[]) {
  const log = { ends: [...ends], archived: [0, 0] };
  const progress = createArchiveProgress(
    {
      endOffsets: async (topic) => (topic === topics.customerEvents ? [...log.ends] : [0, 0]),
      committed: async () => log.archived.map((offset) => ({ offset, metadata: "" })),
    },
    "archive",
    topics,
    () => {},
  );
  return { log, progress };
}

test("given what stood there when all had begun, when it is folded and archived, then it is reached, whatever came since", async () => {
  const { log, progress } = scene([10, 20]);
  expect(await progress.reached("s1 at 9, 19", [10, 19])).toBe(false);
  expect(await progress.reached("s1 at 9, 19", [10, 20])).toBe(false);
  log.archived = [10, 20];
  log.ends = [15, 25];
  expect(await progress.reached("s1 at 9, 19", [12, 22])).toBe(true);
});

test("given a partition that begins later, or again, then what stood there by then is waited for", async () => {
  const { log, progress } = scene([10, 20]);
  log.archived = [10, 20];
  expect(await progress.reached("s1 at 9", [10, 20])).toBe(true);
  log.ends = [12, 30];
  expect(await progress.reached("s1 at 9, 25", [12, 30])).toBe(false);
  log.archived = [12, 30];
  expect(await progress.reached("s1 at 9, 25", [12, 30])).toBe(true);
});
