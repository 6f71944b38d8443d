/** Random definitions over random histories on both executors: the same seeds each time; `npm run equal` takes others. */
import { afterAll, describe, expect, it } from "vitest";
import { openArchive } from "./archive.ts";
import { compareScene, tell } from "./equal.ts";

const archive = openArchive();
const sizes = { sets: 4, lives: 16, instants: 6 };
const seeds = Number(process.env.EQUAL_SCENES ?? 6);
let [cases, answers] = [0, 0];
afterAll(() => {
  archive.close();
  console.info(`${cases} random cases, ${answers} answers, from the seeds 1 to ${seeds}`);
});

describe("random definitions over random histories", { timeout: 300_000 }, () => {
  for (let seed = 1; seed <= seeds; seed += 1)
    it(`given the scene of seed ${seed}, then SQL says of every subject at every instant what the stream says`, () => {
      const compared = compareScene(archive, seed, sizes);
      cases += compared.cases;
      answers += compared.answers;
      expect(compared.differences.map(tell)).toEqual([]);
    });
});
