/** Both executors asked the same: who is where, and every number, of every subject at every instant. */
import {
  describeCustomer,
  emptyCustomer,
  fireTimer,
  foldEvent,
  fromUnits,
  type Plan,
  type Transition,
} from "../../core/src/index.ts";
import { compileQuery, foretellsLatch } from "../src/index.ts";
import type { Archive, Row } from "./archive.ts";
import {
  type Admission,
  admissionsOf,
  type Life,
  rowsOf,
  type Scene,
  type Sizes,
  sceneOf,
  textOf,
} from "./random-scene.ts";

export interface Compared {
  /** Sets of definitions times subjects. */
  readonly cases: number;
  readonly answers: number;
  readonly differences: readonly Difference[];
}

export interface Difference {
  readonly seed: number;
  readonly subject: string;
  readonly at: string;
  readonly name: string;
  readonly stream: unknown;
  readonly sql: unknown;
  readonly scene: Scene;
  readonly life: Life;
}

/** What a subject is and has, by \`kind/id\`. */
type Answers = ReadonlyMap<string, unknown>;

export function compareScene(archive: Archive, seed: number, sizes: Sizes): Compared {
  const scene = sceneOf(seed, sizes);
  const lives = archiveLives(archive, scene);
  const asked = scene.definitions.filter(({ kind }) => kind !== "list" && kind !== "automation");
  const names = asked
    .map(({ kind, id }) => `${kind}/${id}`)
    .filter((name) => !foretellsLatch(scene.definitions, name));
  const query = compileQuery(scene.definitions, scene.subject, names, {
    zone: scene.zone,
    asOf: scene.instants,
    cuts: scene.cuts,
    customerZones: zonesIn(scene),
    // Nobody becomes part of anybody here: it is all one whether that is known.
    hasMerges: seed % 2 === 0,
  });
  const bySubject = Map.groupBy(archive.rows(query), ({ subject, as_of }) => `${subject} ${as_of}`);
  const differences: Difference[] = [];
  let answers = 0;
  for (const { life, at: answersAt } of lives)
    for (const at of scene.instants.filter((instant) => instant >= life.from)) {
      const [row] = bySubject.get(`${life.id} ${textOf(at)}`) ?? [];
      const stream = answersAt.get(at);
      const differ = (name: string, ofStream: unknown, ofSql: unknown): void => {
        differences.push({
          seed,
          subject: life.id,
          at: new Date(at).toISOString(),
          name,
          stream: ofStream,
          sql: ofSql,
          scene,
          life,
        });
      };
      if (stream === undefined || row === undefined) {
        if ((stream === undefined) !== (row === undefined))
          differ("is there", stream !== undefined, row !== undefined);
        continue;
      }
      for (const name of names) {
        answers += 1;
        const [ofStream, ofSql] = [stream.get(name), answerIn(row, name, query.columns[name] ?? "")];
        if (JSON.stringify(ofStream) !== JSON.stringify(ofSql)) differ(name, ofStream, ofSql);
      }
    }
  return { cases: sizes.sets * lives.length, answers, differences };
}

/** Folds each life as the stream does, and archives them; answers what the stream says of each by instant. */
export function archiveLives(archive: Pick<Archive, "fill">, scene: Scene) {
  // What is rejected is told by its place in the log: each subject has a partition of its own.
  const lives = scene.lives.map((life, index) => {
    const records = life.records.map((record) => ({ ...record, partition: index }));
    const admissions = admissionsOf(records);
    return { life, admissions, ...streamOf(scene, life, admissions) };
  });
  const rows = lives.map(({ life, admissions }) => rowsOf(scene.subject, life.id, admissions));
  archive.fill({
    customer_events: rows.flatMap(({ events }) => events),
    rejected_events: rows.flatMap(({ rejected }) => rejected),
    segment_changes: lives.flatMap(({ life, transitions }) => changesOf(scene, life, transitions)),
  });
  return lives;
}

function streamOf({ plan, subject, instants }: Scene, { id }: Life, admissions: readonly Admission[]) {
  const state = emptyCustomer(subject, id);
  const transitions: Transition[] = [];
  const at = new Map<number, Answers>();
  const events = admissions.flatMap(({ event }) => event ?? []);
  let next = 0;
  for (const instant of instants) {
    // In the order of the log: of those that come late all are there, or nothing is asked.
    for (let event = events[next]; event !== undefined && event.occurredAt <= instant; event = events[next]) {
      transitions.push(...foldEvent(plan, state, event));
      next += 1;
    }
    while (state.timer !== null && state.timer <= instant)
      transitions.push(...fireTimer(plan, state, instant));
    if (next > 0) at.set(instant, answersOf(plan, describeCustomer(plan, state, instant)));
  }
  return { at, transitions };
}

export function answersOf(plan: Plan, described: ReturnType<typeof describeCustomer>): Answers {
  const answers = new Map<string, unknown>();
  for (const { definitions } of [plan.subjects.customer, plan.subjects.company])
    for (const { kind, id } of definitions) if (kind === "segment") answers.set(`segment/${id}`, false);
  for (const { id } of described.segments) answers.set(`segment/${id}`, true);
  for (const { id, category } of described.classifications) answers.set(`classification/${id}`, category);
  for (const [id, value] of Object.entries(described.metrics)) answers.set(`metric/${id}`, value);
  for (const [id, value] of Object.entries(described.engagements)) answers.set(`engagement/${id}`, value);
  for (const [id, { recency, frequency, monetary, total, code }] of Object.entries(described.scores))
    answers.set(`scoring/${id}`, [recency, frequency, monetary, total, code]);
  return answers;
}

export function answerIn(row: Row, name: string, column: string): unknown {
  const value = row[column];
  const [kind] = name.split("/");
  if (kind === "metric" || kind === "engagement") return value === null ? null : fromUnits(Number(value));
  if (kind === "scoring") return (value as unknown[]).map((part) => (part === null ? null : Number(part)));
  return value;
}

function changesOf({ subject }: Scene, { id }: Life, transitions: readonly Transition[]): Row[] {
  return transitions.map((transition, index) => ({
    sequence: index + 1,
    subject_kind: subject,
    subject: id,
    definition_kind: transition.kind,
    definition: transition.id,
    from_state: transition.from,
    to_state: transition.to,
    effective_at: textOf(transition.effectiveAt),
  }));
}

export function zonesIn({ lives }: Scene): string[] {
  const zones = lives.flatMap(({ records }) => records.map(({ attributes }) => attributes?.zone));
  return [...new Set(zones.filter((zone) => typeof zone === "string"))];
}

/** All that is needed to look into it. */
export function tell({ seed, subject, at, name, stream, sql, scene, life }: Difference): string {
  const definition = scene.definitions.find(({ kind, id }) => `${kind}/${id}` === name);
  return [
    `seed ${seed}: ${name} of ${subject} at ${at}, zone ${scene.zone}: the stream says ${JSON.stringify(stream)}, SQL ${JSON.stringify(sql)}`,
    JSON.stringify(definition),
    ...life.records.slice(0, 40).map((record) => JSON.stringify(record)),
  ].join("\n  ");
}
