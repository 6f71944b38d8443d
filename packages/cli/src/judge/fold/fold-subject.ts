/**
 * The changes that one subject ought to have had, worked out naively from its admitted events in the order of the
 * log. An event after the subject's clock first brings every change strictly before it, each at its own instant, then
 * its own instant is looked at once. One at or before the clock gives the net difference at the clock. Whether timers
 * had moved the clock on before an event arrived is not a matter of event time: that alone is taken from what was
 * published, and every change taken so is checked like the others.
 */
import type { LifeEntry } from "../identity/lives.ts";
import type { Reading } from "../language/definitions.ts";
import type { CutPoints, CutsEntry, EventEntry } from "../records.ts";
import { type Agenda, emptyAgenda } from "./agenda.ts";
import { type Added, absorbHistory, addEvent, emptyHistory } from "./history.ts";
import {
  type Absorbed,
  type AbsorbedOf,
  countEvents,
  gather,
  instantOf,
  type Life,
  livesOf,
} from "./life.ts";
import { type Lookout, lookout, momentAt } from "./look.ts";

export interface ExpectedChange {
  /** `kind/id`. */
  readonly definition: string;
  readonly from: string | null;
  readonly to: string;
  readonly effectiveAt: number;
  readonly cause: "event" | "time" | "late" | "cuts" | "merge" | "erased" | "definition";
  /** Changes of one look have one number; they rise in the order of publishing. */
  readonly step: number;
  /** Told only where somebody looked between cuts that came and the deletion of the definition. */
  isOptional?: boolean;
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
  /** By `kind/id`, at `at`. Empty of who ended. */
  readonly states: ReadonlyMap<string, string>;
  /** Where the clock stood at each merge of the subject, by the offset of the merge. */
  readonly clocks: ReadonlyMap<number, number>;
  /** `asOf`, or the last event's time where that is later. */
  readonly at: number;
  /** Sweeps that were over while the subject lived, and had not reached it. */
  readonly unreached: readonly string[];
}

/** Other definitions, which a sweep brings. */
export interface Turn {
  readonly sweep: string;
  /** Whoever begins behind it goes by them from the first. */
  readonly offset: number;
  /** Of the sweep's end; null where it is under way. */
  readonly end: number | null;
  readonly reading: Reading;
  /** What of it was deleted since. */
  readonly deleted?: readonly Deleted[];
  /** When it reached the subject; null where it did not. */
  readonly reached: { readonly offset: number; readonly appendedAt: number } | null;
}

/** A definition that was deleted: nobody is in it any more, and no change says so. */
export interface Deleted {
  readonly offset: number;
  /** `kind/id`. */
  readonly name: string;
  /** What is left. */
  readonly reading: Reading;
}

/** What a log says beside somebody's life. */
export interface Around {
  readonly absorbedOf?: AbsorbedOf;
  /** That came into force in the partition, in order of offset. */
  readonly cuts?: readonly CutsEntry[];
  /** Of the subject, in order of offset. */
  readonly turns?: readonly Turn[];
  /** Of the partition, in order of offset; what is left is of the definitions at first. */
  readonly deleted?: readonly Deleted[];
}

/** Subjects with more events than that may have windows that count by the hour. */
const exactInstants = 256;

export function foldSubject(
  reading: Reading,
  { partition, entries }: Life,
  fired: readonly Fired[],
  asOf: number,
  { absorbedOf = () => undefined, cuts = [], turns = [], deleted = [] }: Around = {},
): Folded {
  const at = entries.reduce((latest, entry) => Math.max(latest, instantOf(entry)), asOf);
  const context: Context = {
    reading,
    partition,
    at,
    absorbedOf,
    cuts,
    turns,
    deleted,
    unreached: [],
    firedBefore: firedBefore(fired, at),
    changes: [],
    clocks: new Map(),
    hasHours: countEvents({ partition, entries }, absorbedOf) > exactInstants,
  };
  let states: ReadonlyMap<string, string> = new Map();
  for (const life of livesOf(entries)) states = foldLife(context, life);
  const { changes, clocks, unreached } = context;
  return { changes, at, states, clocks, unreached };
}

interface Context {
  readonly reading: Reading;
  readonly partition: number;
  readonly at: number;
  readonly absorbedOf: AbsorbedOf;
  readonly cuts: readonly CutsEntry[];
  readonly turns: readonly Turn[];
  readonly deleted: readonly Deleted[];
  readonly unreached: string[];
  readonly firedBefore: (offset: number) => { readonly looked: number; readonly moved: number };
  readonly changes: ExpectedChange[];
  readonly clocks: Map<number, number>;
  readonly hasHours: boolean;
}

/** What is evaluated, and when it may change by itself. */
interface Evaluation {
  readonly reading: Reading;
  readonly agenda: Agenda;
  readonly lookout: Lookout;
}

/** What comes to a partition and changes what its definitions say. */
type Coming =
  | { readonly offset: number; readonly appendedAt: number; readonly values: CutPoints }
  | { readonly offset: number; readonly appendedAt: number; readonly turn: Turn }
  | { readonly offset: number; readonly gone: string };

/** What is evaluated from an offset on. */
type Stage = Pick<Turn, "reading" | "deleted">;

function readingFrom({ reading, deleted = [] }: Stage, offset: number): Reading {
  return deleted.findLast((one) => one.offset <= offset)?.reading ?? reading;
}

/** Answers the states at the end, none of who ended. */
function foldLife(context: Context, entries: readonly LifeEntry[]): ReadonlyMap<string, string> {
  const { partition, at, changes, hasHours, absorbedOf } = context;
  // To absorb nobody does not make somebody.
  const begins = entries.find(
    (entry) => entry.type !== "absorbed" || absorbedOf(entry.from, entry.mergeOffset) !== undefined,
  );
  const born = begins?.offset ?? entries.at(-1)?.offset ?? 0;
  let stage: Stage = context.turns.findLast(({ offset }) => offset < born) ?? context;
  const first = readingFrom(stage, born);
  const turns = context.turns.filter(({ offset }) => offset > born);
  const readings = [stage, ...turns].flatMap((one) => [
    one.reading,
    ...(one.deleted ?? []).map(({ reading: left }) => left),
  ]);
  const selectors = readings.flatMap(({ gathering }) => [...gathering.selectors.values()]);
  const history = emptyHistory(selectors);
  const evaluations = new Map(
    readings.map((reading): [Reading, Evaluation] => {
      const agenda = emptyAgenda();
      const bounds = { until: at, hasHours };
      return [reading, { reading, agenda, lookout: lookout(reading, history, agenda, bounds) }];
    }),
  );
  const evaluationOf = (reading: Reading): Evaluation => {
    const found = evaluations.get(reading);
    if (found === undefined) throw new Error("nothing is evaluated by this reading");
    return found;
  };
  let { reading, agenda } = evaluationOf(first);
  const lookOutFor = (added: Added, from: number): void => {
    for (const one of evaluations.values()) one.lookout.lookOutFor(added, from);
  };
  const held = new Map<string, { readonly state: string; readonly since: number }>();
  const names = (): Iterable<string> => reading.answering.keys();
  let clock = Number.NEGATIVE_INFINITY;
  const toCome: Coming[] = [
    ...context.cuts.filter(({ offset }) => offset > born),
    ...turns.flatMap((turn): Coming[] => (turn.reached === null ? [] : [{ ...turn.reached, turn }])),
    ...context.deleted.flatMap(({ offset, name }) => (offset > born ? [{ offset, gone: name }] : [])),
  ].sort((a, b) => a.offset - b.offset);
  let inForce: CutPoints = context.cuts.findLast(({ offset }) => offset < born)?.values ?? {};

  const look = (
    now: number,
    definitions: Iterable<string>,
    cause: ExpectedChange["cause"],
    effectiveAt: (since: number | undefined) => number,
  ): boolean => {
    const moment = momentAt(reading, history, now, inForce);
    const before = changes.length;
    const step = (changes.at(-1)?.step ?? 0) + 1;
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
  const catchUp = (offset: number): void => {
    const { looked, moved } = context.firedBefore(offset);
    if (clock === Number.NEGATIVE_INFINITY) return;
    letTimePass(looked);
    clock = Math.max(clock, moved);
  };
  /** What cuts brought since the subject's last record. */
  let byCuts: ExpectedChange[] = [];
  /** What is due before new cuts or definitions goes by those before; then they are looked at. */
  const takeWhatCame = (below: number): void => {
    for (let one = toCome[0]; one !== undefined && one.offset < below; one = toCome[0]) {
      toCome.shift();
      catchUp(one.offset);
      if ("gone" in one) {
        held.delete(one.gone);
        for (const change of byCuts) if (change.definition === one.gone) change.isOptional = true;
        ({ reading, agenda } = evaluationOf(readingFrom(stage, one.offset)));
        continue;
      }
      const known = changes.length;
      if (clock > Number.NEGATIVE_INFINITY) letTimePass(one.appendedAt - 1);
      const isTurn = "turn" in one;
      if ("turn" in one) {
        stage = one.turn;
        ({ reading, agenda } = evaluationOf(readingFrom(stage, one.offset)));
      } else inForce = one.values;
      if (clock === Number.NEGATIVE_INFINITY) continue;
      const now = Math.max(one.appendedAt, clock);
      look(now, names(), isTurn ? "definition" : "cuts", () => now);
      if (!isTurn) byCuts.push(...changes.slice(known));
      // What comes later and is dated before them is late.
      clock = now;
    }
  };
  const hasEvents = entries.some(({ type }) => type === "event");
  const leftOut = (endOfLife: number): void => {
    for (const { sweep, end: over, reached } of turns)
      if (reached === null && over !== null && over < endOfLife && hasEvents) context.unreached.push(sweep);
  };
  /** Leaves everything that it is in. */
  const end = (instant: number, cause: "merge" | "erased"): void => {
    const step = (changes.at(-1)?.step ?? 0) + 1;
    for (const [definition, { state, since }] of held)
      if (state !== nowhere)
        changes.push({
          definition,
          from: state,
          to: nowhere,
          effectiveAt: Math.max(since, instant),
          cause,
          step,
        });
  };
  const takeEvent = ({ event, offset }: EventEntry): void => {
    const { occurredAt } = event;
    const isLate = occurredAt <= clock;
    if (!isLate) {
      letTimePass(occurredAt - 1);
      clock = occurredAt;
    }
    lookOutFor(addEvent(history, event, { partition, offset }), clock);
    if (isLate) look(clock, names(), "late", (since) => Math.max(occurredAt, since ?? occurredAt));
    else look(clock, names(), "event", () => occurredAt);
  };
  const absorb = (instant: number, other: Absorbed): void => {
    const now = Math.max(clock, instant, other.clock);
    letTimePass(now - 1);
    clock = now;
    const added = gather(other.life, absorbedOf, emptyHistory(selectors));
    absorbHistory(history, added.history);
    for (const one of added.all) lookOutFor(one, clock);
    look(clock, names(), "merge", (since) => Math.max(instant, since ?? instant));
  };

  for (const entry of entries) {
    takeWhatCame(entry.offset);
    catchUp(entry.offset);
    byCuts = [];
    if (entry.type === "event") takeEvent(entry);
    else if (entry.type === "absorbed") {
      const other = absorbedOf(entry.from, entry.mergeOffset);
      if (other !== undefined) absorb(entry.at, other);
    } else {
      leftOut(entry.offset);
      letTimePass(entry.at - 1);
      context.clocks.set(entry.offset, clock);
      end(entry.at, entry.type === "merged" ? "merge" : "erased");
      return new Map();
    }
  }
  takeWhatCame(Number.POSITIVE_INFINITY);
  leftOut(Number.POSITIVE_INFINITY);
  if (clock === Number.NEGATIVE_INFINITY) return new Map();
  letTimePass(at);
  const moment = momentAt(reading, history, at, inForce);
  return new Map([...names()].map((name) => [name, moment.stateOf(name)]));
}

/** What a subject is called where it is in no category of a classification any more, as out of a segment. */
const nowhere = "out";

/** How far timers had come by an offset: asked for ascending offsets. */
function firedBefore(fired: readonly Fired[], at: number): Context["firedBefore"] {
  const byCause = [...fired].sort((a, b) => a.causeOffset - b.causeOffset);
  let next = 0;
  return (offset) => {
    let looked = Number.NEGATIVE_INFINITY;
    let moved = Number.NEGATIVE_INFINITY;
    for (let one = byCause[next]; one !== undefined && one.causeOffset < offset; one = byCause[next]) {
      looked = Math.max(looked, Math.min(one.effectiveAt, at));
      if (!one.isJudged) moved = Math.max(moved, Math.min(one.effectiveAt, at));
      next += 1;
    }
    return { looked, moved };
  };
}

function withDependents({ answering }: Reading, definitions: ReadonlySet<string>): ReadonlySet<string> {
  const all = new Set(definitions);
  for (const name of definitions)
    for (const dependent of answering.get(name)?.dependents ?? []) all.add(dependent);
  return all;
}
