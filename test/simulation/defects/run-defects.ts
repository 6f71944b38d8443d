/** `npm run simulate -- --defects`: one defect after another, and whether the simulator finds it. */
import { preparedCodec } from "../run/codec.ts";
import { simulate } from "../run/simulate.ts";
import { generateScenario } from "../scenario/generate.ts";
import { type Defect, whyNotPlanted } from "./defect.ts";
import { defects } from "./defects.ts";
import { type Hunted, hunt, type Range } from "./hunt.ts";
import { exitOf, forkPlanted } from "./planted-process.ts";
import { listed, table } from "./show-defects.ts";

export interface DefectsAsked {
  readonly planted: readonly Defect[];
  readonly first: number;
  readonly seeds: number;
  readonly workers: number;
}

export function listDefects(): number {
  for (const line of listed(defects)) console.log(line);
  console.log(`${defects.length} defects`);
  return 0;
}

/** Answers the exit code: 1 where any was not found, 2 where any cannot be planted. */
export async function runDefects({ planted, first, seeds, workers }: DefectsAsked): Promise<number> {
  const rotten = (await Promise.all(planted.map(whyNotPlanted))).filter((reason) => reason !== null);
  for (const reason of rotten) console.error(reason);
  if (rotten.length > 0) return 2;
  console.log(`${planted.length} defects, at most ${seeds} seeds each, from ${first}`);
  const since = performance.now();
  const hunted = await huntAll(planted, { first, end: first + seeds }, workers);
  for (const line of table(hunted)) console.log(line);
  for (const { defect, failing } of hunted)
    if (failing.length > 0) console.log(`${defect.name}: ${failing.join(", ")} fail without it, too`);
  const [only] = hunted;
  if (hunted.length === 1 && only !== undefined && only.seed !== null)
    await replayDefect(only.defect, ["--seed", String(only.seed)]);
  const found = hunted.filter(({ seed }) => seed !== null).length;
  const ran = hunted.reduce((sum, one) => sum + one.seeds, 0);
  const seconds = Math.round((performance.now() - since) / 1_000);
  console.log(`${hunted.length} planted, ${found} found, ${ran} seeds, ${seconds} s`);
  return found === hunted.length ? 0 : 1;
}

/** The command itself with a defect in it. */
export function replayDefect(defect: Defect, parameters: readonly string[]): Promise<number> {
  return exitOf(forkPlanted(defect, "../main.ts", parameters));
}

/** In the order given; so many at a time. */
async function huntAll(chosen: readonly Defect[], range: Range, workers: number): Promise<readonly Hunted[]> {
  const codec = await preparedCodec();
  const passes = async (seed: number): Promise<boolean> =>
    (await simulate(generateScenario(seed), codec)).findings.length === 0;
  const hunted = new Map<Defect, Hunted>();
  const rest = [...chosen];
  const work = async (): Promise<void> => {
    for (let defect = rest.shift(); defect !== undefined; defect = rest.shift()) {
      const found = await hunt(defect, range, passes);
      hunted.set(defect, found);
      const { seed, seeds } = found;
      console.log(`${defect.name}: ${seed === null ? `not found in ${seeds} seeds` : `found by ${seed}`}`);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return chosen.flatMap((defect) => hunted.get(defect) ?? []);
}
