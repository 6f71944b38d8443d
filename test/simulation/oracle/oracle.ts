/**
 * What is wrong with a run, from its inputs, the topics, the tables and what receivers got. Nothing here shares code
 * with the engine: members and transitions are the judge's (packages/cli/src/judge), which scans all events again.
 */
import type { Codec } from "@tidemark/contracts";
import { judgeLogs } from "../../../packages/cli/src/judge/judge-logs.ts";
import type { Seen } from "../run/start-service.ts";
import type { Sent } from "../run/writers.ts";
import type { World } from "../world/world.ts";
import { checkCauses } from "./changes.ts";
import { checkConsumers } from "./consumers.ts";
import { checkErasures } from "./erasures.ts";
import { gatherEvidence } from "./evidence.ts";
import { checkSent } from "./sources.ts";

export interface OracleInput {
  readonly world: World;
  readonly codec: Codec;
  readonly sent: readonly Sent[];
  readonly seen: Seen;
}

/** One sentence each. Everything has to be drained. */
export function findFaults({ world, codec, sent, seen }: OracleInput): readonly string[] {
  const evidence = gatherEvidence(world, codec);
  const verdict = judgeLogs(evidence.judged, {
    asOf: world.wallClock(),
    zone: "UTC",
    onProgress: () => undefined,
  });
  return [
    ...checkSent(evidence, sent),
    ...checkCauses(evidence),
    ...verdict.details,
    ...checkConsumers(evidence, seen),
    ...checkErasures(evidence),
  ];
}
