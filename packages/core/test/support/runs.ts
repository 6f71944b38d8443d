/**
 * How often properties are tried, and from which seed: FC_RUNS multiplies the runs of each (1 where it is not set),
 * FC_SEED replays. Each file tells both at its end.
 */
import fc, { type IProperty } from "fast-check";
import { afterAll, vi } from "vitest";

const times = Number(process.env.FC_RUNS ?? 1);
const seed = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 2 ** 31));
let runs = 0;

export function holdsAlways<Input>(property: IProperty<Input>, usualRuns: number): void {
  const numRuns = Math.max(1, Math.round(usualRuns * times));
  fc.assert(property, { numRuns, seed });
  runs += numRuns;
}

/** Once in each file of properties. */
export function tellRuns(): void {
  vi.setConfig({ testTimeout: 120_000 * Math.max(1, times) });
  afterAll(() => {
    console.info(`${runs} property runs from seed ${seed}`);
  });
}
