/** The judgement itself, over what was read; no I/O. */
import { checkArchive } from "./checks/archive.ts";
import { checkChanges, type StandingChange } from "./checks/changes.ts";
import { checkSources } from "./checks/sources.ts";
import { checkTransitions, foldLog, type SubjectLog } from "./checks/transitions.ts";
import { type DefinitionsInForce, definitionsInForce, type Stage } from "./definitions-in-force.ts";
import { deletedAt } from "./deletions.ts";
import type { Deleted, Turn } from "./fold/fold-subject.ts";
import { type Absorbed, countEvents, type Life, livesOf } from "./fold/life.ts";
import { entangledIn } from "./identity/entangled.ts";
import { firstNews } from "./identity/first-news.ts";
import { lifeKey } from "./identity/lives.ts";
import { type Document, type Reading, readDefinitions } from "./language/definitions.ts";
import { Uninterpretable } from "./language/json.ts";
import { zoneNamed } from "./language/zone.ts";
import {
  type Archive,
  type CutsEntry,
  type Ends,
  type LogEntry,
  type Logs,
  type SubjectKind,
  subjectKeyOf,
} from "./records.ts";
import { type Findings, foundLost, noFindings, type Verdict } from "./verdict.ts";

export interface JudgeLogsOptions {
  readonly asOf: number;
  /** The workspace's IANA zone. */
  readonly zone: string;
  readonly onProgress: (message: string) => void;
}

/** What was read: where the topics ended first, then the tables, the topics last. */
export interface Evidence {
  readonly ends: Ends;
  readonly archive: Archive;
  readonly logs: Logs;
}

export function judgeLogs({ logs, archive, ends }: Evidence, options: JudgeLogsOptions): Verdict {
  const { onProgress } = options;
  const findings = noFindings();
  const { admitted, lives, unattributed } = checkSources(logs, findings);
  const deletions = deletedAt(logs.customerEvents);
  const changes = checkChanges(logs.segmentChanges, deletions, findings);
  const members = new Map<string, Set<string>>();
  const sizes = emptySizes();
  const readings = cachedReadings(options.zone, findings);
  const deleted = new Set<string>();
  let judgedSubjects = 0;

  const partitions = new Set([...logs.customerEvents.keys(), ...changes.keys()]);
  const inForceOf = new Map<number, DefinitionsInForce>();
  const cutsOf = new Map<number, readonly CutsEntry[]>();
  const broughtIn = new Map<number, ReadonlyMap<string, readonly Brought[]>>();
  const changesOf = new Map<string, StandingChange[]>();
  for (const partition of [...partitions].sort((a, b) => a - b)) {
    const entries = logs.customerEvents.get(partition) ?? [];
    const inForce = definitionsInForce(entries, firstNews(admitted.get(partition) ?? [], partition, lives));
    inForceOf.set(partition, inForce);
    cutsOf.set(partition, effectiveCuts(entries));
    for (const name of inForce.gone) deleted.add(name);
    for (const { judged } of [inForce, ...inForce.sweeps])
      for (const document of judged)
        if (!inForce.gone.has(`${document.kind}/${document.id}`)) sizes.expect(document);
    broughtIn.set(partition, broughtBySweeps(entries));
    const known = lives.bySubject;
    for (const [subject, own] of Map.groupBy(changes.get(partition) ?? [], subjectKeyOf)) {
      const key = lifeKey(known, partition, subject);
      if (known.has(key)) changesOf.set(key, own);
      else
        foundLost(
          findings,
          `segment-changes/${partition} has changes of ${subject}, who has no events there.`,
        );
    }
  }

  const entangled = entangledIn(lives.bySubject, (partition) => inForceOf.get(partition));
  const logOf = (subject: string, life: Life): SubjectLog => {
    const inForce = inForceOf.get(life.partition) ?? definitionsInForce([], undefined);
    const published = changesOf.get(subject) ?? [];
    const kind = kindOf(subject);
    const reading = readings(inForce.judged)[kind];
    const cuts = cutsOf.get(life.partition) ?? [];
    const deletedIn = (stage: Stage): readonly Deleted[] =>
      stage.deleted.map(({ offset, name, judged }) => ({ offset, name, reading: readings(judged)[kind] }));
    const turns = inForce.sweeps.map((stage): Turn => {
      const { sweep, offset, end, judged } = stage;
      const brought = broughtIn.get(life.partition)?.get(`${sweep} ${subject}`) ?? [];
      const isThen = (one: Brought): boolean => one.offset > offset && (end === null || one.offset < end);
      const reached =
        brought.find((one) => isThen(one) && (one.begunAt < 0 || one.begunAt === offset)) ?? null;
      const deleted = deletedIn(stage);
      return { sweep, offset, end, reading: readings(judged)[kind], deleted, reached };
    });
    const around = { absorbedOf, cuts, turns, deleted: deletedIn(inForce) };
    const isEntangled = entangled.has(subject);
    return { subject, reading, life, ...around, isEntangled, published, formerly: inForce.formerly };
  };
  const absorbed = new Map<string, Absorbed | undefined>();
  const absorbedOf = (subject: string, mergeOffset: number): Absorbed | undefined => {
    const key = `${mergeOffset} ${subject}`;
    if (!absorbed.has(key)) absorbed.set(key, absorbedAt(subject, mergeOffset));
    return absorbed.get(key);
  };
  /** Only what lies before the merge is folded: who ended may absorb, later and anew, whoever had absorbed it. */
  const absorbedAt = (subject: string, mergeOffset: number): Absorbed | undefined => {
    const { partition, entries } = lives.bySubject.get(subject) ?? { partition: 0, entries: [] };
    const own = livesOf(entries).find((life) => life.at(-1)?.offset === mergeOffset);
    if (own === undefined || countEvents({ partition, entries: own }, absorbedOf) === 0) return undefined;
    const { clocks } = foldLog(logOf(subject, { partition, entries: own }), options.asOf);
    const clock = clocks.get(mergeOffset) ?? Number.NEGATIVE_INFINITY;
    return { life: { partition, entries: own }, clock };
  };
  for (const [subject, life] of lives.bySubject) {
    const { states } = checkTransitions(logOf(subject, life), options.asOf, findings);
    for (const [name, state] of states) sizes.add(members, name, state, subject);
    judgedSubjects += 1;
    if (judgedSubjects % 1_000 === 0) onProgress(`${judgedSubjects} customers and companies judged`);
  }
  const { customerEvents, rejected } = logs;
  checkArchive(
    archive,
    { customerEvents, rejected, changes, ends, deleted, deletedAt: deletions, erasures: lives.erasures },
    findings,
  );
  return {
    events: sum([...admitted.values()].map(({ length }) => length)),
    changes: sum([...changes.values()].map(({ length }) => length)),
    lost: findings.lost,
    duplicates: findings.duplicates,
    unattributed,
    segments: sizes.segments,
    classifications: sizes.classifications,
    details: findings.details,
    members,
  };
}

/** Those whose version is above all before, and which are others than those before them. */
function effectiveCuts(entries: readonly LogEntry[]): readonly CutsEntry[] {
  let newest = Number.NEGATIVE_INFINITY;
  let inForce = "[]";
  return entries.filter((entry): entry is CutsEntry => {
    if (entry.type !== "cuts" || entry.version <= newest) return false;
    newest = entry.version;
    const before = inForce;
    inForce = JSON.stringify(Object.entries(entry.values).toSorted());
    return inForce !== before;
  });
}

type Brought = Extract<LogEntry, { readonly type: "sweep-apply" }>;

/** The records that a sweep brought to a subject itself, in order, by `sweep kind:id`. */
function broughtBySweeps(entries: readonly LogEntry[]): ReadonlyMap<string, readonly Brought[]> {
  const found = new Map<string, Brought[]>();
  for (const entry of entries) {
    if (entry.type !== "sweep-apply" || entry.from !== null) continue;
    const key = `${entry.sweep} ${entry.subjectKind}:${entry.subject}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, [entry]);
    else known.push(entry);
  }
  return found;
}

function kindOf(subject: string): SubjectKind {
  return subject.startsWith("company:") ? "company" : "customer";
}

type Readings = Readonly<Record<SubjectKind, Reading>>;

/** Partitions mostly have the same definitions, which are read once. */
function cachedReadings(zone: string, findings: Findings): (judged: readonly Document[]) => Readings {
  const workspace = zoneNamed(zone);
  if (workspace === undefined) throw new RangeError(`unknown zone ${zone}`);
  const known = new Map<string, Readings>();
  const read = (documents: readonly Document[], kind: SubjectKind): Reading => {
    try {
      return readDefinitions(documents, kind, workspace);
    } catch (error) {
      if (!(error instanceof Uninterpretable)) throw error;
      foundLost(findings, `the definitions of a ${kind} cannot be judged: ${error.message}.`);
      return readDefinitions([], kind, workspace);
    }
  };
  return (judged) => {
    const key = JSON.stringify(judged);
    const readings = known.get(key) ?? {
      customer: read(judged, "customer"),
      company: read(judged, "company"),
    };
    known.set(key, readings);
    return readings;
  };
}

/** Sizes of all that is judged, nobody in it too. */
function emptySizes() {
  const segments: Record<string, number> = {};
  const classifications: Record<string, Record<string, number>> = {};
  const into = (counts: Record<string, number>, name: string, by: number): void => {
    counts[name] = (counts[name] ?? 0) + by;
  };
  const categoriesOf = (id: string): Record<string, number> => {
    classifications[id] ??= {};
    return classifications[id];
  };
  return {
    segments,
    classifications,
    expect({ kind, id, json }: Document): void {
      if (kind === "segment") into(segments, id, 0);
      if (kind !== "classification" || !Array.isArray(json.categories)) return;
      for (const category of [...json.categories.map((one) => one.id), json.otherwise])
        into(categoriesOf(id), String(category), 0);
    },
    add(members: Map<string, Set<string>>, name: string, state: string, subject: string): void {
      const [kind, id = ""] = name.split("/");
      if (kind === "segment" && state === "out") return;
      if (kind === "segment") into(segments, id, 1);
      else into(categoriesOf(id), state, 1);
      const key = kind === "segment" ? name : `${name}/${state}`;
      members.set(key, (members.get(key) ?? new Set<string>()).add(subject));
    },
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
