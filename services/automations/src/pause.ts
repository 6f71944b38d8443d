/** Waits so long, or until the signal or the news comes, whichever is first. For ever where `ms` is infinite. */
import type { Clock } from "@tidemark/runtime";

export function pause(clock: Clock, ms: number, until: AbortSignal, news?: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      until.removeEventListener("abort", end);
      resolve();
    };
    const cancel = Number.isFinite(ms) ? clock.after(ms, end) : () => {};
    if (until.aborted) end();
    else {
      until.addEventListener("abort", end);
      news?.then(end, end);
    }
  });
}
