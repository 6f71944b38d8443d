// Mutation testing of packages/core, hours for the whole: one folder is
// npm run mutation -- --mutate "packages/core/src/calendar/**/*.ts"
// MUTATION_TESTS names the tests to run, by glob, with commas.

// Properties are tried a twentieth as often: what only a rare input would find is left to the tests by hand.
process.env.FC_RUNS ??= "0.05";

export default {
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: "vitest.mutation.config.ts", related: false },
  mutate: ["packages/core/src/**/*.ts"],
  coverageAnalysis: "perTest",
  // What runs only while a module loads would need all the tests each time.
  ignoreStatic: process.env.MUTATION_STATIC === undefined,
  concurrency: 1,
  reporters: ["progress-append-only", "clear-text", "json", "html"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: ".tidemark/mutation/mutation.json" },
  htmlReporter: { fileName: ".tidemark/mutation/mutation.html" },
  tempDirName: ".tidemark/mutation/work",
  ignorePatterns: [".tidemark", "services", "infra"],
};
