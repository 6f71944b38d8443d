import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ProcessMemory } from "./memory-gate.ts";

const sampleMs = 100;
/** How far the heap may grow beyond what is needed until it is collected; V8 alone lets it grow by 300% at most. */
const sparingPercent = 40;

/** Of this process. What is resident is at most 100 ms old: asking the system costs as much as an event. */
export function processMemory(): ProcessMemory {
  let bytes = process.memoryUsage.rss();
  let readAt = performance.now();
  let collect: NodeJS.GCFunction | undefined;
  const read = (): number => {
    bytes = process.memoryUsage.rss();
    readAt = performance.now();
    return bytes;
  };
  return {
    residentBytes: () => (performance.now() - readAt < sampleMs ? bytes : read()),
    giveBack() {
      collect ??= collector();
      const since = performance.now();
      collect({ type: "major", execution: "sync", flavor: "last-resort" });
      read();
      return readAt - since;
    },
    collectSooner: () => setFlagsFromString(`--heap-growing-percent=${sparingPercent}`),
  };
}

/** V8 tells nobody how to collect unless asked to; contexts made after that have it. */
function collector(): NodeJS.GCFunction {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as NodeJS.GCFunction;
}
