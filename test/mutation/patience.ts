/** Calls that can be given up: code that has come to loop for ever never looks at a clock. */
import { Script } from "node:vm";

const call = new Script("calledWithPatience()");

/** It took so long, and was at work at least a quarter of the time. */
export class OutOfPatience extends Error {}

/** What `run` returns; after `limitMs` it is stopped wherever it is. */
export function withPatience(run: () => unknown, limitMs: number): unknown {
  const begunAtMs = processorMs();
  Object.assign(globalThis, { calledWithPatience: run });
  try {
    return call.runInThisContext({ timeout: limitMs });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"))
      throw error;
    const tookMs = Math.round(processorMs() - begunAtMs);
    if (tookMs * 4 >= limitMs) throw new OutOfPatience(`Stopped after ${limitMs} ms`);
    throw new Error(`The machine was busy: ${tookMs} ms of processor time in ${limitMs} ms`, {
      cause: error,
    });
  }
}

/** Processor time of this process since it began, in milliseconds. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
