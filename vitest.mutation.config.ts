import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What mutants of packages/core are run against: its own tests, without the longest, and the golden cases. */
const all = "packages/core/test/**/*.unit.test.ts,test/golden/*.unit.test.ts";

/** A mutant is dead with the first test that notices: those that take long come last. */
class ShortFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const weight = ({ moduleId }: TestSpecification): number =>
      moduleId.includes(".property.") ? 2 : moduleId.includes("/golden/") ? 1 : 0;
    return files.toSorted((a, b) => weight(a) - weight(b));
  }
}

export default defineConfig({
  test: {
    include: (process.env.MUTATION_TESTS ?? all).split(","),
    exclude: [
      "**/node_modules/**",
      "packages/core/test/calendar-transitions.unit.test.ts",
      "packages/core/test/definition-fuzz.unit.test.ts",
      "packages/core/test/definition-schema.unit.test.ts",
      "packages/core/test/kept-state.unit.test.ts",
    ],
    sequence: { sequencer: ShortFirst },
    testTimeout: 60_000,
  },
});
