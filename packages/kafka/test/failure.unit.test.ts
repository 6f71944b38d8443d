import { MultipleErrors, NetworkError, ResponseError, UserError } from "@platformatic/kafka";
import { describe, expect, it } from "vitest";
import { describeFailure } from "../src/failure.ts";
import { appendOutcome } from "../src/platformatic/append-outcome.ts";

describe("a failure for people", () => {
  it("given a cause several layers deep, then it is named behind what was attempted, each reason once", () => {
    const refused = new Error("connect ECONNREFUSED 127.0.0.1:9092");
    const failure = new MultipleErrors("Cannot connect to any broker.", [
      new NetworkError("Connection to 127.0.0.1:9092 failed.", { cause: refused }),
      new NetworkError("Connection to 127.0.0.1:9092 failed.", { cause: refused }),
    ]);
    expect(describeFailure(failure)).toBe(
      "Cannot connect to any broker: connect ECONNREFUSED 127.0.0.1:9092",
    );
  });

  it("given what is no error, or an error that causes itself, then it is still said", () => {
    const circular = new Error("round");
    circular.cause = circular;
    expect(describeFailure(circular)).toBe("round");
    expect(describeFailure("words")).toBe("words");
  });
});

/** What the library throws when a broker answers a produce request with these codes. */
function answer(codes: Readonly<Record<number, number>>): ResponseError {
  const partitionResponses = Object.entries(codes).map(([partition, errorCode]) => ({
    index: Number(partition),
    errorCode,
    baseOffset: BigInt(errorCode === 0 ? Number(partition) * 100 : -1),
  }));
  const errors = partitionResponses.flatMap(({ errorCode }, at) =>
    errorCode === 0
      ? []
      : [[`/responses/0/partition_responses/${at}`, [errorCode, null]] as [string, [number, null]]],
  );
  return new ResponseError(0, 11, Object.fromEntries(errors), {
    responses: [{ name: "t", partitionResponses }],
  });
}

/** Codes of the protocol. */
const written = 0;
const notLeader = 6;
const messageTooLarge = 10;
const notEnoughReplicas = 19;
const notEnoughReplicasAfterAppend = 20;

describe("the outcome of an append in a request that failed", () => {
  const outcome = (error: unknown, partition: number, isShared = true) =>
    appendOutcome("the append failed", error, { topic: "t", partition, isShared });
  const kind = (error: unknown, partition: number, isShared = true) => {
    const result = outcome(error, partition, isShared);
    return typeof result === "number" ? "written" : Reflect.get(result, "kind");
  };

  it("given an answer that names its offset, then it is written, whatever became of the others", () => {
    const error = answer({ 1: written, 2: messageTooLarge });
    expect(outcome(error, 1)).toBe(100);
    expect(kind(error, 2)).toBe("fatal");
    const repeated = new MultipleErrors("produce failed 2 times.", [
      error,
      new NetworkError("Connection closed"),
    ]);
    expect(outcome(repeated, 1)).toBe(100);
  });

  it("given answers that all say nothing was written, then it may be tried again", () => {
    expect(kind(answer({ 1: notLeader, 2: written }), 1)).toBe("retry");
    expect(
      kind(new MultipleErrors("twice", [answer({ 1: notLeader }), answer({ 1: notEnoughReplicas })]), 1),
    ).toBe("retry");
  });

  it("given an attempt that was never answered, then nobody knows", () => {
    const error = new MultipleErrors("produce failed 2 times.", [
      new NetworkError("Connection closed"),
      answer({ 1: notLeader }),
    ]);
    expect(kind(error, 1)).toBe("ambiguous");
    expect(kind(answer({ 1: notEnoughReplicasAfterAppend }), 1)).toBe("ambiguous");
    expect(kind(new NetworkError("Request timed out"), 1, false)).toBe("ambiguous");
  });

  it("given a topic that is gone, then it was not written; in a shared request that is not certain", () => {
    const gone = new UserError("Unknown topic t.");
    expect(kind(gone, 1, false)).toBe("retry");
    expect(kind(gone, 1, true)).toBe("ambiguous");
  });
});
