/** What the service needs of others, and what it says when they are away. */
import type { Clock, Logger } from "@tidemark/runtime";
import { ProblemError, problem } from "./problem.ts";

/** Runs a step on something that may be away; rejects with a problem of 503 when it fails or takes too long. */
export type Upstream = <Result>(step: () => Promise<Result>) => Promise<Result>;

export interface UpstreamOptions {
  /** Such as `Kafka`. */
  readonly name: string;
  /** What the caller should know and do. */
  readonly advice: string;
  readonly answerMs: number;
}

export function upstream(
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  { name, advice, answerMs }: UpstreamOptions,
): Upstream {
  return async (step) => {
    const late = Promise.withResolvers<never>();
    const cancel = clock.after(answerMs, () => late.reject(new Error(`no answer in ${answerMs} ms`)));
    try {
      return await Promise.race([step(), late.promise]);
    } catch (error) {
      if (error instanceof ProblemError || error instanceof TypeError || error instanceof RangeError)
        throw error;
      logger.warn({ err: error }, `${name} does not answer`);
      throw new ProblemError(problem("unavailable", `${name} does not answer. ${advice}`), { cause: error });
    } finally {
      cancel();
    }
  };
}
