/**
 * A log folded once more, by the laws (P1 to P4) and by scans alone. An event after the clock: first every change before
 * it, at its own instant, then its own. One at or behind the clock: the net difference at the clock. The clock is the
 * latest instant of an event or of a change.
 */
import type { FoldEvent, TransitionCause } from "../../../src/index.ts";
import { nextCandidate } from "./candidates.ts";
import { type Knowledge, knowledgeOf } from "./knowledge.ts";
import { isLatch, type Latches, type NaivePlan, type Scene, sceneAt } from "./scene.ts";
import { membershipsAt } from "./walk.ts";

export interface NaiveTransition {
  /** `kind/id`. */
  readonly name: string;
  readonly from: string | null;
  readonly to: string;
  readonly effectiveAt: number;
  readonly cause: TransitionCause;
  /** As it was when it was found, latches as they stand after it. */
  readonly after: Scene;
}

interface Member {
  readonly value: string;
  readonly since: number;
}

export class NaiveLog {
  readonly #plan: NaivePlan;
  readonly #events: FoldEvent[] = [];
  #known: Knowledge = knowledgeOf([]);
  #members = new Map<string, Member>();
  clock: number | null = null;

  constructor(plan: NaivePlan) {
    this.#plan = plan;
  }

  fold(event: FoldEvent): NaiveTransition[] {
    const { occurredAt } = event;
    if (this.clock !== null && occurredAt <= this.clock) {
      this.#admit(event);
      return this.#settle(this.clock, "late", occurredAt);
    }
    const before = this.pass(occurredAt - 1);
    this.#admit(event);
    this.clock = occurredAt;
    return [...before, ...this.#settle(occurredAt, "event", occurredAt)];
  }

  /** Time passes, that instant included. */
  pass(to: number): NaiveTransition[] {
    const found: NaiveTransition[] = [];
    if (this.clock === null) return found;
    let at = nextCandidate(this.#plan, this.#known, this.clock, this.#latches());
    while (at <= to) {
      const changes = this.#settle(at, "time", at);
      if (changes.length > 0) this.clock = at;
      found.push(...changes);
      at = nextCandidate(this.#plan, this.#known, at, this.#latches());
    }
    return found;
  }

  /** As it stands at its clock. */
  members(): ReadonlyMap<string, Member> {
    return this.#members;
  }

  #admit(event: FoldEvent): void {
    this.#events.push(event);
    this.#known = knowledgeOf([...this.#events]);
  }

  #latches(): Latches {
    const latches = new Map<string, number>();
    for (const definition of this.#plan.definitions) {
      const member = this.#members.get(`segment/${definition.id}`);
      if (isLatch(definition) && member?.value === "in") latches.set(definition.id, member.since);
    }
    return latches;
  }

  #settle(now: number, cause: TransitionCause, occurredAt: number): NaiveTransition[] {
    const changes: Omit<NaiveTransition, "after">[] = [];
    for (const [name, to] of membershipsAt(sceneAt(this.#plan, this.#known, now, this.#latches()))) {
      const held = this.#members.get(name);
      const from = held?.value ?? (name.startsWith("segment/") ? "out" : null);
      if (from === to) continue;
      const effectiveAt = cause === "late" ? Math.max(occurredAt, held?.since ?? occurredAt) : now;
      changes.push({ name, from, to, effectiveAt, cause });
    }
    for (const { name, to, effectiveAt } of changes)
      this.#members.set(name, { value: to, since: effectiveAt });
    const after = sceneAt(this.#plan, this.#known, now, this.#latches());
    const rank = ({ name, to }: { name: string; to: string }): number =>
      name.startsWith("classification/") ? 1 : to === "out" ? 0 : 2;
    // Leaves, then moves, then enters.
    return changes.sort((a, b) => rank(a) - rank(b)).map((change) => ({ ...change, after }));
  }
}
