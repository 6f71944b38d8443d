/** The watchdog's own thread (see watchdog.ts). It writes to stderr itself: the main thread's streams need its loop. */
import { writeSync } from "node:fs";
import { type Debugger, Session } from "node:inspector";
import process from "node:process";
import { workerData } from "node:worker_threads";
import { type WatchdogOrders, watchdogExitCode } from "./watchdog.ts";

const { service, limitMs, beat } = workerData as WatchdogOrders;
const beats = new Int32Array(beat);

const tickMs = Math.max(10, limitMs / 10);
/** A loop that does not stop for the debugger by then is in native code. */
const askMs = 2_000;
const shownFrames = 12;

let seen = Atomics.load(beats, 0);
let stoodMs = 0;
let lookedAt = performance.now();

const ticker = setInterval(() => {
  const now = performance.now();
  // Where the whole process was suspended this thread slept too: a tick counts for no more than two.
  const elapsedMs = Math.min(now - lookedAt, 2 * tickMs);
  lookedAt = now;
  const current = Atomics.load(beats, 0);
  stoodMs = current === seen ? stoodMs + elapsedMs : 0;
  seen = current;
  if (stoodMs < limitMs) return;
  clearInterval(ticker);
  end();
}, tickMs);

/** Stops the main thread where it is, says where that is, and ends the process. */
function end(): void {
  const scripts = new Map<string, string>();
  const session = new Session();
  const unasked = setTimeout(() => {
    say(["it is in native code that cannot be interrupted"]);
    process.kill(process.pid, "SIGKILL");
  }, askMs);
  session.on("Debugger.scriptParsed", ({ params }) => {
    scripts.set(params.scriptId, params.url);
  });
  session.on("Debugger.paused", ({ params: { callFrames } }) => {
    clearTimeout(unasked);
    say(callFrames.slice(0, shownFrames).map((frame) => `at ${place(frame, scripts)}`));
    const expression = `process.reallyExit(${watchdogExitCode})`;
    session.post("Debugger.evaluateOnCallFrame", {
      callFrameId: callFrames[0]?.callFrameId ?? "",
      expression,
    });
    setTimeout(() => process.kill(process.pid, "SIGKILL"), askMs);
  });
  session.connectToMainThread();
  session.post("Debugger.enable");
  session.post("Debugger.pause");
}

/** Functions and lines only: no values, which may be personal. */
function place({ functionName, location }: Debugger.CallFrame, scripts: ReadonlyMap<string, string>): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return `${name} (${scripts.get(location.scriptId) ?? "?"}:${location.lineNumber + 1})`;
}

function say(lines: readonly string[]): void {
  const stood = `${service}: the event loop stood still for ${Math.round(stoodMs)} ms (at most ${limitMs} ms): the watchdog ends the process`;
  writeSync(2, `${[stood, ...lines].join("\n    ")}\n`);
}
