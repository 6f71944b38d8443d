/**
 * A random part of the mutants, for an estimate in minutes: MUTATION_SAMPLE is the share that is tried, MUTATION_SEED
 * draws another one. Every mutant is drawn for itself, by a hash of what it changes and where. Stryker has no way to
 * ignore single mutants (its ignorers leave out whole parts of a file's tree), so it counts the rest as errors: they are
 * in no score.
 */
import { createHash } from "node:crypto";
import { type Checker, CheckStatus } from "@stryker-mutator/api/check";
import type { Mutant, MutantResult } from "@stryker-mutator/api/core";
import { declareFactoryPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import type { Reporter } from "@stryker-mutator/api/report";

const leftOut = "Not in the sample";
const folder = /.*packages\/core\/src\//;

function isDrawn({ fileName, location, mutatorName, replacement }: Mutant): boolean {
  const { start, end } = location;
  const place = [fileName.replace(folder, ""), start.line, start.column, end.line, end.column];
  const seed = process.env.MUTATION_SEED ?? "1";
  const hash = createHash("sha256")
    .update(JSON.stringify([seed, place, mutatorName, replacement]))
    .digest();
  return hash.readUIntBE(0, 6) / 2 ** 48 < Number(process.env.MUTATION_SAMPLE ?? 1);
}

function sampleChecker(): Checker {
  return {
    init: () => Promise.resolve(),
    group: (mutants) => Promise.resolve([mutants.map(({ id }) => id)]),
    check: (mutants) =>
      Promise.resolve(
        Object.fromEntries(
          mutants.map((mutant) => [
            mutant.id,
            isDrawn(mutant)
              ? { status: CheckStatus.Passed }
              : { status: CheckStatus.CompileError, reason: leftOut },
          ]),
        ),
      ),
  };
}
sampleChecker.inject = [] as const;

interface Tally {
  found: number;
  tried: number;
  all: number;
}

/** Prints what was found of those drawn, by folder and in all, and between what the score of all of them lies. */
function sampleReporter(): Reporter {
  const tallies = new Map<string, Tally>();
  return {
    onMutantTested({ fileName, status, statusReason }: Readonly<MutantResult>) {
      const isLeftOut = status === "CompileError" && statusReason === leftOut;
      const isFound = status === "Killed" || status === "Timeout";
      const isTried = isFound || status === "Survived" || status === "NoCoverage";
      if (!isLeftOut && !isTried) return;
      const within = fileName.replace(folder, "");
      for (const name of [within.includes("/") ? within.replace(/\/.*/, "") : ".", "all"]) {
        const tally = tallies.get(name) ?? { found: 0, tried: 0, all: 0 };
        tally.found += Number(isFound);
        tally.tried += Number(isTried);
        tally.all += 1;
        tallies.set(name, tally);
      }
    },
    wrapUp() {
      const rows = [...tallies].sort(([a], [b]) => Number(a === "all") - Number(b === "all"));
      for (const [name, tally] of rows) console.log(`${name}: ${described(tally)}`);
    },
  };
}
sampleReporter.inject = [] as const;

/** With Wilson's interval of 95 %, narrower where the sample is a large part of all. */
function described({ found, tried, all }: Tally): string {
  if (tried === 0) return `none of ${all} mutants drawn`;
  const share = found / tried;
  const z = 1.96 * Math.sqrt((all - tried) / Math.max(1, all - 1));
  const spread = 1 + z ** 2 / tried;
  const centre = (share + z ** 2 / (2 * tried)) / spread;
  const half = (z / spread) * Math.sqrt((share * (1 - share)) / tried + z ** 2 / (4 * tried ** 2));
  const [score, from, to] = [share, centre - half, centre + half].map((each) => (100 * each).toFixed(1));
  return `${score} % (95 %: ${from} to ${to}), ${found} of ${tried} drawn from ${all} mutants`;
}

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.Checker, "sample", sampleChecker),
  declareFactoryPlugin(PluginKind.Reporter, "sample", sampleReporter),
];
