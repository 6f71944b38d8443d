/**
 * Issue 1751 of the library: each connection arms a timer for requests that wait, though none does, and with Node 24 it
 * fires every millisecond. Here it is armed only where something waits or the broker asked for a pause.
 */
import { createRequire } from "node:module";

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

let patched = false;

export function stopIdleTimer(): void {
  if (patched) return;
  patched = true;
  const { prototype } = createRequire(import.meta.url)("kafkajs/src/network/requestQueue") as {
    readonly prototype: RequestQueue;
  };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
}
