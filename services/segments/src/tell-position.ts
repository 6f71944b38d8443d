/**
 * Tells the group how far the fold is, now and then: intake keeps its distance by it, and operators see the lag where
 * they look for it. Nothing is read back from there: what counts is the position in the state store.
 */
import type { Clock, CommitPosition, LogRecord, TopicPartition } from "@tidemark/runtime";

export interface PositionTeller {
  reached(place: TopicPartition, records: readonly LogRecord[]): void;
  forget(partition: number): void;
  stop(): void;
}

/** A position that cannot be told is told with the next one. */
export function createPositionTeller(
  clock: Clock,
  everyMs: number,
  commit: (positions: readonly CommitPosition[]) => Promise<void>,
): PositionTeller {
  const pending = new Map<number, CommitPosition>();
  let cancel: (() => void) | undefined;

  const tell = async (): Promise<void> => {
    const positions = [...pending.values()];
    pending.clear();
    try {
      if (positions.length > 0) await commit(positions);
    } catch {
      // The group may be between two generations.
    } finally {
      cancel = undefined;
      if (pending.size > 0) schedule();
    }
  };
  const schedule = (): void => {
    cancel ??= clock.after(everyMs, () => void tell());
  };

  return {
    reached({ topic, partition }, records) {
      const last = records.at(-1);
      if (last === undefined) return;
      pending.set(partition, { topic, partition, offset: last.offset + 1, metadata: "" });
      schedule();
    },
    forget: (partition) => void pending.delete(partition),
    stop() {
      cancel?.();
      cancel = () => {};
      pending.clear();
    },
  };
}
