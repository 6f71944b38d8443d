/**
 * Runs the tests of packages/core for Stryker within its own process: a mutant costs milliseconds, where a test
 * framework takes seconds to begin anew.
 *
 * 1. No mutant meets what an earlier one left: all modules of ours are loaded anew for each.
 * 2. A mutant is active while tests run, not while their files load, unless Stryker wants it so.
 * 3. Tests run one after the other up to the first that fails: those that killed of late, then by the time they take.
 *    After MUTATION_PATIENCE_MS of processor time no further test is begun, and the mutant has survived.
 * 4. Killed means that the same test, loaded anew, passes without the mutant. A test that is at work as long
 *    as it was in the dry run, where counting made it some four times slower, and a second, has come to loop.
 */
import { globSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import {
  INSTRUMENTER_CONSTANTS,
  type InstrumenterContext,
  type MutantCoverage,
} from "@stryker-mutator/api/core";
import { declareFactoryPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import {
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestResult,
  type TestRunner,
  TestStatus,
} from "@stryker-mutator/api/test-runner";
import { type Bodies, moduleLoader } from "./modules.ts";
import { OutOfPatience, processorMs, withPatience } from "./patience.ts";
import { type CollectedTest, suite } from "./suite.ts";

/** The tests of packages/core and the golden cases. */
const include = (
  process.env.MUTATION_TESTS ?? "packages/core/test/**/*.unit.test.ts,test/golden/*.unit.test.ts"
).split(",");

/** Those that take longest for what they find. */
const exclude = [
  "packages/core/test/calendar-transitions.unit.test.ts",
  "packages/core/test/definition-fuzz.unit.test.ts",
  "packages/core/test/definition-schema.unit.test.ts",
  "packages/core/test/kept-state.unit.test.ts",
];

const patienceMs = Number(process.env.MUTATION_PATIENCE_MS ?? 4_000);
/** What a test is given beyond its usual time. */
const loopingMs = 1_000;
const unknownMs = 5_000;
/** A killer of late that takes longer than this has to wait for its turn. */
const quickMs = 100;

/** What mutated code reads and writes; all keys from the start, as it is asked millions of times. */
const scope: { [Key in keyof InstrumenterContext]-?: InstrumenterContext[Key] | undefined } = {
  activeMutant: undefined,
  currentTestId: undefined,
  mutantCoverage: undefined,
  hitCount: undefined,
  hitLimit: undefined,
};
Object.assign(globalThis, { [INSTRUMENTER_CONSTANTS.NAMESPACE]: scope });

/** Processor time of tests in the dry run: known in its process only, which is as a rule the only one. */
const usualMs = new Map<string, number>();
const killersOfLate: string[] = [];

type FileTests = ReadonlyMap<string, CollectedTest>;

function testRunner(): TestRunner {
  return { capabilities: () => ({ reloadEnvironment: true }), init, dryRun, mutantRun };
}
testRunner.inject = [] as const;

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, "in-process", testRunner)];

/** Random tests try the same in every run, and a counterexample need not be small. */
async function init(): Promise<void> {
  const fastCheck = createRequire(resolve("packages/core/test/any.ts"))("fast-check");
  fastCheck.configureGlobal({ seed: Number(process.env.FC_SEED), endOnFailure: true });
}

async function dryRun(): Promise<DryRunResult> {
  const counting = testsAnew((source) => source);
  const results: TestResult[] = [];
  for (const file of testFiles())
    for (const [id, { title, run }] of counting(file)) {
      const begunAtMs = performance.now();
      const atWorkBeforeMs = processorMs();
      scope.currentTestId = id;
      const failure = await failureOf(run);
      scope.currentTestId = undefined;
      const timeSpentMs = performance.now() - begunAtMs;
      const result = { id, name: title, fileName: resolve(file), timeSpentMs };
      usualMs.set(id, processorMs() - atWorkBeforeMs);
      results.push(
        failure === undefined
          ? { ...result, status: TestStatus.Success }
          : { ...result, status: TestStatus.Failed, failureMessage: failure.message },
      );
    }
  return { status: DryRunStatus.Complete, ...quickestFirst(results, scope.mutantCoverage) };
}

/** Stryker asks for the tests of a mutant in the order in which it was told what they cover. */
function quickestFirst(results: readonly TestResult[], coverage: MutantCoverage | undefined) {
  const tests = results.toSorted((a, b) => a.timeSpentMs - b.timeSpentMs);
  const perTest = Object.fromEntries(tests.map(({ id }) => [id, coverage?.perTest[id] ?? {}]));
  return { tests, mutantCoverage: { static: coverage?.static ?? {}, perTest } };
}

async function mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
  const { activeMutant, hitLimit } = options;
  const whileLoading = options.mutantActivation === "static" ? activeMutant.id : undefined;
  const loaded = new Map<string, FileTests>();
  const testsOf = (file: string): FileTests => {
    const tests = loaded.get(file) ?? uncounted(file, whileLoading);
    loaded.set(file, tests);
    return tests;
  };
  scope.hitCount = hitLimit === undefined ? undefined : 0;
  scope.hitLimit = hitLimit;
  const begunAtMs = processorMs();
  const ids = killersFirst(options.testFilter ?? testFiles().flatMap((file) => [...testsOf(file).keys()]));
  let nrOfTests = 0;
  for (const id of ids) {
    const testBegunAtMs = processorMs();
    if (testBegunAtMs - begunAtMs > patienceMs) break;
    nrOfTests += 1;
    const failure = await failureWith(activeMutant.id, id, testsOf, loaded);
    const loop = determineHitLimitReached(scope.hitCount, hitLimit);
    if (loop !== undefined) return { ...loop, status: MutantRunStatus.Timeout };
    if (failure instanceof OutOfPatience)
      return { status: MutantRunStatus.Timeout, reason: `${failure.message}: ${id}` };
    if (failure === undefined) continue;
    if (processorMs() - testBegunAtMs < quickMs) remember(id);
    const without = await failureOf(testOf(id, uncounted).run);
    // Stryker begins a new process and tries the mutant once more.
    if (without !== undefined) throw new Error(`${id} fails without a mutant too`, { cause: without });
    return {
      status: MutantRunStatus.Killed,
      killedBy: [id],
      failureMessage: failure.message,
      nrOfTests,
    };
  }
  return { status: MutantRunStatus.Survived, nrOfTests };
}

/** What a test failed with, stopped where it loops; one that hardly got to work is tried anew, and longer. */
async function failureWith(
  mutant: string,
  id: string,
  testsOf: (file: string) => FileTests,
  loaded: Map<string, FileTests>,
): Promise<Error | undefined> {
  const limitMs = loopingMs + (usualMs.get(id) ?? unknownMs);
  for (let tryMs = Math.ceil(2 * limitMs); ; tryMs *= 2) {
    const { run } = testOf(id, testsOf);
    const failure = await failureOf(() => withPatience(run, tryMs), mutant);
    if (!(failure instanceof OutOfPatience) || failure.processorMs >= limitMs) return failure;
    loaded.clear();
  }
}

/** Mutants come by place in the source, and what killed one often kills the next. */
function killersFirst(ids: readonly string[]): Iterable<string> {
  const asked = new Set(ids);
  return new Set([...killersOfLate.filter((id) => asked.has(id)), ...ids]);
}

function remember(killer: string): void {
  const known = killersOfLate.indexOf(killer);
  if (known >= 0) killersOfLate.splice(known, 1);
  killersOfLate.unshift(killer);
  killersOfLate.splice(30);
}

function testFiles(): readonly string[] {
  return globSync(include, { exclude }).toSorted();
}

/** Counting what a test covers takes most of its time, and only the dry run asks for it. */
const uncounted = testsAnew((source) => source.replace("function cover() {", "$& return;"));

/** Gives the tests of a file by id, each time loaded anew with all that it imports. */
function testsAnew(edit: (source: string) => string): (file: string, mutant?: string) => FileTests {
  const bodies: Bodies = new Map();
  return (file, mutant) => {
    const { vitest, tests } = suite();
    scope.activeMutant = mutant;
    moduleLoader(bodies, { vitest }, edit)(resolve(file));
    scope.activeMutant = undefined;
    return new Map(tests.map((test) => [`${file}#${test.title}`, test]));
  };
}

function testOf(id: string, testsOf: (file: string) => FileTests): CollectedTest {
  const test = testsOf(id.slice(0, id.indexOf("#"))).get(id);
  if (test === undefined) throw new Error(`No such test: ${id}`);
  return test;
}

/** What a test failed with, if it did. */
async function failureOf(run: CollectedTest["run"], mutant?: string): Promise<Error | undefined> {
  scope.activeMutant = mutant;
  try {
    await run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    scope.activeMutant = undefined;
  }
}
