/**
 * The definitions of one partition as its log brought them: which version is in force, which is still to be filled from
 * history, and the sweep that fills. A function of the records alone (rule 7 of "Effectively once"):
 *  D1 a definition that is new or changed once there are events fills; the version before stays in force meanwhile. Also
 *     where only other partitions have events, as its record says: who has some may become part of who is here.
 *  D2 a sweep brings the versions that it names, where they are the newest: filled anew where there had been no events,
 *     so that customers who become one across partitions keep the same. What is written meanwhile waits for the next one.
 *  D3 one sweep at a time; what belongs to another one changes nothing.
 */
import { isDeepStrictEqual } from "node:util";
import type {
  Cuts,
  DefinitionVersion,
  RescoreEnd,
  Sweep,
  SweepEnd,
  SweptDefinition,
} from "@tidemark/contracts";
import { meaningOf, type PlanInput, parseDefinitions } from "@tidemark/core";

interface Version {
  readonly version: number;
  /** JSON text. */
  readonly document: string;
  /** See `PlanInput`. */
  readonly generation: number;
}

/** The newest version of a definition. */
export interface StoredDefinition {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  /** Not in force yet: its features are not filled from history. */
  readonly filling: boolean;
  /** JSON text of the document; null once deleted (kept so that an older version cannot return). */
  readonly document: string | null;
  /** Absent for features kept from the first event on. */
  readonly generation?: number;
  /** The version that is in force while this one fills. */
  readonly inForce?: Version;
}

export interface OpenSweep {
  readonly id: string;
  /** From 1; counts the sweeps of the partition. */
  readonly number: number;
  /** What its features are called: the same in all partitions, as customers are merged across them. */
  readonly generation: number;
  /** Of its record: archived events below it are folded. */
  readonly offset: number;
  readonly definitions: readonly (SweptDefinition & { readonly document: string })[];
}

/** Cut points of the population. */
interface Cut {
  /** See core's `Cuts`. */
  readonly values: Readonly<Record<string, readonly number[]>>;
  /** When their record was appended, in ms; 0 of none. */
  readonly at: number;
  /** Some of them had no value before. */
  readonly isFirst: boolean;
  /** How often they have moved, this time among them: those that came back are not those that were there before. */
  readonly moves: number;
  /** Fingerprints of the plans by them that there were before definitions changed. Absent for none. */
  readonly packedBy?: readonly number[];
}

export interface CutsInForce extends Cut {
  readonly version: number;
  /** Of their record. */
  readonly offset: number;
  /** Those near a cut that moved are still being named. */
  readonly isRescoring: boolean;
  /** While they are: what was in force before, oldest first. Somebody may not have been looked at since. */
  readonly before: readonly Cut[];
}

/** Cuts that follow each other before anybody was named: of more the oldest are forgotten. */
const mostCutsBefore = 8;

export interface DefinitionVersions {
  readonly definitions: readonly StoredDefinition[];
  /** Sweeps begun so far. */
  readonly sweeps: number;
  /** The one under way. */
  readonly sweep: OpenSweep | null;
  /** Null before the first. */
  readonly cuts: CutsInForce | null;
}

/** What changes them, as the log brings it. */
export type DefinitionEntry =
  | { readonly type: "definition"; readonly definition: DefinitionVersion }
  | { readonly type: "sweep"; readonly offset: number; readonly sweep: Sweep }
  | { readonly type: "sweep-end"; readonly end: SweepEnd }
  | { readonly type: "cuts"; readonly offset: number; readonly appendedAt: number; readonly cuts: Cuts }
  | { readonly type: "rescore-end"; readonly end: RescoreEnd };

export const noDefinitions: DefinitionVersions = { definitions: [], sweeps: 0, sweep: null, cuts: null };

/** `hasEvents`: whether any event was admitted in the partition before. The same object where nothing changes. */
export function foldDefinitionEntry(
  before: DefinitionVersions,
  entry: DefinitionEntry,
  hasEvents: boolean,
): DefinitionVersions {
  switch (entry.type) {
    case "definition":
      return write(before, entry.definition, hasEvents);
    case "sweep":
      return begin(before, entry.sweep, entry.offset);
    case "sweep-end":
      return end(before, entry.end);
    case "cuts":
      return cut(before, entry);
    case "rescore-end":
      return before.cuts?.version === entry.end.version && before.cuts.isRescoring
        ? { ...before, cuts: { ...before.cuts, isRescoring: false, before: [] } }
        : before;
  }
}

/** A version not above the one in force changes nothing, nor do the same numbers but for the version. */
function cut(
  before: DefinitionVersions,
  { offset, appendedAt, cuts: { version, cuts: values } }: DefinitionEntry & { readonly type: "cuts" },
): DefinitionVersions {
  const known = before.cuts;
  if (known !== null && version <= known.version) return before;
  const last = known ?? { ...noCut, version, offset, isRescoring: false, before: [] };
  if (isDeepStrictEqual(values, last.values)) return { ...before, cuts: { ...last, version } };
  const isFirst = Object.keys(values).some((key) => !Object.hasOwn(last.values, key));
  const all = [...last.before, cutOf(last)].slice(-mostCutsBefore);
  const found: Cut = { values, at: appendedAt, isFirst, moves: last.moves + 1 };
  return { ...before, cuts: { ...found, version, offset, isRescoring: true, before: all } };
}

const noCut: Cut = { values: {}, at: 0, isFirst: false, moves: 0 };

function cutOf({ values, at, isFirst, moves, packedBy }: Cut): Cut {
  return packedBy === undefined ? { values, at, isFirst, moves } : { values, at, isFirst, moves, packedBy };
}

/** Whether two documents (JSON text; null for none) have the same members: names and marks apart, they are alike. */
export function sameMeaning(one: string | null, other: string | null): boolean {
  if (one === other) return true;
  if (one === null || other === null) return false;
  return isDeepStrictEqual(meaningOf(readJson(one)), meaningOf(readJson(other)));
}

/** A version not above the one known changes nothing. */
function write(
  before: DefinitionVersions,
  record: DefinitionVersion,
  hasEvents: boolean,
): DefinitionVersions {
  const { kind, id, version, document } = record;
  const known = before.definitions.find((stored) => isOf(stored, record));
  if (known && version <= known.version) return before;
  const { sweep } = before;
  const swept = sweep?.definitions.find((one) => isOf(one, record));
  if (known && document !== null && sameMeaning(known.document, document)) {
    const renamed = replaced(before, { ...known, version, document });
    if (sweep === null || swept?.version !== known.version) return renamed;
    const definitions = sweep.definitions.map((one) => (one === swept ? { ...one, version, document } : one));
    return { ...renamed, sweep: { ...sweep, definitions } };
  }
  if (document === null) {
    const deleted = replaced(before, { kind, id, version, document, filling: false });
    if (sweep === null || swept === undefined) return deleted;
    return { ...deleted, sweep: { ...sweep, definitions: sweep.definitions.filter((one) => one !== swept) } };
  }
  const inForce = known && inForceOf(known);
  // What nobody was moved to yet can be taken back.
  if (known?.filling && inForce && swept === undefined && sameMeaning(inForce.document, document))
    return replaced(before, stored(kind, id, { ...inForce, version, document }));
  if (!(hasEvents || record.filling) || kind === "automation")
    return replaced(before, stored(kind, id, { version, document, generation: 0 }));
  const filling = { kind, id, version, document, filling: true };
  return replaced(before, inForce === undefined ? filling : { ...filling, inForce });
}

/**
 * Whether a definition was filled with a generation. Features of one generation are shared, so no other sweep may bring
 * them again, nor the same one a second time.
 */
export function hasFilled({ definitions }: DefinitionVersions, generation: number): boolean {
  return definitions.some((known) => inForceOf(known)?.generation === generation);
}

function begin(
  before: DefinitionVersions,
  { id, generation, definitions }: Sweep,
  offset: number,
): DefinitionVersions {
  if (before.sweep !== null || hasFilled(before, generation)) return before;
  const found = before.definitions.flatMap(({ kind, id, version, document }) => {
    const isNamed = definitions.some((one) => isOf(one, { kind, id }) && one.version === version);
    return document !== null && isNamed ? [{ kind, id, version, document }] : [];
  });
  if (found.length === 0) return before;
  const number = before.sweeps + 1;
  return { ...before, sweeps: number, sweep: { id, number, generation, offset, definitions: found } };
}

/**
 * Whether a record belongs to the sweep under way. A partition that was through with a sweep begins it again where a
 * definition of it came anew, while others have it: then what was sent for the first time is of no use.
 */
export function isOfSweep({ id, offset }: OpenSweep, { sweep, begunAt }: SweepEnd): boolean {
  return sweep === id && (begunAt < 0 || begunAt === offset);
}

function end(before: DefinitionVersions, record: SweepEnd): DefinitionVersions {
  const { sweep } = before;
  if (sweep === null || !isOfSweep(sweep, record)) return before;
  const definitions = before.definitions.map((known) => {
    const swept = sweep.definitions.find((one) => isOf(one, known));
    if (swept === undefined) return known;
    const { version, document } = swept;
    const filled = { version, document, generation: sweep.generation };
    if (known.version === version) return stored(known.kind, known.id, filled);
    // Also what came meanwhile before the first event: customers went by the swept one, and are not moved in silence.
    const { generation: _, ...waiting } = known;
    return { ...waiting, filling: true, inForce: filled };
  });
  return { ...before, definitions, sweep: null };
}

function isOf(one: { kind: string; id: string }, other: { kind: string; id: string }): boolean {
  return one.kind === other.kind && one.id === other.id;
}

function inForceOf({ filling, inForce, version, document, generation = 0 }: StoredDefinition) {
  if (filling) return inForce;
  return document === null ? undefined : { version, document, generation };
}

function stored(kind: string, id: string, { version, document, generation }: Version): StoredDefinition {
  const definition = { kind, id, version, document, filling: false };
  return generation === 0 ? definition : { ...definition, generation };
}

/** Of the last sweep that began; 0 before the first. */
export function lastGeneration({ definitions, sweep }: DefinitionVersions): number {
  if (sweep !== null) return sweep.generation;
  return Math.max(
    0,
    ...definitions.flatMap(({ generation = 0, inForce }) => [generation, inForce?.generation ?? 0]),
  );
}

/** In its place, or at the end. */
function replaced(before: DefinitionVersions, definition: StoredDefinition): DefinitionVersions {
  const isKnown = before.definitions.some((one) => isOf(one, definition));
  const definitions = isKnown
    ? before.definitions.map((one) => (isOf(one, definition) ? definition : one))
    : [...before.definitions, definition];
  return { ...before, definitions };
}

/** What is in force for those whom the sweep under way has not reached; what only fills emits nothing. */
export function inputsBefore({ definitions }: DefinitionVersions): PlanInput[] {
  return planInputs(definitions.flatMap((stored) => chosen(stored, inForceOf(stored))));
}

/** What is in force for those whom it has reached. */
export function inputsAfter({ definitions, sweep }: DefinitionVersions): PlanInput[] {
  return planInputs(
    definitions.flatMap((stored) => {
      const swept = sweep?.definitions.find((one) => isOf(one, stored));
      return chosen(stored, swept && sweep ? { ...swept, generation: sweep.generation } : inForceOf(stored));
    }),
  );
}

type Chosen = Version & { readonly kind: string; readonly id: string; readonly filling: boolean };

function chosen({ kind, id, version, document }: StoredDefinition, inForce: Version | undefined): Chosen[] {
  if (kind === "automation") return [];
  if (inForce !== undefined) return [{ ...inForce, kind, id, filling: false }];
  return document === null ? [] : [{ kind, id, version, document, generation: 0, filling: true }];
}

/** Documents that do not parse were refused when written; one that slips through is left out of the plan. */
function planInputs(versions: readonly Chosen[]): PlanInput[] {
  const { definitions } = parseDefinitions(versions.map(({ document }) => readJson(document)));
  const byName = new Map(versions.map((version) => [`${version.kind}/${version.id}`, version]));
  return definitions.flatMap((definition) => {
    const found = byName.get(`${definition.kind}/${definition.id}`);
    if (found === undefined) return [];
    const { version, filling, generation } = found;
    return [{ definition, version, filling, generation }];
  });
}

/** Undefined for what is no JSON: a record like that must not stop its partition. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
