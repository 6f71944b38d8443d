/** Whether a definition is in force, and what keeps it from being so. */
import { activeInOrder, needsCuts } from "@tidemark/core";
import type { DefinitionSet, StoredDefinition, SweepProgress } from "@tidemark/runtime";
import { type Catalogue, nameOf, type Registered } from "./catalogue.ts";
import type { PartitionLog } from "./partition-log.ts";

export interface Status {
  /**
   * `active`: in force. `filling`: its history is being read; until then the version before goes on, or nothing comes
   * out. `pending`: on its way to some partitions, which happens when Kafka was away in the middle of a write.
   */
  readonly status: "active" | "filling" | "pending";
  /** A sentence for people, unless it is active and whole. */
  readonly note?: string;
  /** While it is filling itself. */
  readonly fill?: Fill;
}

/** How far filling is. */
interface Fill {
  /** Customers and companies that are done, of those found in the archive so far. */
  readonly applied: number;
  readonly subjects: number;
  /** Partitions in which it is in force, of all. */
  readonly live: number;
  readonly partitions: number;
}

/** What a partition keeps of definitions. */
export interface Kept {
  readonly byName: ReadonlyMap<string, StoredDefinition>;
  readonly sweep: DefinitionSet["sweep"];
  /** Of the sweep that was over last; undefined where none was. */
  readonly lastGeneration: number | undefined;
  readonly swept: SweepProgress;
  /** Whether cut points were ever published. */
  readonly hasCuts: boolean;
}

export function keptOf({ sweep, definitions, cuts }: DefinitionSet, swept: SweepProgress): Kept {
  const generations = definitions.flatMap(({ generation, inForce }) => [
    generation ?? 0,
    inForce?.generation ?? 0,
  ]);
  const last = Math.max(0, ...generations);
  return {
    sweep,
    lastGeneration: last === 0 ? undefined : last,
    swept,
    hasCuts: cuts !== null,
    byName: new Map(definitions.map((stored) => [nameOf(stored), stored])),
  };
}

export interface Filling {
  /** Those that fill, and how far they are. */
  readonly own: ReadonlyMap<string, Fill & { readonly isEdit: boolean }>;
  /** Those that rest on one that fills. */
  readonly resting: ReadonlySet<string>;
  /** Cut points were published. */
  readonly hasCuts: boolean;
}

/** `kept` is what the partitions kept when they were last looked at; nothing at all before. */
export function fillingOf(catalogue: Catalogue, kept: readonly Kept[], partitions: number): Filling {
  const own = new Map<string, Fill & { readonly isEdit: boolean }>();
  for (const [name, definition] of catalogue.definitions) {
    if (definition.kind === "automation") continue;
    const fill = fillOf(definition, kept, partitions);
    if (fill.live < partitions) own.set(name, fill);
  }
  const all = [...catalogue.parsed.values()];
  const inputs = all.map((definition) => ({ definition, filling: own.has(nameOf(definition)) }));
  const active = new Set(activeInOrder(inputs).map(({ definition }) => nameOf(definition)));
  const whole = new Set(
    activeInOrder(inputs.map(({ definition }) => ({ definition, filling: false }))).map(({ definition }) =>
      nameOf(definition),
    ),
  );
  const resting = all.map(nameOf).filter((name) => whole.has(name) && !active.has(name) && !own.has(name));
  return { own, resting: new Set(resting), hasCuts: kept.some(({ hasCuts }) => hasCuts) };
}

/** A partition that has not said anything about this version yet will fill it if there were events. */
function fillOf(definition: Registered, kept: readonly Kept[], partitions: number) {
  const name = nameOf(definition);
  const fill = { applied: 0, subjects: 0, live: 0, partitions, isEdit: false };
  for (let partition = 0; partition < partitions; partition += 1) {
    const known = kept[partition];
    const stored = known?.byName.get(name);
    const isSaid = stored !== undefined && stored.version >= definition.version;
    const isFilling = isSaid ? stored.filling : definition.filling;
    if (!isFilling) fill.live += 1;
    if (!known || !stored) continue;
    if (isFilling && (isSaid ? stored.inForce !== undefined : stored.document !== null)) fill.isEdit = true;
    const isSwept = isFilling
      ? known.sweep?.definitions.some((one) => nameOf(one) === name)
      : stored.generation !== undefined && stored.generation === known.lastGeneration;
    if (!isSwept) continue;
    fill.applied += known.swept.applied;
    fill.subjects += isFilling ? known.swept.subjects : known.swept.applied;
  }
  return fill;
}

export function statusOf(
  catalogue: Catalogue,
  filling: Filling,
  partitionLog: Pick<PartitionLog, "missing" | "partitions">,
  name: string,
): Status {
  const definition = catalogue.definitions.get(name);
  const watched = watchedBy(catalogue, name);
  if (watched !== undefined && (filling.own.has(watched) || filling.resting.has(watched)))
    return { status: "filling", note: `${watched} is being filled from history; that sets nothing off.` };
  const own = filling.own.get(name);
  if (own) {
    const { isEdit, ...fill } = own;
    return { status: "filling", note: sentenceOf(own), fill };
  }
  if (filling.resting.has(name))
    return {
      status: "filling",
      note: "It rests on a definition that is being filled from history, and follows with it.",
    };
  const missing = partitionLog.missing(name, definition?.version ?? 0);
  const parsed = catalogue.parsed.get(name);
  if (missing === 0 && !filling.hasCuts && parsed !== undefined && needsCuts(parsed))
    return {
      status: "active",
      note: "It has no cut points yet: nobody is in it. They come by themselves, or with POST /v1/cuts/compute.",
    };
  if (missing === 0) return { status: "active" };
  const note = `It is on its way to ${missing} of ${partitionLog.partitions} partitions.`;
  return { status: "pending", note };
}

function sentenceOf({ applied, subjects, isEdit }: Fill & { readonly isEdit: boolean }): string {
  const until = isEdit ? "until then the version before is in force" : "until then nothing comes out";
  const done = subjects === 0 ? "" : `, ${applied} of ${subjects} done`;
  return `It is being filled from history${done}; ${until}.`;
}

/** What an automation watches: it is not evaluated itself. */
function watchedBy({ parsed }: Catalogue, name: string): string | undefined {
  const definition = parsed.get(name);
  if (definition?.kind !== "automation") return undefined;
  const { on } = definition;
  if ("moves" in on) return `classification/${on.moves}`;
  return `segment/${"enters" in on ? on.enters : on.leaves}`;
}
