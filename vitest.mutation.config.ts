import { defineConfig } from "vitest/config";

/** What mutants of packages/core are run against: its own tests, without the longest, and the golden cases. */
const all = "packages/core/test/**/*.unit.test.ts,test/golden/*.unit.test.ts";

export default defineConfig({
  test: {
    include: (process.env.MUTATION_TESTS ?? all).split(","),
    exclude: [
      "**/node_modules/**",
      "packages/core/test/calendar-transitions.unit.test.ts",
      "packages/core/test/definition-fuzz.unit.test.ts",
      "packages/core/test/definition-schema.unit.test.ts",
    ],
    testTimeout: 60_000,
  },
});
