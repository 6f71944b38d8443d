import { describe, expect, it } from "vitest";
import { type Clock, type Logger, type Patience, patiently } from "../src/index.ts";

function scene() {
  const pauses: number[] = [];
  let failures = 0;
  const clock: Clock = {
    now: () => 0,
    elapsedMs: () => 0,
    after: () => () => {},
    sleep: async (ms) => void pauses.push(ms),
  };
  const logger = { warn() {} } as unknown as Logger;
  const patience: Patience = { clock, logger, troubles: new Map(), failed: () => void failures++ };
  return { patience, pauses, failures: () => failures };
}

describe("waiting for what is away", () => {
  it("given a step that fails, then it is repeated after growing pauses, and says meanwhile what is missing", async () => {
    const { patience, pauses, failures } = scene();
    const troubles: string[] = [];
    let attempts = 0;
    const answer = await patiently(
      patience,
      "Kafka is away",
      () => true,
      async () => {
        troubles.push(...patience.troubles.values());
        attempts += 1;
        if (attempts <= 8) throw new Error(`no broker ${attempts}`);
        return "there";
      },
    );
    expect(answer).toBe("there");
    expect(pauses).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    expect(failures()).toBe(8);
    expect(troubles.at(-1)).toBe("Kafka is away: no broker 8");
    expect(patience.troubles.size).toBe(0);
  });

  it("given that nobody wants it any more, then it ends without an answer", async () => {
    const { patience } = scene();
    let attempts = 0;
    const answer = await patiently(
      patience,
      "Kafka is away",
      () => attempts < 3,
      async () => {
        attempts += 1;
        throw new Error("no broker");
      },
    );
    expect(answer).toBeUndefined();
    expect(attempts).toBe(3);
    expect(patience.troubles.size).toBe(0);
  });

  it("given an error that is final, then it is thrown on at once", async () => {
    const { patience, pauses } = scene();
    const step = () => Promise.reject(new RangeError("never"));
    const isFinal = (error: unknown) => error instanceof RangeError;
    await expect(patiently(patience, "Kafka is away", () => true, step, isFinal)).rejects.toThrow("never");
    expect(pauses).toEqual([]);
  });
});
