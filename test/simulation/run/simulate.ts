/** Runs a scenario: until its end with everything that goes wrong, then until all is drained, then the oracle. */
import type { Codec } from "@tidemark/contracts";
import { definitionSets } from "@tidemark/runtime";
import { type Evidence, gatherEvidence } from "../oracle/evidence.ts";
import { checkLetters } from "../oracle/letters.ts";
import { findFaults } from "../oracle/oracle.ts";
import { type Scenario, type Step, sourcePartitions } from "../scenario/scenario.ts";
import { createWorld, type World } from "../world/world.ts";
import { whatIsLeft } from "./drained.ts";
import { lettersMs } from "./start-service.ts";
import { supervise } from "./supervisor.ts";
import { lastArrivalMs, type Sent, writeCuts, writeDefinitions, writeEdit, writeInput } from "./writers.ts";

export interface Outcome {
  readonly seed: number;
  /** What is wrong, a sentence each; empty where nothing is. */
  readonly findings: readonly string[];
  /** Of every step and its instant: the same seed gives the same. */
  readonly trace: string;
  readonly steps: number;
  readonly events: number;
  readonly changes: number;
  readonly hits: ReadonlyMap<string, number>;
}

/** For a replay: what happens, and what there is at the end. */
export interface Watch {
  readonly onStep?: (at: number, label: string) => void;
  readonly onEnd?: (world: World) => void;
}

const drainMs = 200;
/** Virtual time in which everything has to be drained once nothing goes wrong any more. */
const patienceMs = 150_000;

export async function simulate(
  scenario: Scenario,
  codec: Codec,
  { onStep, onEnd }: Watch = {},
): Promise<Outcome> {
  const { seed, partitions, startsAt, failing, refused = null, untilMs } = scenario;
  const world = createWorld({
    seed,
    partitions,
    sourcePartitions,
    startsAt,
    failing,
    refused,
    ...(onStep ? { onStep } : {}),
  });
  const { scheduler } = world;
  const seen = { gaps: 0 };
  const findings: string[] = [];
  const strays = strayRejections(findings);
  const sent: Sent[] = [];
  /** What the store held when a fault will have it back. */
  const past = new Map<Step, unknown>();
  writeDefinitions(world, codec, scenario);
  const { byCuts = false, filled: isFilled = false } = scenario;
  const isSwept = byCuts || isFilled;
  const sets = definitionSets("UTC");
  const supervisor = supervise(scenario, { world, codec, definitionSets: sets, seen, isSwept });

  for (const step of scenario.steps) {
    if (step.type === "fault" && step.fault.fault === "store-forgets") {
      const since = Math.max(0, step.at - step.fault.backMs);
      scheduler.after(
        since,
        "the store is set down",
        () => void past.set(step, world.shared.store.snapshot()),
      );
    }
    scheduler.after(step.at, step.type, () => {
      if (step.type === "input") sent.push(writeInput(world, step));
      else if (step.type === "edit") writeEdit(world, codec, step.edit);
      else if (step.type === "cuts") writeCuts(world, codec, step.cuts);
      else {
        if (past.has(step)) world.shared.store.restore(past.get(step));
        supervisor.apply(step.fault);
      }
    });
  }
  await scheduler.runUntil(untilMs);
  supervisor.recover();
  const drained = async (): Promise<boolean> => {
    const end = scheduler.now() + patienceMs;
    for (;;) {
      await scheduler.runUntil(scheduler.now() + drainMs);
      const isAllThere = scheduler.now() >= lastArrivalMs(scenario.steps);
      const left = isAllThere ? await whatIsLeft(world, isFilled) : ["a version is on its way"];
      if (left.length === 0) return true;
      if (scheduler.now() < end) continue;
      findings.push(`Stuck: ${left.join("; ")}.`);
      return false;
    }
  };
  /** Letters are looked at now and then. */
  const gathered = async (): Promise<{ readonly evidence: Evidence }> => {
    for (let looks = 0; ; looks += 1) {
      const evidence = gatherEvidence(world, codec);
      if (looks === 3 || checkLetters(evidence).length === 0) return { evidence };
      await scheduler.runUntil(scheduler.now() + lettersMs);
      // A partition may have been taken over meanwhile, and its fence is to be archived.
      await drained();
    }
  };
  // All that only time brings about is out after a leap over the longest window.
  if (await drained()) {
    world.leap(5 * 86_400_000);
    if (await drained()) {
      const asOf = world.wallClock();
      findings.push(...(await judged(async () => findFaults({ ...(await gathered()), asOf, sent, seen }))));
    }
  }
  strays.end();
  onEnd?.(world);
  const { trace } = scheduler;
  return {
    seed,
    findings,
    trace: trace.hash(),
    steps: trace.steps,
    events: count(world, "customer-events"),
    changes: count(world, "segment-changes"),
    hits: supervisor.hits,
  };
}

function count({ broker }: World, topic: string): number {
  return broker.partitions(topic).reduce((sum, { records }) => sum + records.length, 0);
}

/** An oracle that breaks off is a finding too. */
async function judged(findFaultsNow: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await findFaultsNow();
  } catch (error) {
    return [`The oracle broke off: ${error instanceof Error ? error.stack : error}`];
  }
}

/** A promise that failed and nobody waited for ends a real service. */
function strayRejections(findings: string[]): { end(): void } {
  const tell = (error: unknown): void => {
    findings.push(`Stray rejection: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  };
  process.on("unhandledRejection", tell);
  return { end: () => void process.off("unhandledRejection", tell) };
}
