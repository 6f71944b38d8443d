/**
 * `npm run simulate`: thousands of disasters out of seeds (docs/faults.md). The last line sums up; exit 1 where any seed
 * fails, 2 where the command is not understood.
 */
import { type Arguments, readArguments, usage } from "./arguments.ts";
import { listDefects, replayDefect, runDefects } from "./defects/run-defects.ts";
import { preparedCodec } from "./run/codec.ts";
import { runInPool } from "./run/pool.ts";
import type { Failure } from "./run/run-seeds.ts";
import { keeping, shrink } from "./run/shrink.ts";
import { simulate } from "./run/simulate.ts";
import { generateScenario } from "./scenario/generate.ts";
import type { Scenario, Step } from "./scenario/scenario.ts";
import { showTopics } from "./show.ts";

const shrinkRuns = 400;
const told = 5;

/** In which a planted defect has to be found. */
const seedsForDefects = 2_000;

process.exitCode = await run(understood());

function run(given: Arguments): Promise<number> | number {
  const { defects, planted, first, seeds, workers } = given;
  const [only] = planted;
  if (defects === "list") return listDefects();
  if (defects === "replay" && only !== undefined) return replayDefect(only, sameOf(given));
  if (defects === "hunt") return runDefects({ planted, first, seeds: seeds ?? seedsForDefects, workers });
  return seeds === null ? replay(given) : runAll(given, seeds);
}

/** What a replay was asked for, for another process. */
function sameOf({ first, keep, steps, topics }: Arguments): readonly string[] {
  return [
    ...["--seed", String(first)],
    ...(keep === null ? [] : ["--keep", keep.join(",")]),
    ...(steps ? ["--steps"] : []),
    ...(topics ? ["--topics"] : []),
  ];
}

function understood(): Arguments {
  try {
    return readArguments(process.argv.slice(2), Date.now());
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(2);
  }
}

async function runAll({ first, workers }: Arguments, seeds: number): Promise<number> {
  console.log(`${seeds} seeds from ${first}`);
  const since = performance.now();
  let lastToldAt = since;
  let known = 0;
  const tally = await runInPool({ first, seeds, workers }, (sum) => {
    for (const { seed, findings } of sum.failures.slice(known))
      console.log(`Seed ${seed} failed: ${findings[0]}`);
    known = sum.failures.length;
    if (performance.now() - lastToldAt < 10_000) return;
    lastToldAt = performance.now();
    console.log(`${sum.seeds} seeds, ${sum.failures.length} failed`);
  });
  const hits = Object.entries(tally.hits).sort(([a], [b]) => (a < b ? -1 : 1));
  console.log(`Faults that hit: ${hits.map(([name, count]) => `${name} ${count}`).join(", ")}`);
  const failures = [...tally.failures].sort((a, b) => a.seed - b.seed);
  for (const failure of failures.slice(0, told)) tell(failure);
  const [worst] = failures;
  if (worst !== undefined) await explain(generateScenario(worst.seed));
  const seconds = Math.round((performance.now() - since) / 1000);
  const { steps, events, changes } = tally;
  console.log(
    `${tally.seeds} seeds from ${first}, ${failures.length} failed, ${steps} steps, ${events} records, ${changes} changes, ${seconds} s`,
  );
  return failures.length > 0 ? 1 : 0;
}

async function replay({ first, keep, steps, topics }: Arguments): Promise<number> {
  const codec = await preparedCodec();
  const whole = generateScenario(first);
  const scenario = keep === null ? whole : keeping(whole, keep);
  describe(scenario, keep ?? whole.steps.map((_, index) => index));
  const outcome = await simulate(scenario, codec, {
    ...(steps ? { onStep: (at, label) => console.log(`${at} ${label}`) } : {}),
    ...(topics ? { onEnd: (world) => console.log(showTopics(world, codec).join("\n")) } : {}),
  });
  tell(outcome);
  const { findings, trace } = outcome;
  if (keep === null && findings.length > 0) await explain(whole);
  console.log(`seed ${first}, trace ${trace}, ${outcome.steps} steps, ${findings.length} findings`);
  return findings.length > 0 ? 1 : 0;
}

/** What of a scenario is needed to fail. */
async function explain(scenario: Scenario): Promise<void> {
  const codec = await preparedCodec();
  const run = async (one: Scenario) => (await simulate(one, codec)).findings;
  const { keep, findings } = await shrink(scenario, run, shrinkRuns);
  console.log(`\nSeed ${scenario.seed} still fails with ${keep.length} of ${scenario.steps.length} steps:`);
  describe(keeping(scenario, keep), keep);
  tell({ seed: scenario.seed, findings });
  console.log(`Replay: npm run simulate -- --seed ${scenario.seed} --keep ${keep.join(",")} --topics`);
}

function tell({ seed, findings }: Failure): void {
  for (const finding of findings.slice(0, told)) console.log(`Seed ${seed}: ${finding}`);
  if (findings.length > told) console.log(`Seed ${seed}: ${findings.length - told} more`);
}

function describe(scenario: Scenario, keep: readonly number[]): void {
  const { partitions, instances, failing, startsAt, untilMs } = scenario;
  console.log(JSON.stringify({ partitions, instances, failing, startsAt: new Date(startsAt), untilMs }));
  for (const [index, step] of scenario.steps.entries()) console.log(`${keep[index]}: ${sentence(step)}`);
}

function sentence(step: Step): string {
  const { at } = step;
  if (step.type === "fault") return `at ${at} ms ${JSON.stringify(step.fault)}`;
  if (step.type === "edit") return `at ${at} ms ${JSON.stringify(step.edit)}`;
  if (step.type === "cuts") return `at ${at} ms cuts ${JSON.stringify(step.cuts)}`;
  return `at ${at} ms to partition ${step.partition} ${JSON.stringify(step.input)}`;
}
