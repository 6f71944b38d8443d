/**
 * The changes that one subject ought to have had, worked out naively from its admitted events in the order of the
 * log. An event after the subject's clock first brings every change strictly before it, each at its own instant, then
 * its own instant is looked at once. One at or before the clock gives the net difference at the clock. Whether timers
 * had moved the clock on before an event arrived is not a matter of event time: that alone is taken from what was
 * published, and every change taken so is checked like the others.
 */
import type { Reading } from "../language/definitions.ts";
import type { EventEntry } from "../records.ts";
import { emptyAgenda } from "./agenda.ts";
import { addEvent, emptyHistory } from "./history.ts";
import { lookout, momentAt } from "./look.ts";

export interface ExpectedChange {
  /** `kind/id`. */
  readonly definition: string;
  readonly from: string | null;
  readonly to: string;
  readonly effectiveAt: number;
  readonly cause: "event" | "time" | "late";
  /** Changes of one look have one number; they rise in the order of publishing. */
  readonly step: number;
}

/** A change that a timer brought: the clock stood there when the record at `causeOffset` had been folded. */
export interface Fired {
  readonly effectiveAt: number;
  readonly causeOffset: number;
  /** Whether its definition is in the reading; one that was evaluated once had moved the clock all the same. */
  readonly isJudged: boolean;
}

export interface Folded {
  readonly changes: readonly ExpectedChange[];
  /** By `kind/id`, at `at`. */
  readonly states: ReadonlyMap<string, string>;
  /** `asOf`, or the last event's time where that is later. */
  readonly at: number;
}

/** Subjects with more events than that may have windows that count by the hour. */
const exactInstants = 256;

export function foldSubject(
  reading: Reading,
  entries: readonly EventEntry[],
  fired: readonly Fired[],
  asOf: number,
): Folded {
  const at = entries.reduce((latest, { event }) => Math.max(latest, event.occurredAt), asOf);
  const history = emptyHistory(reading.gathering.selectors.values());
  const agenda = emptyAgenda();
  const hasHours = entries.length > exactInstants;
  const { lookOutFor } = lookout(reading, history, agenda, { until: at, hasHours });
  const held = new Map<string, { readonly state: string; readonly since: number }>();
  const changes: ExpectedChange[] = [];
  const names = [...reading.answering.keys()];
  let clock = Number.NEGATIVE_INFINITY;
  let step = 0;

  const look = (
    now: number,
    definitions: Iterable<string>,
    cause: ExpectedChange["cause"],
    effectiveAt: (since: number | undefined) => number,
  ): boolean => {
    const moment = momentAt(reading, history, now);
    const before = changes.length;
    step += 1;
    for (const definition of definitions) {
      const known = held.get(definition);
      const from = known?.state ?? reading.answering.get(definition)?.atFirst ?? null;
      const to = moment.stateOf(definition);
      if (from === to) continue;
      const since = effectiveAt(known?.since);
      held.set(definition, { state: to, since });
      changes.push({ definition, from, to, effectiveAt: since, cause, step });
    }
    return changes.length > before;
  };
  const letTimePass = (upTo: number): void => {
    for (let due = agenda.take(upTo); due !== undefined; due = agenda.take(upTo)) {
      const { instant, definitions } = due;
      if (instant <= clock) continue;
      if (look(instant, withDependents(reading, definitions), "time", () => instant)) clock = instant;
    }
  };

  const byCause = [...fired].sort((a, b) => a.causeOffset - b.causeOffset);
  let next = 0;
  for (const { event, offset } of entries) {
    let firedUpTo = Number.NEGATIVE_INFINITY;
    let movedTo = Number.NEGATIVE_INFINITY;
    for (let one = byCause[next]; one !== undefined && one.causeOffset < offset; one = byCause[next]) {
      firedUpTo = Math.max(firedUpTo, one.effectiveAt);
      if (!one.isJudged) movedTo = Math.max(movedTo, one.effectiveAt);
      next += 1;
    }
    if (clock > Number.NEGATIVE_INFINITY) {
      letTimePass(Math.min(firedUpTo, at));
      clock = Math.max(clock, Math.min(movedTo, at));
    }
    const { occurredAt } = event;
    if (occurredAt <= clock) {
      lookOutFor(addEvent(history, event, offset), clock);
      look(clock, names, "late", (since) => Math.max(occurredAt, since ?? occurredAt));
      continue;
    }
    letTimePass(occurredAt - 1);
    clock = occurredAt;
    lookOutFor(addEvent(history, event, offset), clock);
    look(clock, names, "event", () => occurredAt);
  }
  letTimePass(at);
  const end = momentAt(reading, history, at);
  return { changes, at, states: new Map(names.map((name) => [name, end.stateOf(name)])) };
}

function withDependents({ answering }: Reading, definitions: ReadonlySet<string>): ReadonlySet<string> {
  const all = new Set(definitions);
  for (const name of definitions)
    for (const dependent of answering.get(name)?.dependents ?? []) all.add(dependent);
  return all;
}
