/**
 * Random definitions over random histories on both executors: `npm run equal -- --cases N --seed S`. The last line sums
 * up; it ends with 1 where they differ.
 */
import { parseArgs } from "node:util";
import { openArchive } from "../packages/sql/test/archive.ts";
import { compareScene, tell } from "../packages/sql/test/equal.ts";

const { values } = parseArgs({ options: { cases: { type: "string" }, seed: { type: "string" } } });
const wanted = Number(values.cases ?? 3_000);
const first = Number(values.seed ?? Date.now() % 2 ** 31);
if (!(wanted > 0) || !Number.isSafeInteger(first)) {
  console.error("Usage: npm run equal -- [--cases N] [--seed S]");
  process.exit(2);
}

const sizes = { sets: 4, lives: 128, instants: 6 };
const archive = openArchive();
const started = process.cpuUsage();
let [cases, answers, differences, seed] = [0, 0, 0, first];
for (; cases < wanted; seed += 1) {
  const compared = compareScene(archive, seed, sizes);
  cases += compared.cases;
  answers += compared.answers;
  differences += compared.differences.length;
  for (const difference of compared.differences.slice(0, 3)) console.log(tell(difference));
}
archive.close();
const { user, system } = process.cpuUsage(started);
console.log(
  JSON.stringify({
    seeds: [first, seed - 1],
    cases,
    answers,
    differences,
    cpuSeconds: Math.round((user + system) / 1e6),
  }),
);
process.exitCode = differences === 0 ? 0 : 1;
