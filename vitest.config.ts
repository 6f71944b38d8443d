import { defineConfig } from "vitest/config";

const exclude = ["**/node_modules/**", "**/.tidemark/**"];
/** Of many small files the sources take longer to load than the tests to run: they share processes. */
const small = ["services", "packages/{cli,contracts,intake,kafka,redis,runtime}"].map(
  (folder) => `${folder}/**/*.unit.test.ts`,
);
/** What opens ClickHouse's engine has a process of its own, as has all that computes for long. */
const withEngine = [
  "services/warehouse/test/re*.unit.test.ts",
  "services/api/test/{audit,cuts,preview,reports}.unit.test.ts",
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.unit.test.ts"],
          exclude: [...exclude, ...small],
          testTimeout: 60_000,
        },
      },
      { test: { name: "unit-engine", include: withEngine, exclude, testTimeout: 60_000 } },
      {
        test: {
          name: "unit-small",
          include: small,
          exclude: [...exclude, ...withEngine],
          isolate: false,
          testTimeout: 60_000,
        },
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
