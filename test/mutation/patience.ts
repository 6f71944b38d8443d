/** Calls that can be given up: code that has come to loop for ever never looks at a clock. */
import { Script } from "node:vm";

const call = new Script("calledWithPatience()");

/** The call was stopped after `processorMs` of processor time. */
export class OutOfPatience extends Error {
  readonly processorMs: number;
  constructor(processorMs: number) {
    super(`Stopped after ${Math.round(processorMs)} ms`);
    this.processorMs = processorMs;
  }
}

/** What `run` returns; after `limitMs` by the clock it is stopped wherever it is. */
export function withPatience(run: () => unknown, limitMs: number): unknown {
  const begunAtMs = processorMs();
  Object.assign(globalThis, { calledWithPatience: run });
  try {
    return call.runInThisContext({ timeout: limitMs });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT")
      throw new OutOfPatience(processorMs() - begunAtMs);
    throw error;
  }
}

/** Processor time of this process since it began, in milliseconds. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
