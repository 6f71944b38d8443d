/**
 * Resolves one call for each turn of the event loop, in order. Partitions that wait for the store at the same time get
 * their answers at the same time: without this all of them would fold in one turn, for seconds, in which no heartbeat is
 * sent and no answer read.
 */
export function loopTurns(): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return last;
  };
}
