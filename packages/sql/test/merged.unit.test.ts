/**
 * Random lives in which customers are merged and erased, the same each time. EQUAL_SEED asks for those from another seed
 * on, EQUAL_LIVES is how many.
 */
import { afterAll, describe, expect, it } from "vitest";
import { openArchive } from "./archive.ts";
import { compareMerged } from "./merged.ts";

const archive = openArchive(true);
const runs = Number(process.env.EQUAL_LIVES ?? 2);
const first = Number(process.env.EQUAL_SEED ?? 50_808_263);
let [cases, merges, erasures] = [0, 0, 0];
afterAll(() => {
  archive.close();
  console.info(
    `${cases} looks at customers in ${merges} merges and ${erasures} erasures, from the seeds ${first} to ${first + runs - 1}`,
  );
});

describe("customers who are merged and erased", { timeout: 300_000 }, () => {
  for (let seed = first; seed < first + runs; seed += 1)
    it(`given the lives of seed ${seed}, and partitions folded as far as they happen to be, then SQL says what the stream says`, async () => {
      const compared = await compareMerged(archive, {
        seed,
        customers: 24,
        records: 120,
        looks: 4,
        erases: seed % 2 === 0,
      });
      cases += compared.cases;
      merges += compared.merges;
      erasures += compared.erasures;
      expect(compared.differences).toEqual([]);
      // Of a change that is lost the comparison tells.
      expect(compared.lost.length).toBeGreaterThan(0);
      for (const { subject, found } of compared.lost) expect(found).toEqual([subject]);
    });
});
