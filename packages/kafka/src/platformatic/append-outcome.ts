/**
 * What became of the appends in a request that failed. The client fails the request as a whole and sends it again as
 * a whole; the broker's answers, where it kept them, say more about each partition.
 */
import { ResponseError } from "@platformatic/kafka";
import { LogError } from "@tidemark/runtime";
import type { AppendOutcome } from "../append-queue.ts";
import { describeFailure, rootCauses } from "../failure.ts";
import { isNotNow, isRefused, isUnknownTopic } from "./failure.ts";

interface ProduceAnswer {
  readonly responses: readonly {
    readonly name: string;
    readonly partitionResponses: readonly {
      readonly index: number;
      readonly errorCode: number;
      readonly baseOffset: bigint;
    }[];
  }[];
}

/**
 * The outcome for one partition: its offset where any answer names one; `fatal` where the broker refused it;
 * `retry` where every reason rules out that it was written; else `ambiguous`. `isShared` when other partitions were
 * in the request: then the client may have dropped answers on the way.
 */
export function appendOutcome(
  attempt: string,
  error: unknown,
  {
    topic,
    partition,
    isShared,
  }: { readonly topic: string; readonly partition: number; readonly isShared: boolean },
): AppendOutcome {
  if (error instanceof LogError)
    return new LogError(error.kind, `${attempt}: ${error.message}`, { cause: error });
  const answers = responsesIn(error);
  const own = answers.flatMap((answer) => ownErrors(answer, topic, partition));
  const written = answers.flatMap((answer) => ownOffsets(answer, topic, partition)).at(-1);
  if (written !== undefined) return written;
  const answered = new Set<unknown>(answers.flatMap(({ errors }) => errors));
  const others = rootCauses(error).filter((root) => !answered.has(root));
  const reason = own.at(-1) ?? error;
  const fail = (kind: "fatal" | "retry" | "ambiguous") =>
    new LogError(kind, `${attempt}: ${describeFailure(kind === "ambiguous" ? error : reason)}`, {
      cause: error,
    });
  if (own.some(isRefused) || others.some(isRefused)) return fail("fatal");
  const isUnwritten =
    own.every(isNotNow) &&
    others.every(isUnknownTopic) &&
    (own.length > 0 || (!isShared && others.length > 0));
  return fail(isUnwritten ? "retry" : "ambiguous");
}

function responsesIn(error: unknown): readonly ResponseError[] {
  if (error instanceof ResponseError) return [error];
  if (error instanceof AggregateError) return error.errors.flatMap(responsesIn);
  return error instanceof Error && error.cause !== undefined ? responsesIn(error.cause) : [];
}

function answerOf(error: ResponseError): ProduceAnswer {
  const response: unknown = Reflect.get(error, "response");
  const isProduce = typeof response === "object" && response !== null && "responses" in response;
  return isProduce ? (response as ProduceAnswer) : { responses: [] };
}

function ownOffsets(error: ResponseError, topic: string, partition: number): readonly number[] {
  return answerOf(error)
    .responses.filter(({ name }) => name === topic)
    .flatMap(({ partitionResponses }) => partitionResponses)
    .filter(({ index, errorCode }) => index === partition && errorCode === 0)
    .map(({ baseOffset }) => Number(baseOffset));
}

/** Errors name their partition by its place in the answer. */
function ownErrors(error: ResponseError, topic: string, partition: number): readonly Error[] {
  const { responses } = answerOf(error);
  return error.errors.filter((inner) => {
    const path = String(Reflect.get(inner, "path"));
    const [, at, within] = /^\/responses\/(\d+)\/partition_responses\/(\d+)/.exec(path) ?? [];
    const answer = responses[Number(at)];
    return answer?.name === topic && answer.partitionResponses[Number(within)]?.index === partition;
  });
}
