/**
 * One partition of `segment-changes`: each batch is planned, its messages are given to the ways of their endpoints, and
 * the partition goes on once they are settled, or after `waitMs`. An endpoint that takes longer falls behind: it gets
 * nothing of the next batches, reads on by itself from where it is, as far in hand as it may, and is as the others
 * again once it has caught up. So no endpoint holds up another one, or the partition.
 */
import type { Clock, LogRecord } from "@tidemark/runtime";
import type { Batch, Step } from "./batch.ts";
import { pause } from "./pause.ts";
import type { PartitionPosition, Place } from "./position.ts";
import { createWay, type Settle, type Way } from "./way.ts";

export interface PartitionPorts {
  readonly clock: Clock;
  /** What the records set off; undefined where it was given up. */
  readonly plan: (from: Place, records: readonly LogRecord[]) => Promise<Batch | undefined>;
  /** The same, of records that were planned before: what is to be told of them was told. */
  readonly planAgain: (from: Place, to: number) => Promise<Batch | undefined>;
  readonly settle: Settle;
  /** Resolves when it is committed, or the partition was given up. */
  readonly commit: (position: PartitionPosition) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

export interface PartitionBounds {
  readonly waitMs: number;
  /** Messages in hand for an endpoint that is behind; those of one change come together. */
  readonly behindMessages: number;
  /** How often the places of endpoints that are behind are committed. */
  readonly commitMs: number;
}

export interface Partition {
  act(records: readonly LogRecord[]): Promise<void>;
  /** Records between each endpoint that is behind and the end of what was planned. */
  behind(): ReadonlyMap<string, number>;
  /** Nothing new begins. */
  giveUp(): void;
  isGivenUp(): boolean;
  /** Resolves when nothing is under way any more and what was settled is committed: for a stop, once it was given up. */
  atRest(): Promise<void>;
}

/** Records that an endpoint which is behind reads in one step at most. */
const mostStepRecords = 500;

export function createPartition(
  position: PartitionPosition,
  ports: PartitionPorts,
  bounds: PartitionBounds,
  givenUp: AbortController,
): Partition {
  const { clock, plan, planAgain, settle, onFailure } = ports;
  const { signal } = givenUp;
  const ways = new Map<string, Way>();
  const behind = new Set<string>();
  /** By endpoint: messages a record, of what it read last. */
  const density = new Map<string, number>();
  let main = position.main;
  let committing = Promise.resolve();
  let isCommitDue = false;

  const wayFrom = (endpoint: string, from: Place): Way => {
    const way = createWay(endpoint, from, settle, onFailure);
    ways.set(endpoint, way);
    return way;
  };

  /** What was given up may be somebody else's by now, or ours anew and further on: only a stop commits it once more. */
  const commit = (isStop = false): Promise<void> => {
    committing = committing.then(async () => {
      if (signal.aborted && !isStop) return;
      // Those that are waited for still, too: whoever goes on from here would take their messages for settled.
      const places = [...ways]
        .filter(([name, way]) => behind.has(name) || way.inHand() > 0)
        .map(([name, way]) => [name, way.settled()] as const);
      return ports.commit({ main, behind: new Map(places) });
    });
    return committing;
  };

  const commitSoon = (): void => {
    if (isCommitDue || signal.aborted) return;
    isCommitDue = true;
    clock.after(bounds.commitMs, () => {
      isCommitDue = false;
      if (!signal.aborted) commit().catch(onFailure);
    });
  };

  /** One look at a way that is behind; answers whether it still is. */
  const goOn = async (endpoint: string, way: Way): Promise<boolean> => {
    const from = way.taken();
    const room = bounds.behindMessages - way.inHand();
    // Not for every message that is settled: it may be one of many records.
    if (from.offset < main.offset && 2 * room >= bounds.behindMessages) {
      const wanted = Math.ceil(room / (density.get(endpoint) ?? 1));
      const to = Math.min(from.offset + Math.min(wanted, mostStepRecords), main.offset);
      const batch = await planAgain(from, to);
      if (batch === undefined) return true;
      density.set(endpoint, messagesFor(endpoint, batch.steps) / (to - from.offset));
      const { steps, end } = upTo(room, endpoint, batch.steps, { offset: to, cursor: batch.end.cursor });
      way.take(steps, end);
      return true;
    }
    if (from.offset >= main.offset && way.inHand() === 0) {
      behind.delete(endpoint);
      return false;
    }
    await pause(clock, Number.POSITIVE_INFINITY, signal, way.news());
    return true;
  };

  const fallBehind = async (endpoint: string, way: Way): Promise<void> => {
    behind.add(endpoint);
    while (!signal.aborted && (await goOn(endpoint, way))) commitSoon();
    commitSoon();
  };

  for (const [endpoint, place] of position.behind)
    void fallBehind(endpoint, wayFrom(endpoint, place)).catch(onFailure);

  return {
    async act(records) {
      const batch = await plan(main, records);
      if (batch === undefined || signal.aborted) return;
      const named = new Set(batch.steps.flatMap(({ webhooks }) => webhooks.map(({ endpoint }) => endpoint)));
      const direct = [...named]
        .filter((endpoint) => !behind.has(endpoint))
        .map((endpoint) => [endpoint, ways.get(endpoint) ?? wayFrom(endpoint, main)] as const);
      for (const [, way] of direct) way.take(batch.steps, batch.end);
      main = batch.end;
      // There is more to read for those that are behind.
      for (const endpoint of behind) ways.get(endpoint)?.wake();
      if (direct.length > 0) {
        const all = Promise.all(direct.map(([, way]) => way.idle()));
        await pause(clock, bounds.waitMs, signal, all);
      }
      for (const [endpoint, way] of direct)
        if (way.inHand() > 0) void fallBehind(endpoint, way).catch(onFailure);
      await commit();
    },
    behind: () =>
      new Map(
        [...behind].map((name) => [name, main.offset - (ways.get(name)?.settled() ?? main).offset] as const),
      ),
    giveUp: () => givenUp.abort(),
    isGivenUp: () => signal.aborted,
    async atRest() {
      await Promise.all([...ways.values()].map((way) => way.atRest()));
      await commit(true);
    },
  };
}

function messagesFor(endpoint: string, steps: readonly Step[]): number {
  return steps.reduce(
    (sum, { webhooks }) => sum + webhooks.filter((webhook) => webhook.endpoint === endpoint).length,
    0,
  );
}

/** The first steps, with at most so many messages for the endpoint unless the first has more, and the place behind them. */
function upTo(
  most: number,
  endpoint: string,
  steps: readonly Step[],
  end: Place,
): { readonly steps: readonly Step[]; readonly end: Place } {
  let messages = 0;
  let last: Step | undefined;
  for (const [at, step] of steps.entries()) {
    messages += messagesFor(endpoint, [step]);
    // Changes that were found elsewhere share a place: whoever went on from there would come by the first again.
    const isApart = last !== undefined && step.before.offset > last.before.offset;
    if (messages > most && isApart) return { steps: steps.slice(0, at), end: step.before };
    last = step;
  }
  return { steps, end };
}
