import type { OutgoingRecord } from "@tidemark/runtime";
import { describe, expect, it } from "vitest";
import { type AppendOutcome, createAppendQueue, type WaitingAppend } from "../src/append-queue.ts";

const record = (bytes = 1): OutgoingRecord => ({ key: null, value: Buffer.alloc(bytes) });

/** A queue whose requests are answered by hand. */
function queueByHand(maxRequests: number) {
  const requests: { readonly partitions: number[]; answer(outcomes: AppendOutcome[]): void }[] = [];
  const queue = createAppendQueue(
    { requests: maxRequests, requestBytes: 1_048_576 },
    (appends: readonly WaitingAppend[]) => {
      const answer = Promise.withResolvers<readonly AppendOutcome[]>();
      requests.push({ partitions: appends.map(({ partition }) => partition), answer: answer.resolve });
      return answer.promise;
    },
  );
  return { queue, requests, partitions: () => requests.map((request) => request.partitions) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("an append queue", () => {
  it("given appends of one turn, then those to different partitions share a request, and each gets its own answer", async () => {
    const { queue, requests, partitions } = queueByHand(4);
    const answers = [queue.append(0, [record()]), queue.append(1, [record()]), queue.append(0, [record()])];
    await turn();
    expect(partitions()).toEqual([[0, 1]]);
    requests[0]!.answer([10, 20]);
    await turn();
    expect(partitions()).toEqual([[0, 1], [0]]);
    requests[1]!.answer([11]);
    expect(await Promise.all(answers)).toEqual([10, 20, 11]);
  });

  it("given a partition in flight, then it waits, in order, while others go on", async () => {
    const { queue, requests, partitions } = queueByHand(4);
    void queue.append(0, [record()]);
    await turn();
    void queue.append(0, [record()]);
    void queue.append(0, [record()]);
    void queue.append(2, [record()]);
    await turn();
    expect(partitions()).toEqual([[0], [2]]);
    requests[1]!.answer([0]);
    await turn();
    expect(partitions()).toEqual([[0], [2]]);
    requests[0]!.answer([0]);
    await turn();
    expect(partitions()).toEqual([[0], [2], [0]]);
  });

  it("given as many requests as are allowed, then the next waits for one to be answered", async () => {
    const { queue, requests, partitions } = queueByHand(2);
    for (const partition of [0, 1, 2, 3]) {
      void queue.append(partition, [record()]);
      await turn();
    }
    expect(partitions()).toEqual([[0], [1]]);
    requests[0]!.answer([0]);
    await turn();
    expect(partitions()).toEqual([[0], [1], [2, 3]]);
  });

  it("given more bytes than a request takes, then the rest waits for the next, and a large append goes alone", async () => {
    const { queue, partitions } = queueByHand(9);
    for (const partition of [0, 1, 2]) void queue.append(partition, [record(600_000)]);
    void queue.append(3, [record(2_000_000)]);
    await turn();
    expect(partitions()).toEqual([[0], [1], [2], [3]]);
  });

  it("given outcomes that differ, then an append fails by itself", async () => {
    const { queue, requests } = queueByHand(1);
    const [good, bad] = [queue.append(0, [record()]), queue.append(1, [record()])];
    await turn();
    requests[0]!.answer([7, new Error("refused")]);
    expect(await good).toBe(7);
    await expect(bad).rejects.toThrow("refused");
    await queue.idle();
  });
});
