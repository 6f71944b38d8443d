/**
 * Virtual time: what is to come, in order of its instant; at one instant chance decides. Between two tasks every
 * promise that can go on has gone on, so a run is a function of its seed.
 */
import type { Random } from "./random.ts";

interface Task {
  readonly at: number;
  readonly tie: number;
  readonly label: string;
  run: (() => void) | null;
}

export interface Scheduler {
  /** Ms since the run began. */
  now(): number;
  /** Runs a step after a delay in ms; answers what cancels it. The label stands in the trace. */
  after(delayMs: number, label: string, run: () => void): () => void;
  /** Runs until the time is up or the condition, asked after each task, holds. */
  runUntil(at: number, isDone?: () => boolean): Promise<void>;
  readonly trace: Trace;
}

export interface Trace {
  /** Of every task so far and its instant. */
  hash(): string;
  readonly steps: number;
}

/** `onStep` is told of each task. */
export function createScheduler(random: Random, onStep?: (at: number, label: string) => void): Scheduler {
  const heap: Task[] = [];
  let now = 0;
  let steps = 0;
  let hash = 0x811c9dc5;

  const before = (a: Task, b: Task): boolean => a.at < b.at || (a.at === b.at && a.tie < b.tie);
  const push = (task: Task): void => {
    let place = heap.length;
    heap.push(task);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above] as Task;
      if (!before(task, parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = task;
  };
  const pop = (): Task | undefined => {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let below = place * 2 + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && before(heap[below + 1] as Task, heap[below] as Task)) below += 1;
      if (!before(heap[below] as Task, last)) break;
      heap[place] = heap[below] as Task;
      place = below;
    }
    heap[place] = last;
    return first;
  };
  const note = ({ at, label }: Task): void => {
    steps += 1;
    onStep?.(at, label);
    hash = Math.imul(hash ^ at, 0x01000193);
    for (let index = 0; index < label.length; index += 1)
      hash = Math.imul(hash ^ label.charCodeAt(index), 0x01000193);
  };

  return {
    now: () => now,
    after(delayMs, label, run) {
      const at = now + Math.max(0, Math.round(delayMs));
      const task: Task = { at, tie: random.next(), label, run };
      push(task);
      return () => {
        task.run = null;
      };
    },
    async runUntil(at, isDone) {
      while (heap[0] !== undefined && heap[0].at <= at) {
        const task = pop();
        if (task?.run == null) continue;
        now = task.at;
        note(task);
        task.run();
        await settled();
        if (isDone?.()) return;
      }
      now = Math.max(now, at);
    },
    trace: {
      hash: () => (hash >>> 0).toString(16).padStart(8, "0"),
      get steps() {
        return steps;
      },
    },
  };
}

/** All promises that can go on have, when the next turn of the event loop begins. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
