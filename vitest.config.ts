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
          include: ["**/*.integration.test.ts", "test/e2e/*.test.ts"],
          exclude,
          // One stack for all of them, and two cores.
          fileParallelism: false,
          globalSetup: ["test/global-setup.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
