import { defineConfig } from "vitest/config";

const exclude = ["**/node_modules/**", "**/.tidemark/**"];

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: "unit", include: ["**/*.unit.test.ts"], exclude, testTimeout: 60_000 },
      },
      {
        test: {
          name: "integration",
          include: ["**/*.integration.test.ts"],
          exclude,
          // One stack for all of them, and two cores.
          fileParallelism: false,
          globalSetup: ["test/global-setup.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/*.test.ts"],
          exclude,
          // Each has a stack of its own and waits a third of its time.
          maxWorkers: 2,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
