/**
 * A watchdog: the event loop beats, a thread of its own listens, and ends the process where the loop stands still. A
 * loop that is stuck answers no probe, keeps no membership alive and cannot watch itself.
 */
import { Worker } from "node:worker_threads";

/** What the thread is told; `beat` is raised by the loop. */
export interface WatchdogOrders {
  readonly service: string;
  readonly limitMs: number;
  readonly beat: SharedArrayBuffer;
}

/** Exit code of a process that the watchdog ended (EX_SOFTWARE of sysexits.h). */
export const watchdogExitCode = 70;

/** How often the loop beats within the limit. */
const beatsInLimit = 10;

export interface WatchdogOptions {
  readonly service: string;
  /** How long the loop may stand still, in ms. A process that was suspended as a whole is not held to it. */
  readonly limitMs: number;
  /** Told where there is no watchdog any more. */
  readonly onLost: (error: unknown) => void;
}

/**
 * Starts watching; answers what ends it. A loop that stands still for longer ends the process with
 * `watchdogExitCode`, and stderr says for how long and in which functions; one that does not even let itself be asked
 * is ended by SIGKILL.
 */
export function startWatchdog({ service, limitMs, onLost }: WatchdogOptions): () => void {
  const beat = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const beats = new Int32Array(beat);
  const orders: WatchdogOrders = { service, limitMs, beat };
  const thread = new Worker(new URL("./watchdog-thread.ts", import.meta.url), { workerData: orders });
  thread.unref();
  thread.once("error", onLost);
  const heart = setInterval(() => Atomics.add(beats, 0, 1), limitMs / beatsInLimit);
  heart.unref();
  return () => {
    clearInterval(heart);
    void thread.terminate();
  };
}
