import { expect, it } from "vitest";
import { preparedCodec } from "./run/codec.ts";
import { runSeeds } from "./run/run-seeds.ts";
import { shrink } from "./run/shrink.ts";
import { simulate } from "./run/simulate.ts";
import { generateScenario } from "./scenario/generate.ts";
import type { Scenario } from "./scenario/scenario.ts";

/**
 * SIMULATE_SEED replays a run, SIMULATE_SEEDS makes it longer or shorter. The same seeds each time: a change is to
 * blame for what fails here; `npm run simulate` looks for what nobody has seen.
 */
const first = Number(process.env.SIMULATE_SEED ?? 671_650_669);
const seeds = Number(process.env.SIMULATE_SEEDS ?? 200);

it(`given ${seeds} disasters from seed ${first}, when all is drained, then nothing is lost and nothing came twice`, {
  timeout: 600_000,
}, async () => {
  console.log(`${seeds} simulated disasters from seed ${first}`);
  const { failures, hits } = await runSeeds(await preparedCodec(), first, seeds);
  expect(failures, "npm run simulate -- --seed N replays one").toEqual([]);
  // They were disasters: each kind of fault struck.
  expect(Object.keys(hits)).toEqual(
    expect.arrayContaining(["crash", "pause", "rebalances", "stop", "store-forgets", "clock", "leap"]),
  );
});

it("given a seed, when it runs again, then every step comes at the same instant; another seed runs otherwise", async () => {
  const codec = await preparedCodec();
  const traceOf = async (seed: number) => (await simulate(generateScenario(seed), codec)).trace;
  expect(await traceOf(11)).toBe(await traceOf(11));
  expect(await traceOf(11)).not.toBe(await traceOf(12));
});

it("given a scenario that fails by two of its steps, when it is shrunk, then those two are left", async () => {
  const scenario = generateScenario(3);
  const [a, b] = [scenario.steps[4], scenario.steps[9]];
  const run = async ({ steps }: Scenario) =>
    a && b && steps.includes(a) && steps.includes(b) ? ["both are there"] : [];
  expect(await shrink(scenario, run, 500)).toEqual({ keep: [4, 9], findings: ["both are there"] });
});
