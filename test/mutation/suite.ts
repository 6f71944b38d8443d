/** What tests import from "vitest", as far as those of packages/core need it: it collects them, and runs none. */
import { format } from "node:util";
import { expect } from "vitest";

export interface CollectedTest {
  /** The titles from the outermost on, unlike those of all other tests of the file. */
  readonly title: string;
  readonly run: () => unknown;
}

type Each = (rows: readonly unknown[]) => (title: string, run: (...row: unknown[]) => unknown) => void;

/** A stand-in for the package, and the tests that were told to it since. */
export function suite(): { readonly vitest: object; readonly tests: readonly CollectedTest[] } {
  const tests: CollectedTest[] = [];
  const seen = new Map<string, number>();
  let outer: readonly string[] = [];

  const describe = (title: string, tell: () => unknown): void => {
    const before = outer;
    outer = [...before, title];
    tell();
    outer = before;
  };
  const test = (title: string, run: () => unknown): void => {
    const full = [...outer, title].join(" > ");
    const count = (seen.get(full) ?? 0) + 1;
    seen.set(full, count);
    tests.push({ title: count === 1 ? full : `${full} (${count})`, run });
  };
  const it = Object.assign(test, { each: eachOf(test) });
  return {
    vitest: {
      describe: Object.assign(describe, { each: eachOf(describe) }),
      it,
      test: it,
      expect: firstFaultEnds,
      // Stryker has a limit of its own.
      vi: { setConfig: () => undefined },
      // They print figures of the run.
      afterAll: () => undefined,
    },
    tests,
  };
}

/** A soft expectation goes on after a fault so as to show more of them: here one is enough. */
const firstFaultEnds = Object.assign((actual: unknown, message?: string) => expect(actual, message), expect, {
  soft: expect,
});

function eachOf(tell: (title: string, run: () => unknown) => void): Each {
  return (rows) => (title, run) => {
    for (const row of rows) {
      const values: readonly unknown[] = Array.isArray(row) ? row : [row];
      tell(titleOf(title, values), () => run(...values));
    }
  };
}

/** `%s` and its like take the values in turn, `$name` the value of that name. */
function titleOf(title: string, values: readonly unknown[]): string {
  const places = title.match(/%[sdifjo]/g)?.length ?? 0;
  const [first] = values;
  return format(title, ...values.slice(0, places)).replaceAll(/\$(\w+)/g, (whole, name: string) =>
    typeof first === "object" && first !== null && name in first
      ? format("%j", (first as Record<string, unknown>)[name])
      : whole,
  );
}
