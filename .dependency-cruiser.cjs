/** Arrows between packages point one way: core <- contracts <- runtime <- adapters <- services. */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: { path: "^(packages|services|infra|test)/", pathNot: [from, ...allowed] },
});
const core = "^packages/core/";
const contracts = "^packages/contracts/";
const runtime = "^packages/runtime/";
const adapters = "^packages/(kafka|redis|clickhouse)/";
const testkit = "^packages/testkit/";
module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "core-is-pure",
      comment: "core has no I/O, no clock, no Node module and no dependency",
      severity: "error",
      from: { path: "^packages/core/src/" },
      to: { dependencyTypes: ["core", "npm", "npm-dev", "npm-peer", "npm-optional"] },
    },
    only("core-stands-alone", "^packages/core/src/", [], "core imports nothing of ours"),
    only("contracts-rest-on-core", "^packages/contracts/src/", [core], "contracts <- core"),
    only("sql-rests-on-core", "^packages/sql/src/", [core, contracts], "sql <- core, contracts"),
    only("runtime-rests-on-contracts", "^packages/runtime/src/", [core, contracts], "runtime <- contracts"),
    only(
      "kafka-adapter",
      "^packages/kafka/src/",
      [core, contracts, runtime],
      "an adapter knows its port only",
    ),
    only(
      "redis-adapter",
      "^packages/redis/src/",
      [core, contracts, runtime],
      "an adapter knows its port only",
    ),
    only(
      "clickhouse-adapter",
      "^packages/clickhouse/src/",
      [core, contracts, runtime],
      "an adapter knows its port only",
    ),
    only(
      "testkit",
      "^packages/testkit/src/",
      [core, contracts, runtime],
      "testkit knows the ports, not the adapters",
    ),
    only(
      "intake",
      "^packages/intake/src/",
      [core, contracts, runtime, adapters],
      "what the intake services share",
    ),
    {
      name: "judge-shares-nothing",
      comment: "what judges a run shares only the schemas with what ran",
      severity: "error",
      from: { path: "^packages/cli/src/judge/" },
      to: { path: "^(packages|services|infra|test)/", pathNot: "^packages/cli/src/judge/" },
    },
    {
      name: "services-stand-alone",
      comment: "a service knows packages, never another service",
      severity: "error",
      from: { path: "^services/([^/]+)/src/" },
      to: { path: "^services/", pathNot: "^services/$1/" },
    },
    {
      name: "packages-do-not-know-services",
      severity: "error",
      from: { path: "^packages/[^/]+/src/" },
      to: { path: "^services/" },
    },
    {
      name: "sources-do-not-know-tests",
      severity: "error",
      from: { path: "^(packages|services|infra)/[^/]*/?src/", pathNot: testkit },
      to: { path: `(/test/|${testkit})` },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
    doNotFollow: { path: "node_modules" },
  },
};
