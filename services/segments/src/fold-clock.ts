/**
 * What a clock record fires. One more law of the fold:
 *  F3 a clock record fires at most `max` timers, in order of the instant they are due; one that is armed again for an
 *     instant that has come takes its turn among them.
 */
import type { CustomerState, Plan } from "@tidemark/core";
import { fireTimer, unpackCustomer } from "@tidemark/core";
import { type DefinitionSet, planFor, type SubjectWrite, type Timer, type TimerSet } from "@tidemark/runtime";
import { type FoldInput, type FoldResult, Output, packed } from "./fold.ts";
import { staleCuts } from "./stale-cuts.ts";

export interface DueTimer extends Timer {
  readonly set: TimerSet;
}

export interface Firing {
  /** Of the clock record. */
  readonly offset: number;
  readonly appendedAt: number;
  /** Those due earliest, in order of instant, then of subject; all that are due where they are fewer than `max`. */
  readonly due: readonly DueTimer[];
  readonly max: number;
}

interface OpenSubject {
  readonly kind: "customer" | "company";
  readonly id: string;
  readonly plan: Plan;
  readonly state: CustomerState;
  timer: SubjectWrite["timer"];
}

/** `states` holds what was stored for every subject due. Answers how many timers were fired, too. */
export function foldClock(
  input: FoldInput,
  { offset, appendedAt, due, max }: Firing,
  states: ReadonlyMap<string, Buffer | null>,
): FoldResult & { readonly fired: number } {
  const { definitions, meta } = input;
  const output = new Output(input);
  const open = new Map<string, OpenSubject>();
  const gone: SubjectWrite[] = [];
  const agenda = [...due];
  // What lies behind the last one given is not known where there may be more.
  const last = due.length < max ? null : (due.at(-1) ?? null);
  let fired = 0;
  for (; fired < max; fired += 1) {
    const timer = agenda[fired];
    if (timer === undefined) break;
    const key = timer.subject;
    const subject = open.get(key) ?? openSubject(definitions, key, states.get(key) ?? null);
    if (subject === null) {
      gone.push({ subject: key, state: null, timer: null });
      continue;
    }
    const { plan, state } = subject;
    // A timer that waited longer than its own instant was armed by history.
    const historic = timer.set === "held" || timer.dueAt !== state.timer;
    for (const moved of (open.has(key) ? null : staleCuts(definitions, plan, state, () => historic)) ?? [])
      output.change(moved.transitions, subject.id, subject.kind, moved.historic, offset, null);
    open.set(key, subject);
    const instant = state.timer;
    if (instant === null || instant > meta.clock) {
      subject.timer = instant === null ? null : { set: "live", dueAt: instant };
      continue;
    }
    output.change(fireTimer(plan, state, instant), subject.id, subject.kind, historic, offset, null);
    subject.timer = armAfterFiring(state.timer, historic, timer.set, appendedAt);
    const again = subject.timer && { ...subject.timer, subject: key };
    if (again !== null && again.dueAt <= meta.clock && (last === null || isBefore(again, last)))
      takeTurn(agenda, fired + 1, again);
  }
  const writes = [...open].map(([subject, { plan, state, timer }]) => {
    return { subject, state: packed(plan, state), timer };
  });
  return { ...output.result([...gone, ...writes], []), fired };
}

/** The order in which timers fire. */
export function inOrderOfInstant(one: Timer, other: Timer): number {
  return one.dueAt - other.dueAt || (one.subject < other.subject ? -1 : 1);
}

const isBefore = (one: Timer, other: Timer): boolean => inOrderOfInstant(one, other) < 0;

/** Puts a timer in its place among those from `start` on, which are in order. */
function takeTurn(agenda: DueTimer[], start: number, timer: DueTimer): void {
  let low = start;
  let high = agenda.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = agenda[middle];
    if (there !== undefined && isBefore(there, timer)) low = middle + 1;
    else high = middle;
  }
  agenda.splice(low, 0, timer);
}

/** Null where there is nobody any more. */
function openSubject(definitions: DefinitionSet, key: string, bytes: Buffer | null): OpenSubject | null {
  if (bytes === null) return null;
  const kind = key.startsWith("company:") ? "company" : "customer";
  const id = key.slice(key.indexOf(":") + 1);
  const plan = planFor(definitions, bytes);
  return { kind, id, plan, state: unpackCustomer(plan, bytes, id), timer: null };
}

function armAfterFiring(
  instant: number | null,
  historic: boolean,
  set: TimerSet,
  appendedAt: number,
): SubjectWrite["timer"] {
  if (instant === null) return null;
  if (!historic || instant > appendedAt) return { set: "live", dueAt: instant };
  if (set === "held") return { set: "held", dueAt: instant };
  // Due at once, and still told apart from a live timer by being later than its instant.
  return { set: "live", dueAt: instant + 1 };
}
