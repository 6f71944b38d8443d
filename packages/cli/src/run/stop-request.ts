/** Ctrl-C and its kin: whoever waits is told once. */
import process from "node:process";

/** Somebody asked to stop. */
export class StopRequested extends Error {
  constructor(signal: string) {
    super(`stopped by ${signal}`);
    this.name = "StopRequested";
  }
}

export interface StopRequest {
  /** Rejects with `StopRequested`; never resolves. */
  readonly requested: Promise<never>;
  isRequested(): boolean;
}

export function listenForStop(): StopRequest {
  const { promise: requested, reject } = Promise.withResolvers<never>();
  requested.catch(() => {});
  let isRequested = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      isRequested = true;
      reject(new StopRequested(signal));
    });
  }
  return { requested, isRequested: () => isRequested };
}
