/** Whether what a service rests on answers: each part is asked now and then, and `/ready` names the one that is silent. */
import type { Clock } from "./ports/clock.ts";
import type { Readiness } from "./readiness.ts";

export interface Dependencies {
  /** Asks `probe` for as long as the service runs. `name` is for people, such as `Redis`. */
  watch(name: string, probe: () => Promise<unknown>): void;
  ready(): Readiness;
  stop(): void;
}

export interface DependencyBounds {
  /** How often each is asked, in ms. */
  readonly checkMs: number;
  /** A part that did not answer for so long is away, in ms. */
  readonly awayAfterMs: number;
}

interface Part {
  answeredAt: number;
  /** What came of the last question where it failed. */
  fault: string | undefined;
}

/** A probe that hangs is not asked again, and counts as one that does not answer. */
export function createDependencies(clock: Clock, { checkMs, awayAfterMs }: DependencyBounds): Dependencies {
  const parts = new Map<string, Part>();
  let stopped = false;

  const ask = async (part: Part, probe: () => Promise<unknown>): Promise<void> => {
    while (!stopped) {
      try {
        await probe();
        part.answeredAt = clock.elapsedMs();
        part.fault = undefined;
      } catch (error) {
        part.fault = error instanceof Error ? error.message : String(error);
      }
      await new Promise<void>((resolve) => clock.after(checkMs, resolve));
    }
  };

  return {
    watch(name, probe) {
      const part: Part = { answeredAt: clock.elapsedMs(), fault: undefined };
      parts.set(name, part);
      void ask(part, probe);
    },
    ready() {
      const now = clock.elapsedMs();
      for (const [name, { answeredAt, fault }] of parts) {
        const silentMs = now - answeredAt;
        if (silentMs <= awayAfterMs) continue;
        const why = fault === undefined ? "" : `: ${fault}`;
        return { ready: false, reason: `${name} does not answer for ${seconds(silentMs)}${why}` };
      }
      return { ready: true };
    },
    stop() {
      stopped = true;
    },
  };
}

function seconds(ms: number): string {
  return `${Math.floor(ms / 1_000)} s`;
}
