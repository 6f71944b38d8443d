/** What is bad at the moment, and what that does to a call. */
import type { Random } from "./random.ts";

export const targets = ["append", "read", "commit", "store", "warehouse", "webhook", "registry"] as const;

export type Target = (typeof targets)[number];

/**
 * `refused`: nothing happened. `unanswered`: it happened, and nobody hears of it. `late`: it fails, and happens all the
 * same later. `twice`: it happens again later.
 */
export type Fate = "good" | "refused" | "unanswered" | "late" | "twice";

/** What may become of a call that writes: it may take effect though it failed; `late`: and long after it was given up; `repeats`: and twice. */
export type Write = "once" | "late" | "repeats";

interface Spell {
  readonly target: Target;
  /** Share of calls that go wrong. */
  readonly failing: number;
  readonly slowMs: number;
}

export interface Weather {
  begin(spell: Spell): () => void;
  /** No more faults at all. */
  clear(): void;
  delayMs(target: Target, random: Random): number;
  fate(target: Target, random: Random, write: Write | undefined): Fate;
}

/** `everywhere` is the share of calls that fail in good weather. */
export function createWeather(everywhere: number): Weather {
  let spells: Spell[] = [];
  let usual = everywhere;
  const of = (target: Target): Spell[] => spells.filter((spell) => spell.target === target);
  return {
    begin(spell) {
      spells.push(spell);
      return () => {
        spells = spells.filter((other) => other !== spell);
      };
    },
    clear() {
      spells = [];
      usual = 0;
    },
    delayMs: (target, random) =>
      of(target).reduce((most, { slowMs }) => Math.max(most, random.whole(0, slowMs)), 0),
    fate(target, random, write) {
      const failing = of(target).reduce((most, spell) => Math.max(most, spell.failing), usual);
      const [fails, way] = [random.next(), random.next()];
      if (fails >= failing) return "good";
      if (write === undefined) return "refused";
      if (write === "once") return way < 0.5 ? "refused" : "unanswered";
      if (write === "late") return way < 0.4 ? "refused" : way < 0.7 ? "unanswered" : "late";
      return way < 0.35 ? "refused" : way < 0.65 ? "unanswered" : way < 0.85 ? "late" : "twice";
    },
  };
}
