/**
 * Random definitions over random histories on both executors: the same seeds each time, so that a change is judged by what
 * it changed. EQUAL_SEED asks for those from another on; `npm run equal` takes new ones, and more.
 */
import { afterAll, describe, expect, it } from "vitest";
import { openArchive } from "./archive.ts";
import { compareScene, tell } from "./equal.ts";

const archive = openArchive();
// A query takes longer to understand than to answer: many lives a query.
const sizes = { sets: 4, lives: 128, instants: 6 };
const scenes = Number(process.env.EQUAL_SCENES ?? 6);
const first = Number(process.env.EQUAL_SEED ?? 500_000_000);
let [cases, answers] = [0, 0];
afterAll(() => {
  archive.close();
  console.info(`${cases} random cases, ${answers} answers, from the seeds ${first} to ${first + scenes - 1}`);
});

describe("random definitions over random histories", { timeout: 300_000 }, () => {
  for (let seed = first; seed < first + scenes; seed += 1)
    it(`given the scene of seed ${seed}, then SQL says of every subject at every instant what the stream says`, () => {
      const compared = compareScene(archive, seed, sizes);
      cases += compared.cases;
      answers += compared.answers;
      expect(compared.differences.map(tell)).toEqual([]);
    });
});
