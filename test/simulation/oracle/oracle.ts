/**
 * What is wrong with a run, from its inputs, the topics, the tables and what receivers got. Nothing here shares code
 * with the engine: members and transitions are the judge's (packages/cli/src/judge), which scans all events again.
 */
import { judgeLogs } from "../../../packages/cli/src/judge/judge-logs.ts";
import type { Seen } from "../run/start-service.ts";
import type { Sent } from "../run/writers.ts";
import { checkCauses } from "./changes.ts";
import { checkConsumers } from "./consumers.ts";
import { checkErasures } from "./erasures.ts";
import type { Evidence } from "./evidence.ts";
import { checkLetters } from "./letters.ts";
import { checkSent } from "./sources.ts";

export interface OracleInput {
  readonly evidence: Evidence;
  /** Ms since the epoch. */
  readonly asOf: number;
  readonly sent: readonly Sent[];
  readonly seen: Seen;
}

/** One sentence each. Everything has to be drained. */
export function findFaults({ evidence, asOf, sent, seen }: OracleInput): readonly string[] {
  const verdict = judgeLogs(evidence.judged, {
    asOf,
    zone: "UTC",
    onProgress: () => undefined,
  });
  return [
    ...checkSent(evidence, sent),
    ...checkCauses(evidence),
    ...verdict.details,
    ...checkConsumers(evidence, seen),
    ...checkErasures(evidence),
    ...checkLetters(evidence),
  ];
}
