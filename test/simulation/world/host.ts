/**
 * A process and its calls to the outside. A call travels to the other side, takes effect there, and its answer travels
 * back; each of the three can be late or fail. A process that crashed gets no answer any more, one that is paused gets
 * it when it goes on.
 */
import { type Clock, LogError } from "@tidemark/runtime";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Target, Weather, Write } from "./weather.ts";

export interface Host {
  readonly name: string;
  readonly clock: Clock;
  isAlive(): boolean;
  isPaused(): boolean;
  /** A call of the process to `target`; `effect` is what it does there, at one instant. */
  call<Result>(target: Target, label: string, effect: () => Result, options?: CallOptions): Promise<Result>;
  /** Something reaches the process: now, when it goes on, or never. */
  deliver(step: () => void): void;
  /** Everything of it is gone; what it sent may still arrive. */
  crash(): void;
  pause(): void;
  resume(): void;
  /** Does something in the middle of the so-many-th call from now: what it does there is done, its answer is not back. */
  afterCalls(count: number, step: () => void): void;
  /** By how much its clock is ahead, in ms. */
  skew(byMs: number): void;
  /** Its client leaves records out the next time that it can. */
  skipOnce(): void;
  /** Whether it is to leave records out, which `skipped` takes back once it did. */
  skips(): boolean;
  skipped(records: number): void;
}

export interface CallOptions {
  readonly write?: Write;
  /** Made of an error that says what the caller can know. */
  readonly failure?: (kind: "retry" | "ambiguous", message: string) => Error;
  /** False where the connection that carries the call is gone. */
  readonly isConnected?: () => boolean;
}

export interface HostPorts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly weather: Weather;
  /** The world's wall clock, in ms since the epoch. */
  readonly wallClock: () => number;
  /** Counts what clients left out. */
  readonly leftOut: { records: number };
}

const logError = (kind: "retry" | "ambiguous", message: string): Error => new LogError(kind, message);

export function createHost(
  name: string,
  { scheduler, random, weather, wallClock, leftOut }: HostPorts,
): Host {
  let alive = true;
  let paused = false;
  let aheadMs = 0;
  let toSkip = 0;
  let waiting: (() => void)[] = [];
  let armed: { left: number; readonly step: () => void }[] = [];
  const countCall = (): void => {
    if (armed.length === 0) return;
    for (const one of armed) one.left -= 1;
    const due = armed.filter(({ left }) => left < 0);
    armed = armed.filter(({ left }) => left >= 0);
    for (const { step } of due) step();
  };

  const deliver = (step: () => void): void => {
    if (!alive) return;
    if (paused) waiting.push(step);
    else step();
  };
  const travelMs = (target: Target): number => {
    const fast = random.chance(0.04) ? random.whole(20, 400) : random.whole(0, 8);
    return fast + weather.delayMs(target, random);
  };

  const host: Host = {
    name,
    isAlive: () => alive,
    isPaused: () => paused,
    deliver,
    call<Result>(target: Target, label: string, effect: () => Result, options: CallOptions = {}) {
      const { write, failure = logError, isConnected = () => true } = options;
      const fate = weather.fate(target, random, write);
      const outlives = random.chance(0.5);
      const what = `${name} ${label}`;
      return new Promise<Result>((resolve, reject) => {
        const answer = (end: () => void): void => {
          scheduler.after(travelMs(target), `${what} answered`, () => deliver(end));
        };
        const fail = (kind: "retry" | "ambiguous"): void =>
          answer(() => reject(failure(kind, `${label}: ${kind === "retry" ? "refused" : "no answer"}`)));
        const take = (): void => {
          let result: Result;
          try {
            result = effect();
          } catch (error) {
            answer(() => reject(error));
            return;
          }
          if (fate === "unanswered") fail("ambiguous");
          else
            answer(() =>
              isConnected() ? resolve(result) : reject(failure("ambiguous", `${label}: cut off`)),
            );
          if (fate === "twice") scheduler.after(random.whole(0, 900), `${what} again`, () => again(effect));
          countCall();
        };
        const arrive = (): void => {
          if (!alive && !outlives) return;
          if (!isConnected()) fail("ambiguous");
          else if (fate === "refused") fail("retry");
          else take();
        };
        if (fate === "late") {
          scheduler.after(travelMs(target), what, () => fail("ambiguous"));
          scheduler.after(random.whole(50, 6_000), `${what} late`, () => isConnected() && again(effect));
        } else scheduler.after(travelMs(target), what, arrive);
      });
    },
    afterCalls: (count, step) => void armed.push({ left: count, step }),
    crash() {
      alive = false;
      armed = [];
      waiting = [];
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      for (const step of waiting.splice(0))
        scheduler.after(random.whole(0, 30), `${name} goes on`, () => deliver(step));
    },
    skew(byMs) {
      aheadMs = byMs;
    },
    skipOnce() {
      toSkip += 1;
    },
    skips: () => toSkip > 0,
    skipped(records) {
      toSkip -= 1;
      leftOut.records += records;
    },
    clock: {
      now: () => wallClock() + aheadMs,
      elapsedMs: () => scheduler.now(),
      after(delayMs, callback) {
        let cancelled = false;
        const cancel = scheduler.after(delayMs, `${name} timer`, () =>
          deliver(() => {
            if (!cancelled) callback();
          }),
        );
        return () => {
          cancelled = true;
          cancel();
        };
      },
      sleep: (delayMs) =>
        new Promise((resolve) => scheduler.after(delayMs, `${name} slept`, () => deliver(resolve))),
    },
  };
  return host;
}

/** Nobody waits for it any more: whether it fails does not matter. */
function again(effect: () => unknown): void {
  try {
    effect();
  } catch {
    // Refused by the other side, as it may be.
  }
}
