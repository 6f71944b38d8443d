// Mutation testing of packages/core, an hour or two for the whole: one folder is
// npm run mutation -- --mutate "packages/core/src/calendar/**/*.ts"
// MUTATION_TESTS names the tests to run, by glob, with commas. MUTATION_PATIENCE_MS is how long tests may look for a
// mutant before it counts as survived: more of it, for the survivors of one file, may find some yet.
// MUTATION_SAMPLE=0.1 tries a tenth of the mutants, drawn at random, and prints between what the score of all lies.

// Properties are tried a twentieth as often, and the same each time: what only a rare input would find is left to the
// tests by hand.
process.env.FC_RUNS ??= "0.05";
process.env.FC_SEED ??= "1";
const sample = process.env.MUTATION_SAMPLE === undefined ? [] : ["sample"];

export default {
  testRunner: "in-process",
  plugins: ["./test/mutation/test-runner.ts", "./test/mutation/sample.ts"],
  checkers: sample,
  mutate: ["packages/core/src/**/*.ts"],
  coverageAnalysis: "perTest",
  // What runs only while a module loads would need all the tests each time.
  ignoreStatic: process.env.MUTATION_STATIC === undefined,
  concurrency: 1,
  // Loops are ended by the runner; this is for what it cannot stop.
  timeoutMS: 60_000,
  dryRunTimeoutMinutes: 30,
  reporters: ["progress-append-only", "clear-text", "json", "html", ...sample],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: ".tidemark/mutation/mutation.json" },
  htmlReporter: { fileName: ".tidemark/mutation/mutation.html" },
  tempDirName: ".tidemark/mutation/work",
  ignorePatterns: [".tidemark", "services", "infra"],
};
