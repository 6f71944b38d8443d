import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { preparedCodec } from "./run/codec.ts";
import { runSeeds } from "./run/run-seeds.ts";
import { shrink } from "./run/shrink.ts";
import { simulate } from "./run/simulate.ts";
import { generateScenario } from "./scenario/generate.ts";
import type { Scenario } from "./scenario/scenario.ts";

/**
 * SIMULATE_SEED replays a run, SIMULATE_SEEDS makes it longer or shorter. The same seeds each time until 10,000 new ones
 * have passed (docs/faults.md).
 */
const first = Number(process.env.SIMULATE_SEED ?? 770_700);
const seeds = Number(process.env.SIMULATE_SEEDS ?? 500);

it(`given ${seeds} disasters from seed ${first}, when all is drained, then nothing is lost and nothing came twice`, {
  timeout: 600_000,
}, async () => {
  console.log(`${seeds} simulated disasters: npm run simulate -- --seeds ${seeds} --seed ${first}`);
  const { failures, hits } = await runSeeds(await preparedCodec(), first, seeds);
  expect(failures, "npm run simulate -- --seed N replays one").toEqual([]);
  // They were disasters: each kind of fault struck.
  expect(Object.keys(hits)).toEqual(
    expect.arrayContaining(["crash", "pause", "rebalances", "stop", "store-forgets", "clock", "leap"]),
  );
});

describe("given a disaster that failed once, when it comes again, then nothing is lost and nothing came twice", () => {
  const folder = new URL("./known/", import.meta.url);
  it.each(readdirSync(folder))("%s", async (name) => {
    const scenario: Scenario = JSON.parse(readFileSync(new URL(name, folder), "utf8")).scenario;
    expect((await simulate(scenario, await preparedCodec())).findings).toEqual([]);
  });
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
