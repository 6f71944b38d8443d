/** Commits the positions reached by all partitions together, now and then: a commit for each batch costs more than it saves. */
import type { Clock } from "@tidemark/runtime";

export interface Committer {
  /** Everything below `offset` of this partition is acknowledged. */
  reached(partition: number, offset: number): void;
  /** The partition is somebody else's now. */
  forget(partition: number): void;
  /** Commits what is left, once, and ends. */
  stop(): Promise<void>;
}

/** `commit` may reject: then the positions are tried again with what was reached in between. */
export function createCommitter(
  clock: Clock,
  intervalMs: number,
  commit: (offsets: ReadonlyMap<number, number>) => Promise<void>,
  onError: (error: unknown) => void,
): Committer {
  const pending = new Map<number, number>();
  let cancel: (() => void) | undefined;
  let running = Promise.resolve();
  let stopped = false;

  const flush = async (): Promise<void> => {
    if (pending.size === 0) return;
    const offsets = new Map(pending);
    try {
      await commit(offsets);
      for (const [partition, offset] of offsets) {
        if (pending.get(partition) === offset) pending.delete(partition);
      }
    } catch (error) {
      onError(error);
    }
  };

  const schedule = (): void => {
    if (cancel !== undefined || stopped) return;
    cancel = clock.after(intervalMs, () => {
      running = flush().finally(() => {
        cancel = undefined;
        if (pending.size > 0) schedule();
      });
    });
  };

  return {
    reached(partition, offset) {
      pending.set(partition, offset);
      schedule();
    },
    forget: (partition) => void pending.delete(partition),
    async stop() {
      stopped = true;
      cancel?.();
      await running;
      await flush();
    },
  };
}
