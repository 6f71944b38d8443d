/** Questions that brokers may answer with "not now": leaders and coordinators move. */
import { growingDelay, LogError, type RetryDelays } from "@tidemark/runtime";
import type { KafkaClient } from "./client.ts";

const attempts = 6;

/**
 * Asks again a few times, over about 3 s unless set otherwise; rejects with what a person should read. A `LogError` is
 * final.
 */
export async function askPatiently<Answer>(
  attempt: string,
  asFailure: KafkaClient["asFailure"],
  retry: RetryDelays,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const nextDelayMs = growingDelay(retry);
  for (let asked = 1; ; asked += 1) {
    try {
      return await ask();
    } catch (error) {
      const failure = asFailure(attempt, error);
      if (failure.kind !== "retry" || error instanceof LogError || asked === attempts) throw failure;
      await new Promise((resolve) => setTimeout(resolve, nextDelayMs()));
    }
  }
}
