/**
 * Resolves calls in order, and in one turn of the event loop only so many as keep it busy for some milliseconds; the
 * others go on in the turns after it. Partitions that wait for the store at the same time get their answers at the same
 * time: without this all of them would fold in one turn, for seconds, in which no heartbeat is sent and no answer read.
 * Those that are quick share a turn, so what they write goes out together.
 */
export function loopTurns(
  budgetMs: number,
  now: () => number = () => performance.now(),
): () => Promise<void> {
  const waiting: (() => void)[] = [];
  /** When the turn that goes on began; undefined between two. */
  let begunAt: number | undefined;
  let isLettingGo = false;

  const isSpent = (): boolean => begunAt !== undefined && now() - begunAt >= budgetMs;
  const end = (): void => {
    begunAt = undefined;
    if (waiting.length > 0) void letGo();
  };
  const letGo = async (): Promise<void> => {
    if (isLettingGo) return;
    isLettingGo = true;
    if (begunAt === undefined) {
      begunAt = now();
      setImmediate(end);
    }
    while (waiting.length > 0 && !isSpent()) {
      waiting.shift()?.();
      // Whoever was let go goes on in a microtask, and is done before the next one is.
      await undefined;
      await undefined;
    }
    isLettingGo = false;
  };

  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (!isSpent()) void letGo();
    });
}
